import { bounded, own, parse } from "../boundary/boundary.ts";
import type { Engine } from "../engine/engine.ts";
import { ProcoreAuthError, named } from "../boundary/errors.ts";
import { PREFIX, statesOf } from "./redirect.ts";

/** The core's `LIFETIME`, in seconds. */
const LIFETIME = 600;
/** How many may be pending in one tab; the oldest make room. */
const MAX_PENDING = 20;

/** A client with its sign-ins in `sessionStorage`, which belongs to one tab: one record for each, keyed by its state. */
export const keepPending = (engine: Engine): Engine => ({
  ...engine,

  signIn: async (options) => {
    const { state, record, ...answer } = await engine.signIn(options);
    putPending(state!, record!);
    return own(answer);
  },

  redeem: async (response) => {
    if (response.record !== undefined || response.state !== undefined || response.isSpent) return engine.redeem(response);
    const found = find(response.url);
    const isAnyPending = keys().length > 0;
    const answer = await engine.redeem(own({ ...response, ...found, isStored: found !== undefined, isAnyPending }));
    if (!answer.isClaimed) return answer;
    // Removed before anything is done with it, else it could be used twice. Who comes late finds none.
    const record = change(() => take(found!.key)) ?? undefined;
    return engine.redeem(own({ ...response, record, isAnyPending }));
  },
});

/** Stores the record of a sign-in, or a page's note of it, and sweeps out what is old, damaged or too much. */
export const putPending = (state: string, record: string): void =>
  change(() => {
    const stored = keys().map((key) => [key, sessionStorage.getItem(key)] as const);
    for (const key of excess(stored, MAX_PENDING - 1)) sessionStorage.removeItem(key);
    sessionStorage.setItem(PREFIX + state, record);
  });

/** The keys of this tab's sign-ins. */
export const keys = (): string[] => {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    // Blocked storage: then nothing was stored.
    return [];
  }
};

/** Those of the records that are over, and of the others the oldest, for which there is no room. */
export const excess = (stored: readonly (readonly [key: string, record: unknown])[], room: number): string[] =>
  stored
    .map(([key, record]) => own({ ...read(record), key }))
    // What another version has stored is not ours to judge.
    .filter(({ version }) => version === undefined || version === 1)
    .sort((a, b) => b.created - a.created)
    .filter(({ created }, index) => !created || index >= room)
    .map(({ key }) => key);

/** `created`: 0 if it is damaged, too old for a response, or, by a clock set back, too new. */
const read = (record: unknown): { version?: unknown; created: number } => {
  try {
    const { v: version, created } = parse<{ [name: string]: unknown }>(bounded(record));
    return { version, created: Math.abs(Date.now() / 1000 - Number(created)) < LIFETIME ? Number(created) : 0 };
  } catch {
    return own({ created: 0 });
  }
};

/** What a response may belong to. It stays where it is until the core has said that it does. */
export const find = (url: string): { key: string; record: string } | undefined => {
  try {
    for (const state of statesOf(new URL(url))) {
      const key = PREFIX + state;
      const record = sessionStorage.getItem(key);
      if (record !== null) return { key, record };
    }
  } catch {
    // No URL, or blocked storage.
  }
  return undefined;
};

const take = (key: string): string | null => {
  const record = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return record;
};

const change = <T>(use: () => T): T => {
  try {
    return use();
  } catch (cause) {
    throw storageBlocked("sessionStorage", cause);
  }
};

/** Known before the page is left. */
export const storageBlocked = (storage: string, cause: unknown): ProcoreAuthError => {
  const facts = { code: "storage_unavailable", phase: "authorize", retryable: false, message: `[${storage}]` } as const;
  return new ProcoreAuthError(facts, named(cause));
};
