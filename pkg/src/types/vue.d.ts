/**
 * Sign-in with Procore in a Vue app, version 3.2 and later, with Vue Router or without.
 *
 * @module
 */

import type { Plugin, Ref } from "vue";
import type { SignInActions, SignInState } from "./adapter.js";
import type { ProcoreAuth, StartOptions } from "./index.js";

export type { SignInActions, SignInState, UserEvent } from "./adapter.js";

/**
 * A plugin for `app.use`. The client starts, in a browser, in this very call: make it before the router, which would read the
 * page's URL with the code in it. Without {@link StartOptions.navigate} it uses the app's Vue Router, if it has one.
 */
export function procoreAuth(auth: ProcoreAuth, options?: StartOptions): Plugin<[]>;

/** {@link SignInState}, each member a ref of its own, to be read and not set. */
export type SignInRefs = { readonly [Name in keyof SignInState]-?: Readonly<Ref<SignInState[Name]>> };

/**
 * The state, and what can be done about it, in a component's setup.
 * @throws {Error} where the app does not use {@link procoreAuth}
 */
export function useProcoreAuth(): SignInRefs & SignInActions;

/**
 * A guard of Vue Router, for `router.beforeEach` or a route's `beforeEnter`. Waits until it is known who is signed in. Where nobody
 * is, it goes to the login page, and the user comes back to where the navigation was to; after an error, and where a session of
 * this page has ended, it refuses instead, and the router stays where it is.
 */
export function requireSession(auth: ProcoreAuth): (to: { readonly fullPath: string }) => Promise<boolean>;
