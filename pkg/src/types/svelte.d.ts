/**
 * Sign-in with Procore in a Svelte app, version 4 and later, with SvelteKit or without.
 *
 * @module
 */

import type { SignInActions, SignInState } from "./adapter.js";
import type { ProcoreAuth, StartOptions } from "./index.js";

export type { SignInActions, SignInState, UserEvent } from "./adapter.js";

/** A store of the state, and what can be done about it. In a component `$session.status` is the status. */
export interface SignInStore extends SignInActions {
  /** Calls `run` at once, and after each change. Returns the function that stops it. Svelte calls it itself. */
  subscribe(run: (state: SignInState) => void): () => void;
  /**
   * Resolves, in a browser, as soon as it is known who is signed in, and the user is back where the sign-in began; never, where
   * the page leaves for the login page. For SvelteKit's `init`, so that the app begins when that is so.
   */
  readonly known: Promise<void>;
  /**
   * For a `load` function: whether somebody is signed in. Where nobody is, it goes to the login page, and the user comes back to
   * `url`; not after an error, and not where a session of this page has ended. On a server nobody is asked, and it is `true`.
   */
  requireSession(url: URL): Promise<boolean>;
}

/**
 * Starts the client in a browser, in this very call, and answers with its store. Called with the same client again, it shows the
 * same state.
 */
export function procoreAuth(auth: ProcoreAuth, options?: StartOptions): SignInStore;
