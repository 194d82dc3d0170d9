/**
 * The same client in a dedicated worker: refresh token and code verifier live there and never enter the page. The page
 * gets, for a request to this environment's own API, its `Authorization` header, and sends it itself.
 *
 * It needs `blob:` in the page's `worker-src`, or {@link WorkerOptions.workerUrl}; under enforced Trusted Types, a policy
 * named `procore-spa-auth`. What it does not stop: a script in the page can use the session while it runs, and start a
 * sign-in of its own (OAuth 2.0 for Browser-Based Applications §5.1.3).
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
   * Where this origin serves the package's `worker-script.js`, for a `worker-src 'self'`. Default: a `blob:` URL of the same
   * script, which every bundler carries along.
   */
  readonly workerUrl?: string;
}

/**
 * As in the default entry. Pending sign-ins are kept in IndexedDB, for a worker has no `sessionStorage`.
 *
 * Further error: `worker_blocked`, when the worker could not start or has died. The next call starts a new one.
 */
export function createProcoreAuth(options: ProcoreAuthOptions & WorkerOptions): ProcoreAuth;
