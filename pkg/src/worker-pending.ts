import type { Facts } from "./diagnose.ts";
import { ProcoreAuthError } from "./errors.ts";
import { PREFIX, stateOf } from "./redirect.ts";
import { DATABASE, items } from "./vault.ts";

/** The core's `LIFETIME`, in seconds. */
const LIFETIME = 600;
/** How many may be pending in all tabs together; the oldest make room. */
const MAX_PENDING = 100;

/** Whether a record, or a page's note of it, is damaged, too old for a response, or, by a clock set back, too new. */
export const isOver = (record: unknown): boolean => !(Math.abs(Date.now() / 1000 - createdOf(record)) < LIFETIME);

/** Stores the record of a sign-in in the database, which all tabs share: a worker has no `sessionStorage`. */
export const putPending = async (state: string, record: string): Promise<void> => {
  try {
    await sweep(MAX_PENDING - 1);
    await items.change(PREFIX + state, () => record);
  } catch (cause) {
    throw storageBlocked("IndexedDB", cause);
  }
};

/** Known before the page is left, as in the core. */
export const storageBlocked = (storage: string, cause: unknown): ProcoreAuthError => {
  const message = `${storage} is blocked or full, so a sign-in could not be finished. Allow site data for this page.`;
  return new ProcoreAuthError({ code: "storage_unavailable", phase: "authorize", retryable: false, message }, cause);
};

/** Takes the record that a response claims: read and removed in one transaction, so only once. A foreign one stays. */
export const takePending = async (url: string, facts: Facts): Promise<string | undefined> => {
  const state = URL.canParse(url) ? stateOf(new URL(url)) : undefined;
  if (!state) return undefined;
  let record: unknown;
  await items.change(PREFIX + state, (found) => {
    record = found;
    return found === undefined || isForeign(found, facts) ? found : null;
  });
  return record === undefined ? undefined : String(record);
};

/** Removes what no response can claim any more: a database, unlike a tab's storage, would keep it. Makes none. */
export const sweepPending = async (): Promise<void> => {
  const databases = await indexedDB.databases?.();
  if (databases?.some(({ name }) => name === DATABASE)) await sweep(MAX_PENDING);
};

const sweep = async (room: number): Promise<void> => {
  const live: { key: string; created: number }[] = [];
  for (const key of (await items.keys()).map(String)) {
    if (!key.startsWith(PREFIX)) continue;
    const record = await items.get(key);
    live.push({ key, created: isOver(record) ? 0 : createdOf(record) });
  }
  live.sort((a, b) => b.created - a.created);
  for (const [index, { key, created }] of live.entries()) {
    if (!created || index >= room) await items.change(key, () => null);
  }
};

const createdOf = (record: unknown): number => {
  try {
    return Number((JSON.parse(String(record)) as { created: unknown }).created);
  } catch {
    return NaN;
  }
};

/** Whether it was begun by another client. The core's `is_of` says the same; a damaged one is nobody else's. */
const isForeign = (record: unknown, facts: Facts): boolean => {
  try {
    const { environment, clientId, server } = JSON.parse(String(record)) as { [name: string]: unknown };
    const isServer = server === undefined || server === facts.authorizationEndpoint;
    return environment !== facts.environment || clientId !== facts.clientId || !isServer;
  } catch {
    return false;
  }
};
