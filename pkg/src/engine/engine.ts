import type * as Api from "../types/index.d.ts";
import { own, result } from "../boundary/boundary.ts";

/** What a client is made of. */
export interface Setup {
  /** The options as JSON text. */
  readonly options: string;
  /** The URL of the page, without query and fragment, or nothing off a page. */
  readonly page: string;
  readonly isPersistent: boolean;
  /** Whether this very tab had the session before it was reloaded, or one that was left a moment ago. */
  readonly wasSignedIn: boolean;
  /** Whether a token mediator is to be asked for the session in its cookie. */
  readonly canResume: boolean;
  /** The session that was signed out of and could not be removed. */
  readonly over?: string | undefined;
  /** For a check-up: no tab hears of it. */
  readonly isAlone?: boolean;
}

/** A login URL for a popup, and the state that its response must carry. */
export interface Login {
  readonly url: string;
  readonly state: string;
}

export interface Redeemed {
  readonly returnTo?: string;
  readonly warning?: Api.ProcoreAuthErrorCode;
  /** The stored record is what it answers: to be removed, and brought here. */
  readonly isClaimed?: boolean;
}

/** What the page tells of a request to the API. `call`: a number of its own for it, below 2^32, for all its tries. */
export interface RequestFacts {
  readonly call: number;
  readonly target: string;
  readonly mayWait: boolean;
}

/** What is to be done after an answer of the API: sent again, or else it is the caller's. */
export type Judged = Partial<Authorized>;

/** What the app asks of a sign-in. */
export interface Asking {
  /** The options as JSON text. */
  readonly options: string;
  /** The URL of the page that the user is on now. */
  readonly page: string;
  /** What this tab has kept of sign-ins that pages began by themselves, and when this page was loaded: milliseconds since 1970. */
  readonly rounds: string;
  readonly load: string;
  /** Whether the user has just clicked. */
  readonly isByUser: boolean;
}

/** A response to a sign-in. */
export interface Response {
  readonly url: string;
  readonly record?: string | undefined;
  /** Whether that record is still in storage: then it is only looked at. */
  readonly isStored?: boolean;
  /** Whether this tab has had it before. */
  readonly isSpent?: boolean | undefined;
  readonly state?: string | undefined;
  /** Whether this tab waits for any response, where only the page knows. */
  readonly isAnyPending?: boolean;
}

/** What the core says of its client. Empty text where there is no such endpoint. */
export interface Facts {
  readonly environment: string;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly tokenInfoEndpoint: string;
  readonly apiOrigin: string;
  readonly isMediator: boolean;
}

/**
 * What came of a sign-in by popup whose code was redeemed with a wrong verifier: an error, or else tokens, and whether
 * they are revoked by now.
 */
export interface Probe {
  readonly error?: unknown;
  readonly outcome?: Api.SignOutResult["outcome"];
}

/** What a sign-out has done. */
export interface SignedOut {
  readonly outcome: Api.SignOutResult["outcome"];
  /** The session that could not be removed from where it is kept; empty, if not even its name is known. */
  readonly over?: string | undefined;
}

/** The same where nobody can have been signed in. */
export const NOBODY: SignedOut = own({ outcome: "nothing" });

/** Everything that a page can ask of its client. Nothing here takes an endpoint, and nothing gives out a refresh token. */
export interface Operations {
  ready(): Promise<void>;
  /** `state`, `record`: to be stored by who has asked. */
  signIn(asking: Asking): Promise<{ url: string; warning?: string; rounds?: string; state?: string; record?: string }>;
  popup(options: string): Promise<Login>;
  /** `state`: of a popup's sign-in; `record`: what the page has taken already. */
  redeem(response: Response): Promise<Redeemed>;
  /** Gives up a popup's sign-in. */
  drop(state: string): Promise<void>;
  authorize(facts: RequestFacts): Promise<Authorized>;
  judge(facts: { readonly call: number }, cause?: unknown): Promise<Judged>;
  /** The same where the answer is the caller's already, and nobody waits for what comes of it. */
  note(facts: { readonly call: number }): Promise<void>;
  /** Nobody waits for a call to the API any more. */
  giveUp(call: number): Promise<void>;
  refresh(): Promise<void>;
  signOut(): Promise<SignedOut>;
  /** The page is back: from sleep, from the back/forward cache, from being offline. */
  resume(): Promise<void>;
  /** The page is about to be frozen: nothing may be held. */
  suspend(): Promise<void>;
  facts(): Promise<Facts>;
  /** Redeems a popup's code with a wrong verifier. Rejects where the server refuses it, as it has to. */
  probe(response: Response): Promise<Probe>;
}

/** A client, wherever it runs. */
export interface Engine extends Operations {
  readonly session: () => Api.Session;
  /** The same as it was told last, without a look whether its time has come. */
  readonly seen: () => Api.Session;
  /** In the very turn of a click; `undefined` while there is none. */
  readonly popupNow: (options: string) => Login | undefined;
}

/** A request to the API that the core lets leave. */
export interface Authorized {
  readonly url: string;
  readonly companyId?: string;
  readonly authorization: string;
  /** Without the company's ID, and a redirect is followed. */
  readonly isBare: boolean;
  /** An answer with a status from this one on, and below that one, is the caller's, if it came from where the request was sent. */
  readonly callersFrom: number;
  readonly callersBelow: number;
}

export type Publish = (session: Api.Session, event?: Api.SessionEvent) => void;

/** The session as the app gets it. */
export const sessionOf = (
  facts: Pick<Api.Session, "signedIn" | "status" | "renewable"> & { [name in keyof Api.Session]?: Api.Session[name] | undefined },
): Api.Session =>
  result<Api.Session>({
    id: undefined,
    environment: undefined,
    flow: undefined,
    expiresAtEpochSeconds: undefined,
    scope: undefined,
    ...facts,
  });

export const SIGNED_OUT = sessionOf({ signedIn: false, status: "signed_out", renewable: false });

export const UNKNOWN = sessionOf({ signedIn: false, status: "unknown", renewable: false });
