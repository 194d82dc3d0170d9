/** What the adapters of all frameworks have in common. */

import type { ProcoreAuth, ProcoreAuthError, Session, SignInOptions, User } from "./index.js";

/** Where a page stands with its user, a frozen snapshot: what a framework shows. */
export interface SignInState {
  /**
   * `"unknown"`: show neither the app nor a button; the client is starting, a response is judged, or the page is about to leave
   * for the login page. It is what a server renders. · `"signed_in"` · `"signed_out"` · `"error"`: a start or a sign-in has
   * failed, and nobody is signed in; see `error`.
   */
  readonly status: "unknown" | "signed_out" | "signed_in" | "error";
  readonly session: Session;
  /** Who is signed in, as soon as the API has told; absent where it could not be asked. */
  readonly user?: User;
  /** What the last start or sign-in has failed by, until the next one begins; `returnTo` is where the user wanted to be. */
  readonly error?: ProcoreAuthError;
}

/** An event of a click, the browser's or React's. */
export interface UserEvent {
  preventDefault(): void;
}

/** What a page can do about it. None of these uses `this`. */
export interface SignInActions {
  /**
   * Goes to the login page; also the way to try again after an error, which then leads to where the failed sign-in should have.
   * Resolves only if that fails, and `error` says why. An event counts as no options, so this may be a listener itself.
   */
  signIn(options?: SignInOptions | UserEvent): Promise<void>;
  /** See {@link ProcoreAuth.signOut}. After it, in this tab or another, nothing leaves for the login page but by `signIn`. */
  readonly signOut: ProcoreAuth["signOut"];
  /** See {@link ProcoreAuth.fetch}. */
  readonly fetch: ProcoreAuth["fetch"];
  /** The client, for all the rest. */
  readonly auth: ProcoreAuth;
}
