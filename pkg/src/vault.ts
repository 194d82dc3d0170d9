/** A session as it is kept. `revision` changes with every change of it, `grant` with every sign-in. */
export interface Kept {
  readonly revision: string;
  readonly grant: string;
  /** The core's own record: confidential, and judged by the core. */
  readonly record: string;
}

/** A revision, none, or any. */
type Before = string | undefined | null;

/** As it lies in the database, where anything may have happened to it. */
interface Entry {
  readonly v: unknown;
  readonly revision: string;
  readonly grant: string;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly data: ArrayBuffer;
}

export const DATABASE = "procore-spa-auth";
const KEY = "key";
const isText = (value: unknown) => typeof value === "string";

/**
 * Keeps one session, encrypted by a key that no script can read out, in IndexedDB. Whoever copies the database gets no
 * token; a script of this very origin can still have the browser decrypt it (OAuth 2.0 for Browser-Based Applications
 * §8.6). `undefined` where the browser has no storage for this page.
 */
export const openVault = async (name: string) => {
  const items = await openItems().catch(() => undefined);
  if (!items) return undefined;
  const slot = `session ${name}`;
  const key = await keyOf(items);

  /** Binds the text to its place and time: no record stands in for another. */
  const cipher = (iv: Uint8Array<ArrayBuffer>, { revision, grant }: Omit<Kept, "record">) => ({
    name: "AES-GCM",
    iv,
    additionalData: new TextEncoder().encode([slot, grant, revision].join()),
  });

  return {
    /** What is kept now. What is damaged, foreign or of another version is removed. */
    read: async (): Promise<Kept | undefined> => {
      const found = await items.get(slot);
      if (found === undefined) return undefined;
      try {
        const { v, revision, grant, iv, data } = found as Entry;
        if (v !== 1 || !isText(revision) || !isText(grant)) throw new TypeError("another version");
        const record = await crypto.subtle.decrypt(cipher(iv, { revision, grant }), key, data);
        return { revision, grant, record: new TextDecoder().decode(record) };
      } catch {
        await items.change(slot, (now) => (revisionOf(now) === revisionOf(found) ? null : now));
        return undefined;
      }
    },

    /**
     * Replaces the revision `before`, and no other; `null` replaces any, `undefined` none. Answers with the new one, or
     * with nothing: somebody else was first.
     */
    write: async (record: string, grant: string, before: Before): Promise<Kept | undefined> => {
      const revision = crypto.randomUUID();
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const data = await crypto.subtle.encrypt(cipher(iv, { revision, grant }), key, new TextEncoder().encode(record));
      const entry = { v: 1, revision, grant, iv, data };
      const now = await items.change(slot, (found) => (isMeant(found, before) ? entry : found));
      return revisionOf(now) === revision ? { revision, grant, record } : undefined;
    },

    /** Removes the revision `before`, and no other; `null` removes any. */
    clear: async (before: Before): Promise<void> => {
      await items.change(slot, (found) => (isMeant(found, before) ? null : found));
    },
  };
};

export type Vault = NonNullable<Awaited<ReturnType<typeof openVault>>>;

const revisionOf = (entry: unknown): string | undefined => (entry as { revision?: string } | undefined)?.revision;
const isMeant = (entry: unknown, before: Before) => before === null || revisionOf(entry) === before;

const keyOf = async (items: Items): Promise<CryptoKey> => {
  const isKey = (value: unknown): value is CryptoKey => value instanceof CryptoKey;
  const found = await items.get(KEY);
  if (isKey(found)) return found;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Another tab may have been faster: the first one counts.
  return (await items.change(KEY, (now) => (isKey(now) ? now : made))) as CryptoKey;
};

/** One table of a database; every change reads and writes in one transaction. */
export const openItems = async () => {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("items");
  const database = await done(opening);
  // A later version of this package, or somebody who deletes the database, must not wait for this tab.
  database.onversionchange = () => database.close();
  const table = (mode: IDBTransactionMode) => database.transaction("items", mode).objectStore("items");

  return {
    close: () => database.close(),

    get: (slot: string): Promise<unknown> => done(table("readonly").get(slot)),

    keys: (): Promise<IDBValidKey[]> => done(table("readonly").getAllKeys()),

    /** Puts what `next` makes of what there is; `null` removes it. Answers with what is there now. */
    change: (slot: string, next: (now: unknown) => unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const items = table("readwrite");
        const { transaction } = items;
        const reading = items.get(slot);
        let value: unknown;
        reading.onsuccess = () => {
          value = next(reading.result);
          if (value === null) items.delete(slot);
          else if (value !== reading.result) items.put(value, slot);
        };
        // Not before it is on its way to the disk: what leaves next may not be sent twice.
        transaction.oncomplete = () => resolve(value ?? undefined);
        transaction.onabort = () => reject(transaction.error);
      }),
  };
};

export type Items = Awaited<ReturnType<typeof openItems>>;

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
