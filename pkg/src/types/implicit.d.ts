/**
 * The legacy implicit flow (RFC 6749 §4.2), for servers that offer a page nothing better. Everything of
 * `procore-spa-auth`, plus `response_type=token`.
 *
 * The token comes back in the URL's fragment. It is scrubbed at once, its state is enforced, and it is used only after
 * `/oauth/token/info` has said that it was issued to this very client ID. It is never stored and can't be renewed.
 * The browser's own record of the page's load, `performance.getEntriesByType("navigation")`, keeps it all the same.
 * OAuth 2.0 for Browser-Based Applications §7.2 forbids this flow; Procore discourages it.
 *
 * @module
 */

import type {
  CodeResponse,
  Credentials,
  EnvironmentName,
  LoginUrl,
  LoginUrlOptions,
  NoResponse,
  ProcoreAuth,
  ProcoreAuthOptions,
  ServerOptions,
  SignInOptions,
} from "./index.js";

export * from "./index.js";

/** Says that the risk is known. Without it, this entry does what the default one does. */
export interface AllowImplicit {
  readonly allowImplicit?: "I accept that tokens in the URL can leak" | undefined;
}

export interface ImplicitSignInOptions extends SignInOptions {
  /** Default: `"implicit"` where `allowImplicit` is said, else `"code"`. */
  readonly flow?: "code" | "implicit" | undefined;
}

export interface ImplicitProcoreAuth extends ProcoreAuth {
  /** As in the default entry; `implicit_not_enabled` for `flow: "implicit"` without `allowImplicit`. */
  signIn(options?: ImplicitSignInOptions): Promise<never>;
}

/** As in the default entry. Writes a warning to the console. */
export function createProcoreAuth(options: ProcoreAuthOptions & AllowImplicit): ImplicitProcoreAuth;

/** As in the default entry, with the implicit flow where `allowImplicit` is said. */
export function buildLoginUrl(
  credentials: Credentials,
  options?: LoginUrlOptions & AllowImplicit & Pick<ImplicitSignInOptions, "flow">,
): LoginUrl;

/** A judged implicit response. Its audience is not checked yet: ask `/oauth/token/info` before using the token. */
export interface TokenInUrlResponse {
  readonly kind: "token";
  readonly accessToken: string;
  /** Seconds from receipt. */
  readonly expiresIn: number;
  readonly scope?: string;
  readonly clientId: string;
  readonly environment: EnvironmentName;
  readonly returnTo: string;
}

/** As in the default entry; a response to an implicit request is a token. */
export function parseRedirect(
  url: string,
  pending: string,
  options?: { readonly server?: ServerOptions | undefined },
): NoResponse | CodeResponse | TokenInUrlResponse;
