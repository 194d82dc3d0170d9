/**
 * Sign-in with Procore in a React app, version 18 and later.
 *
 * @module
 */

import type { ReactNode } from "react";
import type { SignInActions, SignInState } from "./adapter.js";
import type { ProcoreAuth, StartOptions } from "./index.js";

export type { SignInActions, SignInState, UserEvent } from "./adapter.js";

export interface ProcoreAuthProviderProps extends StartOptions {
  /** The client, made outside of all components. Two providers with one client show one state. */
  readonly auth: ProcoreAuth;
  readonly children?: ReactNode;
}

/**
 * Starts the client with the first render in a browser, and gives it to all components below. On a server it renders its
 * children, and the status is `"unknown"`.
 */
export function ProcoreAuthProvider(props: ProcoreAuthProviderProps): ReactNode;

/**
 * Takes the response to a sign-in out of the page's URL, in this very call, if there is one. Only where something reads that URL before the
 * first render, and keeps it, as Next.js does: call it before that. The provider goes on with what comes of it. Does nothing on a
 * server, nor after the provider has started.
 */
export function takeResponse(auth: ProcoreAuth): void;

/**
 * The state, and what can be done about it. Renders again when the state changes.
 * @throws {Error} where there is no {@link ProcoreAuthProvider} above
 */
export function useProcoreAuth(): SignInState & SignInActions;

export interface RequireSessionProps {
  /** What is shown while nobody is signed in: a component that tells the states apart by {@link useProcoreAuth}. */
  readonly fallback?: ReactNode;
  readonly children?: ReactNode;
}

/**
 * Shows its children to a user who is signed in. Where nobody is, it goes to the login page and has the user come back to this
 * very page; not after an error, and not where a session of this page has ended: then it is the user's turn.
 */
export function RequireSession(props: RequireSessionProps): ReactNode;
