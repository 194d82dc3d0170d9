import type { SignInActions, SignInState, UserEvent } from "../types/adapter.d.ts";
import type * as Api from "../types/index.d.ts";
import { hasSignedOut } from "../page/tab.ts";

/** A client and its page, as the components of a framework follow it: one for all of them. */
export interface Following {
  readonly actions: SignInActions;
  /** The same snapshot until something has changed. */
  state(): SignInState;
  /** Calls `listener` after each change. Returns the function that stops it. */
  subscribe(listener: () => void): () => void;
  /**
   * Takes the page's response, if it is one, in this very turn, before any component's effect could send the page's URL
   * somewhere. Does nothing on a server, nor the second time.
   */
  start(options?: Api.StartOptions): void;
  /** Only takes the page's response, in this very turn, where the start can't come before somebody else reads the page's URL. */
  take(): void;
  /** Resolves when the start is over, and the user is back where the sign-in began. */
  readonly known: Promise<void>;
  /**
   * For a guard: whether somebody is signed in, as soon as that is known. Goes to the login page where nobody is, and does not
   * come back then; but not after an error, and never where a session of this page has ended. A server knows nobody, shows
   * nothing, and lets all in.
   *
   * @param returnTo - default: the page that the user is on
   */
  admits(returnTo?: string): Promise<boolean>;
}

/** What a server renders, and so what a page begins with. */
export const UNKNOWN: SignInState = Object.freeze({
  status: "unknown",
  session: Object.freeze({ signedIn: false, status: "unknown", renewable: false }),
});

/** By their clients, so that a second mount, or a module that is loaded anew, goes on with what there is. */
const followings = new WeakMap<Api.ProcoreAuth, Following>();

export const follow = (auth: Api.ProcoreAuth): Following => {
  const known = followings.get(auth);
  if (known) return known;
  const made = make(auth);
  followings.set(auth, made);
  return made;
};

const make = (auth: Api.ProcoreAuth): Following => {
  const shown = createShown(auth);
  let hasStarted = false;
  let taken: Promise<Api.RedirectResult> | undefined;
  /** A page that was only open when its session ended, here or in another tab, does not go to the login page by itself. */
  let hasEnded = false;
  const [judged, settle] = promised();
  const [known, finish] = promised();

  const hear = (session: Api.Session, event: Api.SessionEvent) => {
    if (!session.signedIn && event !== "ready" && event !== "signed_in_elsewhere") hasEnded = true;
    shown.change(event === "signed_in" ? { error: undefined } : {});
  };

  const begin = async ({ signIn, navigate }: Api.StartOptions) => {
    let arrival: unknown;
    // The client would wait for the router, whose guard waits for this start.
    const options = { signIn, navigate: navigate && ((to: string) => void (arrival = navigate(to))) };
    const error = await failureOf(taken ? resume(auth, taken, options) : auth.start(options));
    shown.change({ error });
    settle();
    try {
      // Until it is there, the router would show what the app has at the redirect URI.
      await arrival;
    } finally {
      shown.change({ isStarting: false });
      finish();
    }
  };

  const signIn = signingIn(auth, shown);

  return {
    actions: Object.freeze({ signIn, signOut: auth.signOut, fetch: auth.fetch, auth }),
    state: shown.state,
    subscribe: shown.subscribe,
    start: (options = {}) => {
      if (hasStarted || isServer()) return;
      hasStarted = true;
      auth.subscribe(hear);
      void begin(options);
    },
    take: () => {
      if (hasStarted || isServer()) return;
      taken ??= auth.handleRedirect();
      taken.catch(() => {});
    },
    known,
    admits: async (returnTo) => {
      if (isServer()) return true;
      await judged;
      const { leaving, error } = shown.facts();
      const isUsersTurn = hasEnded || leaving > 0 || error !== undefined || hasSignedOut();
      if (!auth.session.signedIn && !isUsersTurn) await signIn(returnTo === undefined ? undefined : { returnTo });
      return auth.session.signedIn;
    },
  };
};

/** Leaves for the login page, and shows meanwhile that it does. */
const signingIn = (auth: Api.ProcoreAuth, { facts, change }: ReturnType<typeof createShown>) =>
  async (options?: Api.SignInOptions | UserEvent): Promise<void> => {
    change({ error: undefined, leaving: facts().leaving + 1 });
    const error = await failureOf(auth.signIn(options && "preventDefault" in options ? undefined : options));
    change({ error, leaving: facts().leaving - 1 });
  };

/** A start on a page whose response was taken before: the client has forgotten it by now, if that is over. */
const resume = async (auth: Api.ProcoreAuth, taken: Promise<Api.RedirectResult>, options: Api.StartOptions) => {
  const { returnTo } = await taken.catch(async (reason: unknown) => {
    await auth.start({ signIn: "manual" });
    throw reason;
  });
  if (returnTo !== undefined) (options.navigate ?? replace)(returnTo);
  await auth.start({ ...options, navigate: undefined });
};

/** What is shown depends on these, and on the session. `leaving`: how many sign-ins are about to leave the page, or to fail. */
interface Facts {
  readonly isStarting: boolean;
  readonly leaving: number;
  readonly error: Api.ProcoreAuthError | undefined;
  readonly user: Api.User | undefined;
}

/** The state that is shown, and who is told of its changes. */
const createShown = (auth: Api.ProcoreAuth) => {
  const listeners = new Set<() => void>();
  let facts: Facts = { isStarting: true, leaving: 0, error: undefined, user: undefined };
  let state = UNKNOWN;

  const change = (news: Partial<Facts>) => {
    const { session } = auth;
    const isNew = session.id !== state.session.id;
    facts = { ...facts, ...(isNew && { user: undefined }), ...news };
    const { error, user } = facts;
    const status = statusOf(session, facts);
    if (status === state.status && session === state.session && user === state.user && error === state.error) return;
    state = Object.freeze({ status, session, ...(user && { user }), ...(error && { error }) });
    if (isNew && session.id !== undefined) void meet(session.id);
    for (const listener of [...listeners]) listener();
  };

  const meet = async (id: string) => {
    // Without an answer nobody is named; who asks by `auth.user()` hears why.
    const user = await auth.user().catch(() => undefined);
    if (auth.session.id === id) change({ user });
  };

  return {
    state: () => state,
    facts: () => facts,
    change,
    subscribe: (listener: () => void) => {
      // An app of a server is made for each request, and seldom unmade.
      if (isServer()) return () => {};
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

const statusOf = ({ signedIn, status }: Api.Session, { isStarting, leaving, error }: Facts): SignInState["status"] => {
  if (isStarting) return "unknown";
  if (signedIn) return "signed_in";
  if (leaving > 0 || status === "unknown") return "unknown";
  return error ? "error" : "signed_out";
};

/** What a step of the client fails by: all that it rejects with is an error of this package. */
const failureOf = (step: Promise<unknown>): Promise<Api.ProcoreAuthError | undefined> =>
  step.then(
    () => undefined,
    (reason: Api.ProcoreAuthError) => reason,
  );

const isServer = () => typeof document === "undefined";

const promised = (): [promise: Promise<void>, resolve: () => void] => {
  let resolve!: () => void;
  return [new Promise<void>((settled) => (resolve = settled)), resolve];
};

/** For apps without a router. */
export const replace = (to: string) => history.replaceState(null, "", to);

/**
 * A path of this origin as a router with a base has it: `/app/one` is its `/one` where the base is `/app`. A base that ends with `#` is
 * one of a router that keeps its paths in the fragment.
 */
export const within = (base: string, path: string): string => {
  if (base === `${path}#`) return "/";
  const rest = path.slice(base.length);
  if (!path.startsWith(base) || /^[^/?#]/.test(rest)) return path;
  return rest.startsWith("/") ? rest : `/${rest}`;
};
