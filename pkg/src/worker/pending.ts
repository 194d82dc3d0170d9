import { bounded, parse } from "../boundary/boundary.ts";
import type { Facts, Response } from "../engine/engine.ts";
import { excess, storageBlocked } from "../page/pending.ts";
import { PREFIX, statesOf } from "../page/redirect.ts";
import { DATABASE, items } from "../engine/vault.ts";

/** How many may be pending in all tabs together; the oldest make room. */
const MAX_PENDING = 100;

/** Stores the record of a sign-in in the database, which all tabs share: a worker has no `sessionStorage`. */
export const putPending = async (state: string, record: string): Promise<void> => {
  try {
    await sweep(MAX_PENDING - 1);
    await items.change(PREFIX + state, () => record);
  } catch (cause) {
    throw storageBlocked("IndexedDB", cause);
  }
};

/** Takes the record that a response claims: read and removed in one transaction, so only once. A foreign one stays stored. */
export const takePending = async (url: string, facts: Facts): Promise<Pick<Response, "record" | "isStored">> => {
  let record: unknown;
  let isStored = false;
  for (const state of URL.canParse(url) ? statesOf(new URL(url)) : []) {
    await items.change(PREFIX + state, (found) => {
      record = found;
      isStored = found !== undefined && isForeign(found, facts);
      return found === undefined || isStored ? found : null;
    });
    if (record !== undefined) return { record: String(record), isStored };
  }
  return {};
};

/** Removes what no response can claim any more: a database, unlike a tab's storage, would keep it. Makes none. */
export const sweepPending = async (): Promise<void> => {
  const databases = await indexedDB.databases?.();
  if (databases?.some(({ name }) => name === DATABASE)) await sweep(MAX_PENDING);
};

const sweep = async (room: number): Promise<void> => {
  const keys = (await items.keys()).map(String).filter((key) => key.startsWith(PREFIX));
  const stored = await Promise.all(keys.map(async (key) => [key, await items.get(key)] as const));
  for (const key of excess(stored, room)) await items.change(key, () => null);
};

/** Whether it was begun by another client. The core's `is_of` and `is_to` say the same; a damaged one is nobody else's. */
const isForeign = (record: unknown, facts: Facts): boolean => {
  try {
    const { environment, clientId, server, redirectUri } = parse<{ [name: string]: unknown }>(bounded(record));
    const isServer = server === undefined || server === facts.authorizationEndpoint;
    const isTo = facts.redirectUris.includes(redirectUri as string);
    return environment !== facts.environment || clientId !== facts.clientId || !isServer || !isTo;
  } catch {
    return false;
  }
};
