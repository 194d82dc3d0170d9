import type * as Api from "./index.d.ts";
import type { Login, Operations, Setup } from "./engine.ts";
import { ProcoreAuthError } from "./errors.ts";

/** What a page may ask of its worker. Nothing here names an endpoint, and no answer holds a refresh token or a verifier. */
export const OPERATIONS = [
  "ready",
  "signIn",
  "popup",
  "drop",
  "redeem",
  "authorize",
  "judge",
  "refresh",
  "signOut",
  "wake",
  "rest",
  "facts",
  "probe",
] as const satisfies readonly (keyof Operations)[];

export type Operation = (typeof OPERATIONS)[number];

/** Page to worker. The first one says what client it is. */
export type Question = { readonly setup: Setup } | { readonly id: number; readonly operation: Operation; readonly input?: unknown };

/** Worker to page. `id`: of the question; without it, news. */
export interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly session?: Api.Session | undefined;
  readonly event?: Api.SessionEvent | undefined;
  /** Prepared ahead, for the next popup. */
  readonly login?: Login;
  /** A lock that the worker holds while it lives. */
  readonly lock?: string;
}

/** Errors lose their class on the way; ours crosses as its facts. */
export const packError = (error: unknown): unknown => {
  if (!(error instanceof ProcoreAuthError)) return error instanceof Error ? error.message : undefined;
  const { message, cause, ...facts } = error;
  return { ...facts, message, cause: cause instanceof Error ? cause.message : undefined };
};

export const unpackError = (packed: unknown): unknown => {
  const { cause, ...facts } = Object(packed) as { cause?: string; code?: Api.ProcoreAuthErrorCode };
  if (!facts.code) return new TypeError(String(packed));
  return new ProcoreAuthError(facts as never, cause === undefined ? undefined : new TypeError(cause));
};
