/**
 * Sign-in with Procore from a browser page, without a client secret.
 *
 * Importing this module runs nothing and touches no global. The WebAssembly core starts with the
 * first method that is called, or with {@link ready}.
 *
 * @module
 */

import type { DiagnoseOptions, Finding } from "./diagnosis.js";
import type { ProcoreAuthErrorCode } from "./error.js";

export { ProcoreAuthError, isProcoreAuthError } from "./error.js";
export type { ProcoreAuthErrorCode, ProcoreAuthErrorFacts, ProcoreAuthErrorPhase } from "./error.js";
export type { DiagnoseOptions, DiagnosisCheck, Finding, FindingCode } from "./diagnosis.js";

/**
 * A Procore environment. It fixes the login and the API origin together: a token of one environment
 * never reaches another.
 *
 * Procore: development_environments.md, federal_zone_overview.md (2026-06).
 */
export type EnvironmentName = "production" | "sandbox" | "monthly-sandbox" | "federal";

/** The public half of what the Developer Portal shows for one environment. There is no field for a secret. */
export interface Credentials {
  /** The client ID (RFC 6749 §2.2). Public; 1 or more printable ASCII characters. */
  readonly clientId: string;
  /**
   * The redirect URIs (RFC 6749 §3.1.2) exactly as registered, one or more. Sent byte for byte.
   * `https://…`, or `http://localhost[:port][/path]`; no fragment, no wildcard.
   */
  readonly redirectUris: readonly string[];
}

/**
 * Endpoints that differ from Procore's own, for one environment.
 *
 * Without `customAuthorizationServer: true` every endpoint must stay on the environment's own origins.
 */
export interface ServerOptions {
  /** Says on purpose: this is another authorization server. Then all endpoints must be given, or `discover`. */
  readonly customAuthorizationServer?: boolean | undefined;
  /** The issuer identifier (RFC 9207 §2, RFC 8414 §2), compared as a plain string. */
  readonly issuer?: string | undefined;
  /** What to do with `iss` in the redirect (RFC 9207 §2.4). Default `"optional"`: checked whenever it is there. */
  readonly issParameter?: "required" | "optional" | undefined;
  /** RFC 6749 §3.1. `https`, or `http://localhost` on a custom server. */
  readonly authorizationEndpoint?: string | undefined;
  /** RFC 6749 §3.2. */
  readonly tokenEndpoint?: string | undefined;
  /** RFC 7009 §2. */
  readonly revocationEndpoint?: string | undefined;
  /** Procore's `GET /oauth/token/info` (oauth_endpoints.md). */
  readonly tokenInfoEndpoint?: string | undefined;
  /** The origin of the API, the only one that ever gets a token. */
  readonly apiOrigin?: string | undefined;
  /** Read the endpoints from the issuer's metadata (RFC 8414 §3) instead. Needs `issuer` and `apiOrigin`. */
  readonly discover?: boolean | undefined;
  /**
   * Whether its API answers 403 to a dead token, as Django OAuth Toolkit does, where RFC 6750 §3.1 says 401. Then a 403 is
   * worth a renewal and one more try, too, no sooner than half a minute after the last one. Only for a custom server: at
   * Procore a 403 is a missing permission, or a company that is not connected (error_reference.md).
   */
  readonly renewOnForbidden?: boolean | undefined;
}

/** What {@link createProcoreAuth} takes. Read once, own properties and those of its class; an unknown key is refused. */
export interface ProcoreAuthOptions {
  /** One set of credentials per environment; `monthly-sandbox` uses those of `production`. */
  readonly credentials: {
    readonly sandbox?: Credentials | undefined;
    readonly production?: Credentials | undefined;
    readonly federal?: Credentials | undefined;
  };
  /** The environment. Default: the one whose redirect URIs include this page's origin. */
  readonly environment?: EnvironmentName | undefined;
  /** Other servers, per environment (a test server, say). */
  readonly servers?: { readonly [name in EnvironmentName]?: ServerOptions | undefined } | undefined;
  /** Scopes to ask for (RFC 6749 §3.3), separated by spaces; at most 4096 characters. Default: none named, as Procore documents. */
  readonly scope?: string | undefined;
  /** Where the authorization response stands in the redirect. Default `"query"`. */
  readonly responseMode?: "query" | "fragment" | undefined;
  /**
   * A same-origin path of the app's own backend that adds the client secret and passes token requests on to
   * Procore (OAuth 2.0 for Browser-Based Applications §6.2), e.g. `"/oauth/token"`.
   */
  readonly tokenMediator?: string | undefined;
  /**
   * With `tokenMediator`: whether a page takes up the session in the mediator's cookie, after a reload or in another tab. Default
   * `true`. Nobody is asked where nobody has signed in before, or has signed out since.
   */
  readonly resume?: boolean | undefined;
  /**
   * `"tab"`: the session survives a reload, is shared by all tabs of this origin, and ends with the last of them, unless
   * the browser restores its tabs: then it restores the session, too. It is kept in IndexedDB, encrypted with a key that no
   * script can read out; a script of this origin can still use that key, and the refresh token stays on the disk until the
   * next start. Default: in memory only, each tab for itself.
   */
  readonly persist?: "tab" | undefined;
  /**
   * Whether the access token is renewed before it is over while the page is looked at, so that no call waits for that. Default
   * `false`: it is renewed with the next call. A page that is shown again renews by itself either way.
   */
  readonly renewAhead?: boolean | undefined;
}

/** The session, a frozen snapshot. Never holds a token. */
export interface Session {
  /**
   * The session's name: opaque, new with each sign-in, and the same over renewal, reload and tabs. Not secret. Absent while
   * nobody is signed in. What an app keeps for a user (a cache, say) is to go when it changes.
   */
  readonly id?: string;
  /** Whether there is a usable, or renewable, access token. */
  readonly signedIn: boolean;
  /**
   * `"fresh"` · `"refresh_due"` (good, but about to expire: renewed with the next call) · `"expired"` (renewed with the
   * next call, or ended if it can't be) · `"in_doubt"` (a renewal was sent and no answer came: only a new sign-in helps) · `"signed_out"` · `"unknown"`:
   * nobody can say yet, for the core has not started, or the kept session is still read, or a response is being judged. A page
   * that would go to the login page waits for {@link ProcoreAuth.ready} or {@link ProcoreAuth.handleRedirect} first.
   */
  readonly status: "unknown" | "signed_out" | "fresh" | "refresh_due" | "expired" | "in_doubt";
  /** Absent until the core has started. */
  readonly environment?: EnvironmentName;
  /** How the token was got, while signed in. */
  readonly flow?: "code" | "implicit";
  /** Whether it can be renewed without the user. */
  readonly renewable: boolean;
  /** Seconds since 1970 by this device's clock; a hint for display. */
  readonly expiresAtEpochSeconds?: number;
  /**
   * The scope granted (RFC 6749 §5.1), as the server said it: words of printable ASCII, without `"` and `\`, a space
   * between two (appendix A.4); at most 4096 characters.
   */
  readonly scope?: string;
}

/**
 * Why a session changed. `"ready"`: it was unknown and nobody is signed in. `"signed_in_elsewhere"`: in another tab, while this one is signed out and can't share its session
 * (without `persist`); it is for showing that a sign-in will be quick now.
 */
export type SessionEvent =
  | "ready" | "signed_in" | "refreshed" | "expired" | "signed_out" | "reauth_required" | "signed_in_elsewhere";

export interface SignInOptions {
  /**
   * Where to be after sign-in: same origin, 32 KiB at most. A refused value is replaced by `/` and reported. Default: with
   * {@link ProcoreAuth.signIn} the page that the user is on, with query and fragment; on the redirect URI's page itself, where
   * the response that came there was to return to, or the folder that it is in. Else `/`.
   */
  readonly returnTo?: string | undefined;
  /** One of the registered redirect URIs. Default: the first on this page's origin. */
  readonly redirectUri?: string | undefined;
  /** Overrides the `scope` of the configuration. */
  readonly scope?: string | undefined;
  /** More parameters for the authorization request, e.g. `{ prompt: "login" }`. Reserved names are refused. */
  readonly extraParams?: { readonly [name: string]: string } | undefined;
}

export interface PopupSignInOptions extends Omit<SignInOptions, "returnTo"> {
  /** Gives the sign-in up and closes the window; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the user has. Default 600: Procore's codes and this sign-in live no longer. */
  readonly timeoutSeconds?: number | undefined;
}

export interface RedirectResult {
  /** Whether this page was an authorization response, and the user is signed in by it now. */
  readonly handled: boolean;
  /** With `handled`: the same-origin path (with query and fragment) to go on to. */
  readonly returnTo?: string;
  /** With `handled`: what was put right on the way, e.g. `returnto_rejected`. */
  readonly warnings?: readonly ProcoreAuthErrorCode[];
}

export interface SignOutResult {
  /**
   * `"revoked"`: the server has confirmed that all tokens are dead, those of earlier sign-ins that this one has replaced
   * too. `"revoke_pending"`: the tokens are wiped here, but the server could not be told (RFC 7009 §2.2.1) or has refused,
   * or a renewal was under way, refused or in doubt, or a renewed token could not be used before it was revoked (see the
   * docs/session.md), and the server may still hold a good one. `"nothing"`: nobody was signed in.
   */
  readonly outcome: "revoked" | "revoke_pending" | "nothing";
  /**
   * `storage_unavailable`, with `persist`: the kept session could not be removed. It is marked as over in `localStorage`, and no
   * start goes on with it; where that is blocked too, and the outcome is not `"revoked"`, a reload may find it again.
   */
  readonly warnings?: readonly ProcoreAuthErrorCode[];
}

/**
 * What `fetch` takes, and more. `cache` is `"no-store"` unless it is named, here or in the `Request`, for a browser's cache
 * does not tell one user from another.
 */
export interface ApiRequestInit extends RequestInit {
  /** The `Procore-Company-Id` header (tutorial_mpz.md). A number must be a safe integer. */
  readonly companyId?: string | number | bigint | undefined;
  /**
   * What to do when the API answers 429 or 503 (rate_limiting.md). Default `"wait"`: every call of this page waits for as long as
   * the server asks, up to a minute, and the request is sent again, if its body can be; after a 503, which does not say that
   * nothing was done, only if it is idempotent. `"return"`: the answer is returned.
   */
  readonly onThrottle?: "wait" | "return" | undefined;
  /**
   * Whether doing it twice is the same as doing it once (RFC 9110 §9.2.2). Default: what its method promises, so `true` for
   * GET, HEAD, OPTIONS, PUT and DELETE.
   */
  readonly isIdempotent?: boolean | undefined;
}

/** What {@link ProcoreAuth.authorize} takes. */
export interface AuthorizeOptions {
  /** The `Procore-Company-Id` header (tutorial_mpz.md). A number must be a safe integer. */
  readonly companyId?: string | number | bigint | undefined;
}

/** One request to the API that somebody else is to send, frozen. */
export interface AuthorizedRequest {
  /** The checked URL, absolute. The headers are for this one, and must follow no redirect to another origin. */
  readonly url: string;
  /** `Authorization`, and `Procore-Company-Id` if it was asked for. Good for as long as the access token: half a minute at least. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Who is signed in, frozen. */
export interface User {
  /** 1 to 20 digits: Procore's IDs may be above 2^53. */
  readonly id: string;
  /** The e-mail address that the user signs in with. Empty where the API says none. */
  readonly login: string;
  /** Empty where the API says none. */
  readonly name: string;
}

export interface StartOptions {
  /**
   * `"auto"`, the default: goes to the login page where nobody is signed in, unless this tab's user has signed out, in whatever tab.
   * `"manual"`: only what the app does about it.
   */
  readonly signIn?: "auto" | "manual" | undefined;
  /** How the app's router goes to a path of this origin. Default: `history.replaceState()`. */
  readonly navigate?: ((returnTo: string) => unknown) | undefined;
}

/** The signed-in client of one page. All methods wait for the WebAssembly core; constructing waits for nothing. */
export interface ProcoreAuth {
  /**
   * Starts the core and checks the configuration.
   * @throws {ProcoreAuthError} `config_*`, `wasm_blocked`, `insecure_context`, `page_without_origin`
   */
  ready(): Promise<void>;

  /**
   * The one call of a page that is loaded, before routing: {@link handleRedirect}, back to where the user was, and
   * {@link signIn} where that is wanted. Answers with the session that the page begins with.
   *
   * @example
   * ```ts
   * const session = await auth.start();
   * ```
   * @throws {ProcoreAuthError} as {@link handleRedirect}, {@link ready} and {@link signIn}; `config_invalid`,
   *   `config_unknown_key` for options that are none. After a refused response, `error.returnTo` is where the user wanted to be
   */
  start(options?: StartOptions): Promise<Session>;

  /**
   * Call on every load, before routing. Does nothing on a page that is no authorization response, nor, with `persist`, on one
   * that this tab has had before, but for scrubbing that, while somebody is signed in. On one that is,
   * it takes the pending authorization and scrubs the URL at once, then redeems the code. Calls made twice share
   * one promise. A response with a `state` that is not ours is refused and left alone. One to a sign-in
   * of this tab is refused with `redirect_mismatch`, taken and scrubbed, on whatever page it comes but the redirect URI's.
   *
   * In the window of {@link signInWithPopup} it hands the response to the page that opened it and closes the window. Then
   * the promise settles only if nobody there takes it (`opener_reloaded`), so that nothing else of the app begins there.
   *
   * @param url - default: this page's URL
   * @throws {ProcoreAuthError} phase `redirect` or `token`; see docs/errors.md. `opener_severed` in a window
   *   whose opener can't be reached
   */
  handleRedirect(url?: string): Promise<RedirectResult>;

  /**
   * Goes to Procore's login page. The promise settles only if that fails, or if the user comes back by the Back button to
   * a page that the browser has kept as it was.
   * @throws {ProcoreAuthError} `config_*`, `param_reserved`, `redirect_mismatch`, `storage_unavailable`,
   *   `rng_unavailable`, `insecure_context`, `wasm_blocked`; `sign_in_framed` in a frame; `sign_in_abandoned`;
   *   `sign_in_loop` for the fourth page of a tab that leaves by itself within a minute
   */
  signIn(options?: SignInOptions): Promise<never>;

  /**
   * Signs in by a login window, for apps that must not leave their page, and for those in a frame, which Procore's login
   * page refuses. Call it right inside a click, after {@link ready}: the window opens in that very turn, with its final
   * URL. State and code verifier never leave this page's memory. The redirect URI's page must call
   * {@link handleRedirect}, as always.
   *
   * @throws {ProcoreAuthError} as {@link signIn} and {@link handleRedirect}, and `popup_blocked`, `popup_closed`,
   *   `opener_severed`, `timeout`; `config_invalid` where `signal` or `timeoutSeconds` is none; the signal's reason
   */
  signInWithPopup(options?: PopupSignInOptions): Promise<RedirectResult>;

  /**
   * The check-up, for when a sign-in does not work: this page, its configuration, and the servers, one finding for each
   * thing looked at. It sends no token and no code that could be of use to anybody. Loads a script of its own.
   * @throws {ProcoreAuthError} `config_invalid`, `config_unknown_key` for options that are none; else nothing but
   *   `network_error`, where that script is missing
   */
  diagnose(options?: DiagnoseOptions): Promise<readonly Finding[]>;

  /** The session as it is now. */
  readonly session: Session;

  /**
   * Calls `listener` after each change of the tokens. Mere time changes none: see `expiresAtEpochSeconds`. Returns the
   * function that stops it.
   */
  subscribe(listener: (session: Session, event: SessionEvent) => void): () => void;

  /**
   * `fetch` with the access token, for this environment's API only. A path is resolved against the API's origin.
   * An expired token is renewed first; a 401 is answered by one renewal and one more try, if the body can be sent again.
   * What the platform's `Request` refuses (a GET with a body, a bad method) is its own `TypeError`.
   *
   * The company's ID goes to no other origin. A GET or HEAD that is redirected is sent once more without it, and followed;
   * if that ends at the API again, it is sent there with it. Another redirected request with a company's ID is not
   * followed: its answer has the `type` `"opaqueredirect"`.
   *
   * @throws {ProcoreAuthError} `resource_origin_forbidden`, `token_in_url`, `param_reserved`, `company_id_invalid`,
   *   `not_signed_in`, `reauth_required` when the session can't be renewed, `session_ended` when the user signs out or
   *   another one signs in meanwhile, `network_error`
   */
  fetch(input: string | URL | Request, init?: ApiRequestInit): Promise<Response>;

  /**
   * The headers for one request to the API that `fetch` can't send: an upload with progress (`XMLHttpRequest`), a client library.
   * It gives the access token out of this package's hands: whoever has the headers can use them until the token is over, and is to
   * send them to `url` alone. Renews an expired token first. Where that request is answered 401, call {@link refresh} and ask again.
   *
   * @param target - as {@link fetch} takes it
   * @throws {ProcoreAuthError} as {@link fetch}; `config_invalid`, `config_unknown_key` for options that are none
   */
  authorize(target: string | URL, options?: AuthorizeOptions): Promise<AuthorizedRequest>;

  /**
   * Who is signed in, as the API's `/rest/v1.0/me` says. Asked once for each session, and forgotten with it.
   * @throws {ProcoreAuthError} as {@link fetch}; `user_unavailable` where the API does not say
   */
  user(): Promise<User>;

  /**
   * Renews the access token now. Calls made at the same time share one request.
   * @throws {ProcoreAuthError} `not_signed_in`, `reauth_required`, `network_error`, `rate_limited`, `scope_expanded`,
   *   `session_ended`; with `persist`, also `lock_timeout`, `storage_unavailable`
   */
  refresh(): Promise<Session>;

  /**
   * Wipes the tokens here and in every tab, then revokes them at the server. An answer of the server never makes it
   * reject.
   */
  signOut(): Promise<SignOutResult>;
}

/**
 * A client for this page. Synchronous and cheap. Called with equal options again, it answers with the same client.
 *
 * @example
 * ```ts
 * const auth = createProcoreAuth({
 *   credentials: {
 *     sandbox: { clientId: "…", redirectUris: ["http://localhost:5173/callback"] },
 *     production: { clientId: "…", redirectUris: ["https://app.example.com/callback"] },
 *   },
 * });
 * const { returnTo } = await auth.handleRedirect();
 * if (returnTo) history.replaceState(null, "", returnTo);
 * if (!auth.session.signedIn) await auth.signIn();
 * const me = await auth.fetch("/rest/v1.0/me");
 * ```
 */
export function createProcoreAuth(options: ProcoreAuthOptions): ProcoreAuth;

/**
 * Starts the WebAssembly core, once, and loads what errors say. After it, {@link buildLoginUrl} and {@link parseRedirect} are synchronous.
 * @throws {ProcoreAuthError} `wasm_blocked` where the page's CSP lacks `'wasm-unsafe-eval'`
 */
export function ready(): Promise<void>;

export interface LoginUrlOptions extends SignInOptions {
  /** Default `"production"`. */
  readonly environment?: EnvironmentName | undefined;
  readonly server?: ServerOptions | undefined;
  readonly responseMode?: "query" | "fragment" | undefined;
}

export interface LoginUrl {
  /** The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3), complete. */
  readonly url: string;
  /**
   * What {@link parseRedirect} needs to judge the response: opaque, confidential (it holds the code verifier), good
   * for one response within 10 minutes. Keep it in `sessionStorage`, nowhere else.
   */
  readonly pending: string;
}

/**
 * Builds a login URL: Authorization Code with PKCE (S256) and state, both always. Synchronous once {@link ready}.
 *
 * @example
 * ```ts
 * await ready();
 * const { url, pending } = buildLoginUrl({ clientId: "…", redirectUris: ["https://app.example.com/callback"] });
 * sessionStorage.setItem("pending", pending);
 * location.assign(url);
 * ```
 * @throws {ProcoreAuthError} `not_ready`, `config_*`, `param_reserved`, `returnto_rejected`, `rng_unavailable`
 */
export function buildLoginUrl(credentials: Credentials, options?: LoginUrlOptions): LoginUrl;

/** A page that is no authorization response at all. */
export interface NoResponse {
  readonly kind: "none";
}

/** A judged authorization response. The code is good for one token request, with this verifier. */
export interface CodeResponse {
  readonly kind: "code";
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly clientId: string;
  readonly environment: EnvironmentName;
  readonly returnTo: string;
}

/**
 * Judges the URL that the user came back on against its pending authorization. Synchronous once {@link ready}. Where
 * `pending` is empty, nothing is pending, and every URL is `{ kind: "none" }`.
 *
 * @example
 * ```ts
 * const response = parseRedirect(location.href, sessionStorage.getItem("pending") ?? "");
 * if (response.kind === "code") await redeemAtMyBackend(response.code, response.codeVerifier);
 * ```
 * @throws {ProcoreAuthError} phase `redirect`: `state_missing`, `state_mismatch`, `access_denied`, …
 */
export function parseRedirect(
  url: string,
  pending: string,
  options?: { readonly server?: ServerOptions | undefined },
): NoResponse | CodeResponse;

export interface EmbeddedOptions {
  /**
   * The origins that may frame this page, exactly, e.g. `["https://app.procore.com"]`. Default: not checked here, only by
   * the page's own `frame-ancestors`, which is the stronger of the two.
   */
  readonly allowedParents?: string | readonly string[] | undefined;
  /** Where the IDs are looked for. Default: this page's URL. */
  readonly url?: string | URL | undefined;
}

/** Where this page is shown, a frozen snapshot. */
export interface EmbeddedContext {
  /** Whether it stands in a frame. Then {@link ProcoreAuth.signIn} can't work, for Procore's login page refuses frames. */
  readonly isEmbedded: boolean;
  /** The origin of the page around it, as the browser says; as the referrer says, where an older one does not. */
  readonly parentOrigin?: string;
  /** `companyId` of the URL: 1 to 20 digits, no leading zero. Absent if it is anything else. */
  readonly companyId?: string;
  /** `projectId` of the URL, likewise. */
  readonly projectId?: string;
}

/**
 * What an app embedded in Procore is told by its frame and its URL. Synchronous; needs no core.
 *
 * Procore interpolates the IDs into the app's External URL, so register it as
 * `https://app.example.com/?companyId={{procore.company.id}}&projectId={{procore.project.id}}`
 * (building_apps_url_parameter_interpolation.md). Anybody can write such a link: an ID says what to show, and what the
 * user may see of it is the API's decision.
 *
 * @example
 * ```ts
 * const { isEmbedded, companyId } = embeddedContext({ allowedParents: ["https://app.procore.com"] });
 * ```
 * @throws {ProcoreAuthError} `framing_not_allowed` in a frame, unless every page around this one is among `allowedParents`;
 *   `config_invalid` where that is no list of origins, `config_unknown_key`
 */
export function embeddedContext(options?: EmbeddedOptions): EmbeddedContext;
