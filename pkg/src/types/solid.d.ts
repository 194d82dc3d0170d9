/**
 * Sign-in with Procore in a Solid app, version 1.
 *
 * @module
 */

import type { Accessor, JSX } from "solid-js";
import type { SignInActions, SignInState } from "./adapter.js";
import type { ProcoreAuth, StartOptions } from "./index.js";

export type { SignInActions, SignInState, UserEvent } from "./adapter.js";

export interface ProcoreAuthProviderProps extends StartOptions {
  /** The client, made outside of all components. Two providers with one client show one state. */
  readonly auth: ProcoreAuth;
  readonly children?: JSX.Element;
}

/**
 * Starts the client in a browser, and gives it to all components below. Put it around the router, which would read the page's
 * URL with the code in it. Without {@link StartOptions.navigate} it replaces the entry of the history and tells the router by a
 * `popstate` event, which Solid Router listens to.
 */
export function ProcoreAuthProvider(props: ProcoreAuthProviderProps): JSX.Element;

/** {@link SignInState}, each member a signal to be read. */
export type SignInSignals = { readonly [Name in keyof SignInState]-?: Accessor<SignInState[Name]> };

/**
 * The state, and what can be done about it.
 * @throws {Error} where there is no {@link ProcoreAuthProvider} above
 */
export function useProcoreAuth(): SignInSignals & SignInActions;

export interface RequireSessionProps {
  /** What is shown while nobody is signed in: a component that tells the states apart by {@link useProcoreAuth}. */
  readonly fallback?: JSX.Element;
  readonly children?: JSX.Element;
}

/**
 * Shows its children to a user who is signed in. Where nobody is, it goes to the login page and has the user come back to this
 * very page; not after an error, and not where a session of this page has ended: then it is the user's turn.
 */
export function RequireSession(props: RequireSessionProps): JSX.Element;
