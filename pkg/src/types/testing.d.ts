/**
 * For the tests of an app: a client without WebAssembly, without storage and without network, which does what the test says.
 * Its methods are those of the real one, and answer in a later turn, as those do.
 *
 * It plays no OAuth. For whole sign-ins in a browser there is the test server: see docs/testing.md.
 *
 * @module
 */

import type { ProcoreAuth, ProcoreAuthErrorCode, ProcoreAuthErrorFacts, Session, SessionEvent, User } from "./index.js";

/** A class of its own: an app that is tested with this entry tells errors by `isProcoreAuthError`, and not by `instanceof`. */
export { ProcoreAuthError, isProcoreAuthError } from "./error.js";

export interface FakeAuthOptions {
  /**
   * Whose session there is at the start. Default `"signed_out"`. `"unknown"`: as before the core has started, until
   * {@link ProcoreAuth.ready}, {@link ProcoreAuth.handleRedirect} or {@link ProcoreAuth.start}, and then signed out. Else a session
   * that is signed in, with these members in place of the usual ones.
   */
  readonly session?: "signed_out" | "unknown" | Partial<Session> | undefined;
  /** Who {@link ProcoreAuth.user} says is signed in. Default: somebody. */
  readonly user?: User | undefined;
  /** Answers {@link ProcoreAuth.fetch}. Default: none, and each call rejects and says what was asked. */
  readonly api?: FakeApi | undefined;
  /** The origin of the API. Default `https://api.procore.com`. */
  readonly apiOrigin?: string | undefined;
}

/** A request that the app has made by {@link ProcoreAuth.fetch}. */
export interface FakeRequest {
  readonly method: string;
  /** Complete, with the API's origin. */
  readonly url: string;
  /** By their names in lower case; without the token. */
  readonly headers: { readonly [name: string]: string };
  /** As the app gave it; of a `Request`, its text. */
  readonly body?: BodyInit | null | undefined;
}

/** What becomes a `Response`. `status`: 200 by default. `json`: the body, as a value; without it, the body is empty. */
export interface FakeAnswer {
  readonly status?: number | undefined;
  readonly headers?: { readonly [name: string]: string } | undefined;
  readonly json?: unknown;
}

/** The API as a test plays it. What it throws is what `fetch` rejects with. An answer is passed on as it is: a 401 renews nothing. */
export type FakeApi = (request: FakeRequest) => FakeAnswer | Response | Promise<FakeAnswer | Response>;

/** A method that can be told to fail. */
export type FakeMethod = Exclude<keyof ProcoreAuth, "session" | "subscribe">;

export interface FakeCall {
  readonly method: FakeMethod;
  readonly args: readonly unknown[];
}

/** What a test does to a client. */
export interface FakeControl {
  /** Every call of a method that can fail, in order. */
  readonly calls: readonly FakeCall[];
  /** A user has signed in, here or in another tab that shares the session: `signed_in`. `session`: members in place of the usual ones. */
  signIn(session?: Partial<Session>): void;
  /**
   * The page is the response to a sign-in: the next {@link ProcoreAuth.handleRedirect}, or {@link ProcoreAuth.start}, signs the user
   * in. `returnTo`: `/` by default.
   */
  comeBack(arrival?: { readonly returnTo?: string | undefined; readonly session?: Partial<Session> | undefined }): void;
  /** The access token is over. Where the session is renewable, the next call renews it; else it ends it. */
  expire(): void;
  /** The user has signed out in another tab: `signed_out`. */
  signOutElsewhere(): void;
  /** The session has ended without the user: `reauth_required`, or `expired` for one that was not renewable. */
  end(event?: "reauth_required" | "expired"): void;
  /** Any other news: {@link ProcoreAuth.session} is as it was. */
  tell(event: SessionEvent): void;
  /**
   * The next call of `method` rejects: by a code, with the message, phase and `retryable` that it has, or by an error of
   * the test's own. `reauth_required` ends the session, as ever. Told twice, the next two calls reject.
   */
  failNext(method: FakeMethod, error: ProcoreAuthErrorCode | Error, facts?: Partial<ProcoreAuthErrorFacts>): void;
  /** Answers {@link ProcoreAuth.fetch} from now on. */
  answer(api: FakeApi): void;
}

/** The real interface, and the hand on it. Not frozen, so that a test may spy on its methods. */
export interface FakeAuth extends ProcoreAuth {
  readonly fake: FakeControl;
}

/**
 * A client for a test.
 *
 * @example
 * ```ts
 * const auth = createFakeAuth({ session: {}, api: () => ({ json: { name: "Pat Rivera" } }) });
 * auth.fake.failNext("fetch", "network_error");
 * ```
 */
export function createFakeAuth(options?: FakeAuthOptions): FakeAuth;
