import { Show, createComponent, createContext, createEffect, createSignal, onCleanup, useContext } from "solid-js";
import type * as Api from "./types/solid.d.ts";
import { type Following, follow, replace } from "./adapters/follow.ts";

type Shared = ReturnType<typeof Api.useProcoreAuth> & Pick<Following, "admits">;

const Context = createContext<Shared>();

/** Solid Router can be asked to navigate only from below itself, but listens to this. */
const navigate = (to: string) => {
  replace(to);
  dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
};

export const ProcoreAuthProvider: typeof Api.ProcoreAuthProvider = (props) => {
  const { actions, admits, start, state, subscribe } = follow(props.auth);
  start({ signIn: props.signIn ?? "auto", navigate: props.navigate ?? navigate });
  const [seen, see] = createSignal(state());
  onCleanup(subscribe(() => see(state())));
  const value: Shared = {
    status: () => seen().status,
    session: () => seen().session,
    user: () => seen().user,
    error: () => seen().error,
    ...actions,
    admits,
  };
  return createComponent(Context.Provider, {
    value,
    get children() {
      return props.children;
    },
  });
};

const useShared = (): Shared => {
  const shared = useContext(Context);
  if (!shared) throw new Error("procore-spa-auth/solid: there is no <ProcoreAuthProvider> above this component.");
  return shared;
};

export const useProcoreAuth: typeof Api.useProcoreAuth = useShared;

export const RequireSession: typeof Api.RequireSession = (props) => {
  const { admits, status } = useShared();
  createEffect(() => {
    if (status() !== "signed_out") return;
    // Solid Router writes the new page's URL, to which the user is to come back, only after its effects.
    const turn = setTimeout(() => void admits());
    onCleanup(() => clearTimeout(turn));
  });
  return createComponent(Show, {
    keyed: true,
    get when() {
      return status() === "signed_in";
    },
    get fallback() {
      return props.fallback;
    },
    get children() {
      return props.children;
    },
  });
};
