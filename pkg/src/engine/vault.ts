import { own } from "../boundary/boundary.ts";

/** A session as it is kept. `revision` is another one with every change of it, `id` with every sign-in. */
export interface Kept {
  readonly revision: number;
  readonly id: number;
  /** Its refresh token is on its way: what has become of that, only who renews it knows, or has died of it. */
  readonly isOut: boolean;
  /** The core's own record: confidential, and judged by the core. */
  readonly record: string;
}

/** What an entry is to stand in place of: a revision, none, or whatever there is. */
export interface Before {
  readonly before?: number;
  readonly isAnything?: boolean;
}

/** As it lies in the database, where anything may have happened to it. */
interface Entry extends Omit<Kept, "record"> {
  readonly v: unknown;
  /** A new one with each change, gone with it. No script can read it out. */
  readonly key: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly data: ArrayBuffer;
}

export const DATABASE = "procore-spa-auth";
const VERSION = 2;
const entryOf = (found: unknown): Partial<Entry> => own({ ...(found as Entry) });
const isNumber = (value: unknown) => typeof value === "number";
const revisionOf = (entry: unknown) => entryOf(entry).revision;
const isMeant = (entry: unknown, { before, isAnything }: Before) => isAnything === true || revisionOf(entry) === before;

/** Up to 2^53, as the core takes numbers. */
const newRevision = (): number => {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high! % 2 ** 21) * 2 ** 32 + low!;
};

/**
 * Keeps one session, encrypted, in IndexedDB. Whoever copies what a script can read there gets no token; a script of this
 * very origin can still have the browser decrypt it (OAuth 2.0 for Browser-Based Applications §8.6).
 */
export const openVault = (name: string) => {
  const slot = `session ${name}`;

  /** Binds the text to its place and time: no record stands in for another. */
  const cipher = (iv: Uint8Array<ArrayBuffer>, { revision, id, isOut }: Omit<Kept, "record">) =>
    own({
      name: "AES-GCM",
      iv,
      additionalData: new TextEncoder().encode([slot, id, revision, isOut].join()),
    });

  return {
    /** What is kept now. What is damaged, foreign or of another version is removed. */
    read: async (): Promise<Kept | undefined> => {
      const found = await items.get(slot);
      if (found === undefined) return undefined;
      try {
        const { v, revision, id, isOut, key, iv, data } = entryOf(found) as Entry;
        if (v !== VERSION || !isNumber(revision) || !isNumber(id)) throw new TypeError("another version");
        const record = await crypto.subtle.decrypt(cipher(iv, { revision, id, isOut }), key, data);
        return own({ revision, id, isOut, record: new TextDecoder().decode(record) });
      } catch {
        await items.change(slot, (now) => (revisionOf(now) === revisionOf(found) ? null : now));
        return undefined;
      }
    },

    /** Puts a session in place of `before`. Answers with its revision, or with nothing: something else stands there. */
    write: async ({ record, id, isOut, ...others }: Omit<Kept, "revision"> & Before): Promise<number | undefined> => {
      const before: Before = own(others);
      const facts = { id, isOut, revision: newRevision() };
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const key = await crypto.subtle.generateKey(own({ name: "AES-GCM", length: 256 }), false, ["encrypt", "decrypt"]);
      const data = await crypto.subtle.encrypt(cipher(iv, facts), key, new TextEncoder().encode(record));
      const entry: Entry = { ...facts, v: VERSION, key, iv, data };
      // What a crash of the device forgets would be sent twice.
      const durability = isOut ? "strict" : "default";
      const now = await items.change(slot, (found) => (isMeant(found, before) ? entry : found), durability);
      return revisionOf(now) === facts.revision ? facts.revision : undefined;
    },

    /** Removes `before`. Answers whether it did: what somebody else has removed meanwhile, with all that was in it, is theirs. */
    clear: async (before: Before): Promise<boolean> => {
      let isMine = false;
      await items.change(slot, (found) => ((isMine = isMeant(found, before)) ? null : found));
      return isMine;
    },
  };
};

export type Vault = ReturnType<typeof openVault>;

/** A database may hang, and nobody is to hang with it. */
const PATIENCE_MS = 10_000;
const late = () => new DOMException("The database does not answer.", "TimeoutError");

let connection: Promise<IDBDatabase> | undefined;

const connect = (): Promise<IDBDatabase> =>
  (connection ??= new Promise<IDBDatabase>((resolve, reject) => {
    setTimeout(() => reject(late()), PATIENCE_MS);
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("items");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      if (!database.objectStoreNames.contains("items")) {
        // Somebody has opened it before it was made, and so made an empty one, which would stay so for ever.
        disconnect(database);
        indexedDB.deleteDatabase(DATABASE);
        return resolve(connect());
      }
      // A later version of this package, or somebody who deletes the database, must not wait for this tab.
      database.onversionchange = database.onclose = () => disconnect(database);
      resolve(database);
    };
  }).catch((error: unknown) => {
    disconnect();
    throw error;
  }));

/** Whoever needs it next connects again. */
const disconnect = (database?: IDBDatabase) => {
  connection = undefined;
  database?.close();
};

/** Until when nothing is begun, for the page is left. */
let suspended: Promise<void> | undefined;
let goOn = () => {};
/** What stops each transaction that runs. */
const running = new Set<() => void>();

/**
 * Stops what runs, and does it again after `resume`. A page that is left may be kept with all it holds; WebKit keeps its
 * transactions, too, and meanwhile no other tab can begin one.
 */
export const suspend = (): void => {
  suspended ??= new Promise((resolve) => (goOn = resolve));
  // Should it not be left after all.
  setTimeout(resume, PATIENCE_MS);
  for (const stop of running) stop();
  connection?.then(disconnect, () => {});
};

export const resume = (): void => {
  suspended = undefined;
  goOn();
};

/**
 * A new transaction. A connection may have died in the background, of which browsers tell only whoever uses it next; another
 * one then works.
 */
const begin = async (mode: IDBTransactionMode, durability: IDBTransactionDurability): Promise<IDBTransaction> => {
  for (let isAgain = false; ; isAgain = true) {
    const database = await connect();
    // A page may be left between any two steps.
    await suspended;
    try {
      return database.transaction("items", mode, own({ durability }));
    } catch (error) {
      disconnect(database);
      if (isAgain) throw error;
    }
  }
};

/** Runs one transaction. Answers with what `use` has found or made, when that is done. */
const transact = async <T>(
  mode: IDBTransactionMode,
  durability: IDBTransactionDurability,
  use: (table: IDBObjectStore, answer: (value: T) => void) => void,
): Promise<T> => {
  await suspended;
  const transaction = await begin(mode, durability);
  return new Promise<T>((resolve, reject) => {
    let answer: T;
    const stop = () => {
      try {
        transaction.abort();
      } catch {
        // It is done, or so far that nobody could say it was not: then it is waited for.
        return;
      }
      reject(late());
    };
    transaction.oncomplete = transaction.onabort = ({ type }) => {
      running.delete(stop);
      if (type === "complete") resolve(answer);
      else reject(transaction.error);
    };
    running.add(stop);
    setTimeout(stop, PATIENCE_MS);
    use(transaction.objectStore("items"), (value) => (answer = value));
  }).catch((error: unknown) => {
    disconnect(transaction.db);
    // What was stopped has not happened.
    if (suspended) return transact(mode, durability, use);
    throw error;
  });
};

const ask = <T>(request: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
  transact("readonly", "default", (table, answer) => {
    const asking = request(table);
    asking.onsuccess = () => answer(asking.result);
  });

/** One table of a database. */
export const items = {
  get: (slot: string): Promise<unknown> => ask((table) => table.get(slot)),

  keys: (): Promise<IDBValidKey[]> => ask((table) => table.getAllKeys()),

  /** Puts, in one transaction, what `next` makes of what there is; `null` removes it. Answers with what is there now. */
  change: (slot: string, next: (now: unknown) => unknown, durability: IDBTransactionDurability = "default"): Promise<unknown> =>
    transact("readwrite", durability, (table, answer) => {
      const reading = table.get(slot);
      reading.onsuccess = () => {
        const value = next(reading.result);
        try {
          if (value === null) table.delete(slot);
          else if (value !== reading.result) table.put(value, slot);
          answer(value ?? undefined);
        } catch {
          // A table that takes no such entry. Uncaught, it would end a worker.
          table.transaction.abort();
        }
      };
    }),
};
