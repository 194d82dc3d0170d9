import type * as Api from "../types/index.d.ts";
import { members } from "../boundary/boundary.ts";
import type { Operations, Setup } from "../engine/engine.ts";
import { ProcoreAuthError, named } from "../boundary/errors.ts";

declare const PACKAGE_VERSION: string;
/** Page and worker are of one version, or one would wait for what the other does not know. */
export const VERSION = PACKAGE_VERSION;

/** What a page may ask. Nothing here names an endpoint, and no answer holds a refresh token or a verifier. */
export const OPERATIONS = [
  "ready",
  "signIn",
  "popup",
  "drop",
  "redeem",
  "authorize",
  "judge",
  "note",
  "giveUp",
  "refresh",
  "signOut",
  "resume",
  "suspend",
  "facts",
  "probe",
] as const satisfies readonly (keyof Operations)[];

export type Operation = (typeof OPERATIONS)[number];

/** Page to worker. The first one says what client it is. */
export type Question = Begin | Asked;

export interface Begin {
  readonly setup: Setup;
}

export interface Asked {
  /** Of the answer. Without one, nobody waits for it, and none is given. */
  readonly id?: number;
  readonly operation: Operation;
  readonly input?: unknown;
}

/** Worker to page. `id`: of the question; without it, news. */
export interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly session?: Api.Session | undefined;
  readonly event?: Api.SessionEvent | undefined;
  /** Said first of all. */
  readonly version?: string;
  /** The name of a lock that the worker holds while it lives, or "" where it can't have one. */
  readonly lock?: string;
}

/** A response to a sign-in, as the page tells of it. */
export interface Arrival {
  readonly url: string;
  readonly state?: string | undefined;
  /** Whether this very tab has begun the sign-in that it answers. */
  readonly isClaimed: boolean;
  readonly isSpent?: boolean | undefined;
  readonly isAnyPending: boolean;
}

/** Errors lose their class on the way; ours crosses as its facts, any other as its name, as do causes. */
export const packError = (error: unknown): unknown => {
  if (!(error instanceof ProcoreAuthError)) return `The worker failed. [${nameOf(error)}]`;
  const { message, cause, ...facts } = error;
  return { ...facts, message, cause: nameOf(cause) };
};

/** `cause`: what the page itself knows of it. */
export const unpackError = (packed: unknown, cause?: unknown): unknown => {
  const { cause: reason, ...facts } = members(packed as { cause?: string; code?: Api.ProcoreAuthErrorCode });
  if (!Object.hasOwn(facts, "code")) return new TypeError(String(packed));
  return new ProcoreAuthError(facts as never, named(cause) ?? (reason === undefined ? undefined : new DOMException("", reason)));
};

const nameOf = (error: unknown): string | undefined => named(error)?.name;
