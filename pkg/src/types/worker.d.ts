/**
 * The same client in a dedicated worker: the refresh token and the code verifier are used there and never enter the
 * page. For a request to this environment's own API, and for no other, the page gets an `Authorization` header, and
 * sends the request itself.
 *
 * It needs `blob:` in the page's `worker-src`, or {@link WorkerOptions.workerUrl}; under enforced Trusted Types, a
 * policy named `procore-spa-auth`. What it does not stop: a script in the page can use the session while it runs, and
 * start a sign-in of its own (OAuth 2.0 for Browser-Based Applications §5.1.3).
 *
 * @module
 */

import type { ProcoreAuth, ProcoreAuthOptions } from "./index.js";

export type {
  ApiRequestInit,
  Credentials,
  DiagnoseOptions,
  DiagnosisCheck,
  EmbeddedContext,
  EmbeddedOptions,
  EnvironmentName,
  Finding,
  FindingCode,
  PopupSignInOptions,
  ProcoreAuth,
  ProcoreAuthErrorCode,
  ProcoreAuthErrorFacts,
  ProcoreAuthErrorPhase,
  RedirectResult,
  ServerOptions,
  Session,
  SessionEvent,
  SignInOptions,
  SignOutResult,
  ProcoreAuthOptions,
} from "./index.js";
export { ProcoreAuthError, embeddedContext, isProcoreAuthError } from "./index.js";

export interface WorkerOptions {
  /**
   * Where this origin serves the package's `worker-script.js`, for a `worker-src 'self'`; of the same version as this
   * entry. Default: a `blob:` URL of the same script, which this entry carries.
   */
  readonly workerUrl?: string | URL | null | undefined;
}

/**
 * As in the default entry, with these differences:
 *
 * - Pending sign-ins are kept in IndexedDB, for a worker has no `sessionStorage`; the tab keeps a note, without the
 *   verifier, of those that it has begun.
 * - `session` is the worker's latest news. Time is told within a second, or a tenth of what is left of the token.
 * - `signInWithPopup()` without options opens its window in the very turn of the click, after `ready()`. With options it
 *   asks the worker first, and some browsers then take the window for a pop-up that nobody wanted.
 * - `worker_blocked`, when the worker could not start or has died: whatever was under way rejects with it, and the
 *   listeners hear `reauth_required` where somebody was signed in. The next call starts a new worker, which with
 *   `persist: "tab"` has the session again.
 * - With `persist: "tab"` a page that is left ends its worker, and what is under way with it. One that is come back to
 *   hears `signed_in`, or `signed_out` if the session has ended meanwhile.
 */
export function createProcoreAuth(options: ProcoreAuthOptions & WorkerOptions): ProcoreAuth;
