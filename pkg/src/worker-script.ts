import { createEngine } from "./client.ts";
import type { Engine, Response } from "./engine.ts";
import { startError } from "./errors.ts";
import { openItems } from "./vault.ts";
import { type Answer, OPERATIONS, type Question, packError } from "./worker-messages.ts";

const PREFIX = "procore-spa-auth:";
/** A prepared login URL waits this long for its click; its sign-in is good for ten minutes. */
const PREPARED_MS = 240_000;

const post = (answer: Answer) => postMessage(answer);

/** A worker has no `sessionStorage`, which the core keeps pending sign-ins in: it is given one, as the database has it. */
const withStorage = async <T>(use: () => Promise<T>): Promise<T> => {
  const items = await openItems();
  const records = new Map<string, string>();
  const changes: Promise<unknown>[] = [];
  const change = (slot: string, record: string | null) => void changes.push(items.change(slot, () => record));
  for (const key of await items.keys()) {
    if (String(key).startsWith(PREFIX)) records.set(String(key), String(await items.get(String(key))));
  }
  const storage: Partial<Storage> = {
    getItem: (key) => records.get(key) ?? null,
    key: (index) => [...records.keys()][index] ?? null,
    setItem: (key, record) => (records.set(key, record), change(key, record)),
    removeItem: (key) => (records.delete(key), change(key, null)),
  };
  Object.assign(globalThis, { sessionStorage: storage });
  const result = await use();
  await Promise.all(changes);
  return result;
};

/** Takes the record that a response claims: read and removed in one transaction, so only once. */
const takeRecord = async (url: string): Promise<string | undefined> => {
  if (!URL.canParse(url)) return undefined;
  const { search, hash } = new URL(url);
  const items = await openItems();
  for (const part of [search, hash]) {
    const state = new URLSearchParams(part.slice(1)).get("state");
    let record: unknown;
    if (state) await items.change(PREFIX + state, (found) => ((record = found), found === undefined ? found : null));
    if (typeof record === "string") return record;
  }
  return undefined;
};

const blocked = (cause: unknown) => startError("storage_unavailable", "IndexedDB is blocked or full for this site.", cause);

let engine: Engine | undefined;
let preparing: ReturnType<typeof setTimeout> | undefined;
let changing: ReturnType<typeof setTimeout> | undefined;

/** Has a login URL ready for the next click, and a new one before it is too old. */
const prepare = () => {
  clearTimeout(preparing);
  const login = engine?.popupNow("{}");
  if (!login) return;
  post({ login });
  preparing = setTimeout(() => {
    void engine?.drop(login.state);
    prepare();
  }, PREPARED_MS);
};

/** The page's copy of the session must not grow old: time alone changes it too. */
const tellSession = (more: Answer = {}) => {
  const session = engine?.session();
  post({ ...more, session });
  clearTimeout(changing);
  const left = (session?.expiresAtEpochSeconds ?? 0) * 1000 - Date.now();
  if (left > 0 && left < 2 ** 31) changing = setTimeout(() => tellSession(), left);
};

const take = async (operation: (typeof OPERATIONS)[number], input: unknown): Promise<unknown> => {
  switch (operation) {
    case "signIn":
      return withStorage(() => engine!.signIn(input as string)).catch((error: unknown) => {
        throw error instanceof DOMException ? blocked(error) : error;
      });
    case "redeem": {
      const { url, state } = input as Response;
      // Of the page's word only the URL counts; what it answers to is known here.
      const record = state === undefined ? await takeRecord(url).catch(() => undefined) : undefined;
      return engine!.redeem({ url, state, record });
    }
    case "ready":
      await engine!.ready();
      return prepare();
    case "drop":
      await engine!.drop(input as string);
      return prepare();
    default:
      return (engine![operation] as (input: unknown) => Promise<unknown>)(input);
  }
};

addEventListener("message", async ({ data }: MessageEvent<Question>) => {
  if ("setup" in data) {
    // Once: what the client is and which servers it knows can't be changed any more.
    engine ??= createEngine(data.setup, (_, event) => tellSession({ event }));
    return;
  }
  const { id, operation, input } = data;
  if (!engine || !OPERATIONS.includes(operation)) return;
  try {
    const result = await take(operation, input);
    tellSession({ id, result });
  } catch (error) {
    tellSession({ id, error: packError(error) });
  }
});

// Held until the worker dies, so that the page learns of it.
const lock = `procore-spa-auth worker ${crypto.randomUUID()}`;
const told = () => post({ lock });
if (navigator.locks) void navigator.locks.request(lock, () => (told(), new Promise(() => {})));
