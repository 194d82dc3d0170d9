/** Every code an error can have. Stable: a code is never renamed or reused. */
export type ProcoreAuthErrorCode =
  // configuration
  | "config_invalid" | "config_unknown_key" | "config_secret_forbidden" | "config_invalid_client_id"
  | "config_redirect_invalid" | "config_redirect_insecure" | "config_redirect_fragment"
  | "config_redirect_noncanonical" | "config_redirect_reserved_param" | "config_redirect_not_this_origin"
  | "config_oob_not_allowed" | "config_endpoint_not_https" | "config_endpoint_origin"
  | "config_endpoint_userinfo" | "config_endpoint_reserved_param" | "implicit_not_enabled"
  // environment
  | "wasm_blocked" | "wasm_integrity" | "worker_blocked" | "instance_poisoned" | "not_ready" | "insecure_context" | "page_without_origin"
  | "rng_unavailable" | "storage_unavailable" | "storage_corrupt" | "storage_version"
  // authorization request
  | "param_reserved" | "returnto_rejected" | "sign_in_loop"
  // popup and frame
  | "sign_in_framed" | "sign_in_abandoned" | "popup_blocked" | "popup_closed" | "opener_severed" | "opener_reloaded"
  | "framing_not_allowed"
  // redirect
  | "state_missing" | "state_mismatch" | "state_expired" | "no_transaction" | "issuer_changed" | "redirect_mismatch"
  | "duplicate_param" | "mixed_success_error" | "mixed_channel" | "wrong_response_mode" | "wrong_response_type"
  | "unsupported_response_mode" | "token_in_front_channel" | "malformed_encoding" | "response_too_large"
  | "code_missing" | "code_malformed" | "iss_missing" | "iss_mismatch"
  // the server's own words, RFC 6749 §4.1.2.1 and §5.2, and OpenID Connect Core §3.1.2.6
  | "access_denied" | "login_required" | "interaction_required" | "consent_required" | "account_selection_required" | "invalid_request" | "unauthorized_client" | "unsupported_response_type" | "invalid_scope"
  | "server_error" | "temporarily_unavailable" | "invalid_grant" | "unsupported_grant_type" | "unknown_error"
  | "client_auth_required"
  // token response
  | "token_bad_status" | "token_bad_content_type" | "token_bad_json" | "token_duplicate_key"
  | "token_missing_access_token" | "token_malformed_token" | "token_bad_token_type" | "token_bad_expires_in"
  | "token_bad_scope"
  | "token_audience_mismatch" | "token_endpoint_redirected" | "scope_expanded" | "mediator_unknown" | "rate_limited"
  // session and API
  | "not_signed_in" | "reauth_required" | "lock_timeout" | "session_ended" | "network_error" | "timeout"
  | "resource_origin_forbidden" | "token_in_url" | "company_id_invalid" | "user_unavailable";

/** The step that failed. */
export type ProcoreAuthErrorPhase = "config" | "start" | "authorize" | "redirect" | "token" | "refresh" | "api" | "revoke";

/** What an error is made of: its members, and its text. */
export interface ProcoreAuthErrorFacts {
  readonly code: ProcoreAuthErrorCode;
  readonly phase: ProcoreAuthErrorPhase;
  readonly retryable: boolean;
  /** What happened and what to do. Default: empty. */
  readonly message?: string | undefined;
  readonly oauthError?: string | undefined;
  readonly oauthErrorDescription?: string | undefined;
  readonly returnTo?: string | undefined;
}

/**
 * The one error of this package. Never holds a token, code, verifier, state or secret. Of what a request or a storage has
 * thrown, `cause` keeps the name alone. `message` says what happened and what to do, and in brackets what it is about; its
 * text is loaded with the first error (`messages.js`), and where that can't be, it leads to the table of codes, docs/errors.md.
 */
export class ProcoreAuthError extends Error {
  /** For the tests of an app, which show what it makes of an error; in the app itself, this package makes them. */
  constructor(facts: ProcoreAuthErrorFacts, cause?: unknown);
  readonly name: "ProcoreAuthError";
  readonly code: ProcoreAuthErrorCode;
  readonly phase: ProcoreAuthErrorPhase;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** The server's `error`: one of the registered words (RFC 6749 §4.1.2.1, §5.2), or `unknown_error`. */
  readonly oauthError?: string;
  /**
   * The server's `error_description`: its text, not ours. At most 256 characters. Show it as text only. Left out where it
   * repeats 8 characters in a row of the code, the verifier, the state or a token, also encoded.
   */
  readonly oauthErrorDescription?: string;
  /**
   * Where the user wanted to be, on an error of a response to a sign-in of this tab: the same-origin path (with query and fragment)
   * that the sign-in was to return to, checked as that of a success. A {@link ProcoreAuth.signIn} from here returns there by itself.
   */
  readonly returnTo?: string;
}

/** Whether `value` is an error of this package, also one of another copy of it. */
export function isProcoreAuthError(value: unknown): value is ProcoreAuthError;
