import type * as Api from "../types/index.d.ts";
import { define, own } from "./boundary.ts";

/** What an error says. Without a message, or with but what it is about in brackets, it gets the one of its code (explain.ts). */
export type ErrorFacts = Api.ProcoreAuthErrorFacts;

export class ProcoreAuthError extends Error implements Api.ProcoreAuthError {
  override readonly name = "ProcoreAuthError";
  declare readonly code: Api.ProcoreAuthErrorCode;
  declare readonly phase: Api.ProcoreAuthErrorPhase;
  declare readonly retryable: boolean;
  declare readonly oauthError?: string;
  declare readonly oauthErrorDescription?: string;
  declare readonly returnTo?: string;

  constructor({ message, ...facts }: ErrorFacts, cause?: unknown) {
    super(message);
    define(this, { oauthError: undefined, oauthErrorDescription: undefined, returnTo: undefined, ...facts });
    Object.defineProperty(this, "cause", own({ value: cause, writable: true, configurable: true }));
  }
}

/** By shape, not by `instanceof`: two copies of the package may meet in one page. */
export const isProcoreAuthError = (value: unknown): value is Api.ProcoreAuthError =>
  value instanceof Error && value.name === "ProcoreAuthError" && Object.hasOwn(value, "code") && typeof (value as { code?: unknown }).code === "string";

/** The core's error, as it crossed, and the platform's own reason, if there is one. */
export const caught = ({ error, subject, ...facts }: CoreError, cause?: unknown) =>
  new ProcoreAuthError({ ...facts, code: error, message: subject && `[${subject}]` }, named(cause));

/** An error as the core gives it. `subject`: what it is about, or empty. */
type CoreError = Omit<ErrorFacts, "code" | "message"> & { error: ErrorFacts["code"]; subject: string };

/**
 * A platform's error by its name alone. Its words, and what a wrapped `fetch` hangs on it, may be a URL, a key of storage or a
 * whole request, with state, code, verifier or token.
 */
export const named = (cause: unknown): DOMException | undefined =>
  cause instanceof Error ? new DOMException("", cause.name) : undefined;

/** For what goes wrong before the core can say it. */
export const startError = (code: ErrorFacts["code"], message = "", cause?: unknown): ProcoreAuthError =>
  new ProcoreAuthError({ code, phase: "start", retryable: false, message }, cause);

/**
 * What the calls of a session get that wait when it ends. Without an event that is the user's own doing, here or elsewhere. With
 * a message at once, for also the reading of a body ends with it, which is no call of ours.
 */
export const endOf = (event?: Api.SessionEvent): ProcoreAuthError => {
  const isOver = event === "reauth_required" || event === "expired";
  const [code, message] = isOver
    ? (["reauth_required", "The session can't be renewed any more. Sign in again."] as const)
    : (["session_ended", "The session ended meanwhile."] as const);
  return new ProcoreAuthError({ code, phase: "api", retryable: false, message });
};

/**
 * An error that nobody waits for. Node, and some environments for tests, have no `reportError`; and of a worker, the page would take
 * it for its end.
 */
export const report = (error: unknown): void =>
  ((globalThis.document && globalThis.reportError) ?? console.error)(error);
