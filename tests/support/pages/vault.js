// What any script of this origin can do with the package's database.

"use strict";

globalThis.vault = (() => {
  const NAME = "procore-spa-auth";

  const use = (mode, work) =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open(NAME);
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        const table = database.transaction("items", mode).objectStore("items");
        const request = work(table);
        table.transaction.oncomplete = () => (database.close(), resolve(request.result));
        table.transaction.onabort = () => (database.close(), reject(table.transaction.error));
      };
    });
  const get = (key) => use("readonly", (table) => table.get(key));
  const put = (key, value) => use("readwrite", (table) => table.put(value, key));
  const keys = () => use("readonly", (table) => table.getAllKeys());
  const slot = async () => (await keys()).map(String).find((key) => key.startsWith("session "));

  const algorithm = (key, { iv, id, revision, isOut }) => ({
    name: "AES-GCM",
    iv,
    additionalData: new TextEncoder().encode([key, id, revision, isOut].join()),
  });
  const newKey = () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

  /** The entry with another record inside, well encrypted. */
  const sealed = async (key, entry, change) => {
    const opened = await crypto.subtle.decrypt(algorithm(key, entry), entry.key, entry.data);
    const record = change(new TextDecoder().decode(opened));
    const data = await crypto.subtle.encrypt(algorithm(key, entry), entry.key, new TextEncoder().encode(record));
    return { ...entry, data };
  };
  const inside = (members) => (key, entry) =>
    sealed(key, entry, (record) => JSON.stringify({ ...JSON.parse(record), ...members }));
  const flipped = (bytes) => {
    const copy = new Uint8Array(bytes.slice(0));
    copy[0] ^= 1;
    return copy;
  };

  /** Entries that are not quite what was kept. */
  const DAMAGE = {
    "no key": (_, { key, ...entry }) => entry,
    "another key": async (_, entry) => ({ ...entry, key: await newKey() }),
    "the key's bytes are guessed": (_, entry) => ({ ...entry, key: new Uint8Array(32) }),
    "iv flipped": (_, entry) => ({ ...entry, iv: flipped(entry.iv) }),
    "iv empty": (_, entry) => ({ ...entry, iv: new Uint8Array() }),
    "iv missing": (_, { iv, ...entry }) => entry,
    "data flipped": (_, entry) => ({ ...entry, data: flipped(entry.data).buffer }),
    "data cut": (_, entry) => ({ ...entry, data: entry.data.slice(0, -1) }),
    "data empty": (_, entry) => ({ ...entry, data: new ArrayBuffer() }),
    "data a text": (_, entry) => ({ ...entry, data: "text" }),
    "v 0": (_, entry) => ({ ...entry, v: 0 }),
    "v 1": (_, entry) => ({ ...entry, v: 1 }),
    "v a text": (_, entry) => ({ ...entry, v: "2" }),
    "v missing": (_, { v, ...entry }) => entry,
    "another revision": (_, entry) => ({ ...entry, revision: 7 }),
    "no revision": (_, { revision, ...entry }) => entry,
    "another id": (_, entry) => ({ ...entry, id: 7 }),
    "an id that is no number": (_, entry) => ({ ...entry, id: {} }),
    "being renewed, and it is not": (_, entry) => ({ ...entry, isOut: true }),
    "null": () => null,
    "a number": () => 7,
    "a text": () => "session",
    "a list": () => [],
    "an empty object": () => ({}),
    "of another version": inside({ v: 2 }),
    "of another client": inside({ clientId: "another" }),
    "of another environment": inside({ environment: "production" }),
    "of another server": inside({ server: "https://evil.example/oauth/authorize" }),
    "with an endpoint": inside({ tokenEndpoint: "https://evil.example/oauth/token" }),
    "with a secret": inside({ client_secret: "" }),
    "of the implicit flow": inside({ flow: "implicit" }),
    "with a token that is no text": inside({ accessToken: 7 }),
    "with half a record": (key, entry) => sealed(key, entry, (record) => record.slice(0, 40)),
    "with an empty record": (key, entry) => sealed(key, entry, () => ""),
    "of another slot": async (key, entry) => {
      const opened = await crypto.subtle.decrypt(algorithm(key, entry), entry.key, entry.data);
      return { ...entry, data: await crypto.subtle.encrypt(algorithm(`${key} 2`, entry), entry.key, opened) };
    },
  };

  const SHAPES = {
    "of a later version": [2, []],
    "without a table": [1, []],
    "with another table": [1, ["things"]],
    "of another kind": [1, ["items"], { keyPath: "id" }],
  };
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const remove = () => done(indexedDB.deleteDatabase(NAME));
  const make = (version, tables, options) => {
    const opening = indexedDB.open(NAME, version);
    opening.onupgradeneeded = () => tables.forEach((table) => opening.result.createObjectStore(table, options));
    return done(opening);
  };

  const latin1 = (buffer) => Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  const textOf = (value) => {
    if (value instanceof ArrayBuffer) return latin1(value);
    if (ArrayBuffer.isView(value)) return latin1(value.slice().buffer);
    if (value instanceof CryptoKey) return "";
    return Object(value) === value ? Object.values(value).map(textOf).join("\n") : String(value);
  };

  return {
    damages: Object.keys(DAMAGE),
    slot,
    slots: async () => (await keys()).map(String),
    /** Keeps a copy, which `damage` goes by. */
    copy: async () => put("copy", await get(await slot())),
    damage: async (name, key) => put(key, await DAMAGE[name](key, await get("copy"))),
    restore: async (key) => put(key, await get("copy")),
    /** Everything that can be read, each byte as one character. */
    dump: async () => {
      const all = await Promise.all((await keys()).map(async (key) => [key, textOf(await get(key))].join("\n")));
      return all.join("\n");
    },
    /** What the key lets a script do with it. */
    key: async () => {
      const { key } = await get(await slot());
      const formats = await Promise.allSettled(["raw", "jwk"].map((format) => crypto.subtle.exportKey(format, key)));
      return { extractable: key.extractable, formats: formats.map(({ status }) => status) };
    },
    /** The entry as text, all but what no text can hold. */
    withoutKey: async () => {
      const key = await slot();
      const { key: _, iv, data, ...entry } = await get(key);
      return { slot: key, entry, iv: [...iv], data: [...new Uint8Array(data)] };
    },
    /** Puts such an entry in, with a key of its own, or none. */
    plant: async ({ slot, entry, iv, data }, key) => {
      const bytes = { iv: new Uint8Array(iv), data: new Uint8Array(data).buffer };
      const keyed = { none: {}, "a new one": { key: await newKey() }, "a text": { key: "text" } }[key];
      await (await make(1, ["items"])).close();
      await put(slot, { ...entry, ...bytes, ...keyed });
    },
    remove,
    /** Which of these it is, as far as can be told. */
    shape: async () => {
      const database = await done(indexedDB.open(NAME));
      const { keyPath } = database.transaction("items").objectStore("items");
      database.close();
      return database.version > 1 ? "of a later version" : keyPath ? "of another kind" : "as it should be";
    },
    /** Makes another database of the same name. */
    reshape: async (shape) => {
      if (shape !== "of a later version") await remove();
      const [version, tables, options] = SHAPES[shape];
      (await make(version, tables, options)).close();
    },
  };
})();
