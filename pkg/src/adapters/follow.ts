import type { SignInActions, SignInState, UserEvent } from "../types/adapter.d.ts";
import type * as Api from "../types/index.d.ts";
import { OUT } from "../page/out.ts";

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
  /** Resolves when the start is over, and the user is back where the sign-in began. */
  readonly known: Promise<void>;
  /**
   * For a guard: whether somebody is signed in, as soon as that is known. Goes to the login page where nobody is, and does not
   * come back then; but not after an error, and never where a session of this page has ended. A server knows nobody, shows nothing, and lets all in.
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
  const listeners = new Set<() => void>();
  let state = UNKNOWN;
  let user: Api.User | undefined;
  let error: Api.ProcoreAuthError | undefined;
  let hasStarted = false;
  let isStarting = true;
  /** How many sign-ins are about to leave the page, or to fail. */
  let leaving = 0;
  /** A page that was only open when its session ended, here or in another tab, does not go to the login page by itself. */
  let hasEnded = false;
  const [judged, settle] = promised();
  const [known, finish] = promised();

  const change = () => {
    const { session } = auth;
    const status = isStarting ? "unknown" : session.signedIn ? "signed_in" : leaving ? "unknown" : error ? "error" : statusOf(session);
    const isSame = status === state.status && session === state.session && user === state.user && error === state.error;
    if (isSame) return;
    state = Object.freeze({ status, session, ...(user && { user }), ...(error && { error }) });
    for (const listener of [...listeners]) listener();
  };

  const meet = async ({ id }: Api.Session) => {
    user = undefined;
    // Without an answer nobody is named; who asks by `auth.user()` hears why.
    const found = id === undefined ? undefined : await auth.user().catch(() => undefined);
    if (auth.session.id !== id) return;
    user = found;
    change();
  };

  const hear = (session: Api.Session, event: Api.SessionEvent) => {
    if (event === "signed_in") error = undefined;
    else if (!session.signedIn && event !== "ready" && event !== "signed_in_elsewhere") hasEnded = true;
    if (session.id !== state.session.id) void meet(session);
    change();
  };

  const begin = async ({ signIn, navigate }: Api.StartOptions) => {
    let arrival: unknown;
    try {
      // The client would wait for the router, whose guard waits for this start.
      await auth.start({ signIn, navigate: navigate && ((to) => void (arrival = navigate(to))) });
    } catch (reason) {
      error = reason as Api.ProcoreAuthError;
    }
    settle();
    try {
      // Until it is there, the router would show what the app has at the redirect URI.
      await arrival;
    } finally {
      isStarting = false;
      // Who has been signed in since before anybody followed, no event has told of.
      if (auth.session.id !== state.session.id) void meet(auth.session);
      change();
      finish();
    }
  };

  const signIn = async (options?: Api.SignInOptions | UserEvent) => {
    leaving++;
    error = undefined;
    change();
    try {
      await auth.signIn(options && "preventDefault" in options ? undefined : options);
    } catch (reason) {
      error = reason as Api.ProcoreAuthError;
    }
    leaving--;
    change();
  };

  return {
    actions: Object.freeze({ signIn, signOut: auth.signOut, fetch: auth.fetch, auth }),
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: (options = {}) => {
      if (hasStarted || typeof document === "undefined") return;
      hasStarted = true;
      auth.subscribe(hear);
      void begin(options);
    },
    known,
    admits: async (returnTo) => {
      if (typeof document === "undefined") return true;
      await judged;
      const isUsersTurn = hasEnded || leaving > 0 || error !== undefined || hasSignedOut();
      if (!auth.session.signedIn && !isUsersTurn) await signIn(returnTo === undefined ? undefined : { returnTo });
      return auth.session.signedIn;
    },
  };
};

const promised = (): [promise: Promise<void>, resolve: () => void] => {
  let resolve!: () => void;
  return [new Promise<void>((settled) => (resolve = settled)), resolve];
};

/** For apps without a router. */
export const replace = (to: string) => history.replaceState(null, "", to);

const hasSignedOut = () => {
  try {
    return sessionStorage.getItem(OUT) !== null;
  } catch {
    // Storage is blocked, and the tab remembers nothing.
    return false;
  }
};

const statusOf = ({ status }: Api.Session) => (status === "unknown" ? status : "signed_out");
