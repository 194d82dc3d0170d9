import type { ProcoreAuthErrorCode } from "./error.js";

export interface DiagnoseOptions {
  /**
   * Also signs in by a popup, to see whether the redirect URI is registered and whether the server compares the code
   * verifier. To be called inside a click; the user has to sign in there. No session comes of it.
   */
  readonly popup?: boolean | undefined;
}

/** What was looked at. `indexed_db` only with `persist`, and `worker` only where it could not start. */
export type DiagnosisCheck =
  // the page
  | "secure_context" | "webassembly" | "configuration" | "redirect_uri" | "random_numbers" | "session_storage"
  | "indexed_db" | "web_locks" | "broadcast_channel" | "worker" | "clock" | "framing"
  // the servers
  | "metadata" | "token_endpoint" | "revocation_endpoint" | "token_info_endpoint" | "api" | "registration" | "pkce";

/**
 * What was found: `"ok"`, `"not_checked"`, or the problem. Where a sign-in would fail with an error code, it is that code;
 * the others are the check-up's own. Stable: a code is never renamed or reused.
 */
export type FindingCode =
  | "ok" | "not_checked" | ProcoreAuthErrorCode
  | "redirect_uri_not_served" | "redirect_uri_redirected" | "login_not_returned" | "indexed_db_unavailable"
  | "web_locks_missing" | "broadcast_channel_missing" | "clock_wrong" | "framed" | "framed_in_sandbox"
  | "csp_connect_src" | "cors_blocked" | "cors_or_not_found" | "cors_or_unreachable" | "company_header_blocked"
  | "unexpected_answer" | "pkce_not_announced" | "pkce_not_enforced";

/** One thing that the check-up has looked at. Holds no token, code, verifier, state or secret. */
export interface Finding {
  readonly check: DiagnosisCheck;
  readonly code: FindingCode;
  /**
   * `"error"`: something will not work, or is not safe. `"warning"`: it may not. `"unknown"`: it can't be told from here.
   */
  readonly severity: "ok" | "warning" | "error" | "unknown";
  /** What was seen, in a sentence or two. */
  readonly seen: string;
  /** What to do; empty where there is nothing to do. */
  readonly advice: string;
  /** The standard's section, or Procore's page. */
  readonly source?: string;
}
