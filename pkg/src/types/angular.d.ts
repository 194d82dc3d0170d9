/**
 * Sign-in with Procore in an Angular app, version 19 and later.
 *
 * @module
 */

import type { HttpInterceptorFn } from "@angular/common/http";
import type { EnvironmentProviders, Signal } from "@angular/core";
import type { CanActivateFn } from "@angular/router";
import type { SignInActions, SignInState } from "./adapter.js";
import type { ProcoreAuth, StartOptions } from "./index.js";

export type { SignInActions, SignInState, UserEvent } from "./adapter.js";

/**
 * Gives the client to the whole app, for `bootstrapApplication`. It starts, in a browser, in this very call, before the router reads
 * the page's URL. Without {@link StartOptions.navigate} it uses the app's router.
 */
export function provideProcoreAuth(auth: ProcoreAuth, options?: StartOptions): EnvironmentProviders;

/** {@link SignInState}, each member a signal. */
export type SignInSignals = { readonly [Name in keyof SignInState]-?: Signal<SignInState[Name]> };

/**
 * The state, and what can be done about it, in an injection context. One for the whole app.
 * @throws {Error} where the app has no {@link provideProcoreAuth}
 */
export function injectProcoreAuth(): SignInSignals & SignInActions;

/**
 * A guard for `canActivate`. Waits until it is known who is signed in. Where nobody is, it goes to the login page, and the user
 * comes back to where the navigation was to; after an error, and where a session of this page has ended, it waits until somebody
 * has signed in.
 */
export const requireSession: CanActivateFn;

/**
 * For `provideHttpClient(withInterceptors([procoreAuthInterceptor]))`: a request to the API gets the headers of
 * {@link ProcoreAuth.authorize}, and every other one goes on as it is. A request to the API fails with a `ProcoreAuthError` where
 * nobody is signed in.
 *
 * Name the API by its whole URL: a path is one of the page's own server. {@link SignInActions.fetch} does more: it renews after a
 * 401, waits where the API says so, and has the company's ID follow no redirect.
 */
export const procoreAuthInterceptor: HttpInterceptorFn;
