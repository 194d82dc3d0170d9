// Runs before everything else in the page, or in its worker: knows every code, token, verifier and state, what is said
// and refused, and what the core has in its memory.

"use strict";

globalThis.witness = (() => {
  const secrets = new Set();
  const said = [];
  const faults = [];
  const sent = [];
  const realFetch = fetch.bind(globalThis);
  const NAMES = ["code", "code_verifier", "access_token", "refresh_token", "token"];
  /** By what name each was seen; states, too. */
  const names = new Map();

  const note = (entries) => {
    for (const [name, value] of entries) {
      if (typeof value !== "string" || !value) continue;
      if (NAMES.includes(name)) secrets.add(value);
      if ((NAMES.includes(name) || name === "state") && !names.has(value)) names.set(value, name);
    }
  };
  note(new URLSearchParams(location.search));
  note(new URLSearchParams(location.hash.slice(1)));

  globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(input.url ?? input, location.href);
    if (!pathname.startsWith("/oauth/")) return realFetch(input, init);
    sent.push(pathname);
    note(new URLSearchParams(typeof init.body === "string" ? init.body : ""));
    const response = await realFetch(input, init);
    if (response.type !== "opaqueredirect") {
      note(
        Object.entries(
          await response
            .clone()
            .json()
            .catch(() => ({})),
        ),
      );
    }
    // The server has answered, and the answer never arrives.
    if (globalThis.witness.loses === pathname) throw new TypeError("Failed to fetch");
    return response;
  };

  const memories = [];
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(...given) {
      const instance = Reflect.construct(...given);
      // What unpacks the core is gone afterwards, and the second part of it has no memory of its own.
      const { call, memory } = instance.exports;
      if (call) memories.push(memory);
      return instance;
    },
  });

  /** Pieces of a text as UTF-8 and as UTF-16: half of a token is one too much. */
  const pieces = (text) => {
    const starts = [...text.slice(15)].map((_, start) => start).filter((start) => start % 4 === 0);
    const parts = text.length < 16 ? [text] : starts.map((start) => text.slice(start, start + 16));
    return parts.flatMap((part) => [part, [...part].join("\0")]);
  };
  const bytes = (buffer) => new TextDecoder("latin1").decode(buffer);

  const shown = (value) =>
    value instanceof Error
      ? [
          String(value),
          value.stack,
          JSON.stringify(value),
          JSON.stringify(Object.getOwnPropertyNames(value).map((name) => String(value[name]))),
          shown(value.cause),
        ].join("\n")
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  for (const level of ["debug", "log", "info", "warn", "error"])
    console[level] = (...parts) => said.push(parts.map(shown).join(" "));
  addEventListener("error", ({ message, error }) => faults.push(`uncaught: ${message} ${shown(error)}`));
  addEventListener("unhandledrejection", ({ reason }) => faults.push(`unhandled: ${shown(reason)}`));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    faults.push(`policy: ${violatedDirective} ${blockedURI}`),
  );

  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  /** What is in every table of every database, byte for byte. */
  const databases = async () => {
    const text = [];
    const list = (await indexedDB.databases?.()) ?? [];
    for (const { name } of list) {
      const database = await done(indexedDB.open(name));
      for (const table of database.objectStoreNames) {
        const items = database.transaction(table).objectStore(table);
        const found = [await done(items.getAllKeys()), await done(items.getAll())];
        text.push(
          JSON.stringify(found, (_, value) =>
            value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? bytes(value) : value,
          ),
        );
      }
      database.close();
    }
    return JSON.stringify([list, text]);
  };

  /** The browser's own note of how this page was loaded can't be changed: SECURITY.md says so. */
  const entries = () => performance.getEntries().filter(({ entryType }) => entryType !== "navigation");

  const places = async () => ({
    url: location.href,
    "history.state": JSON.stringify(history.state),
    title: document.title,
    "window.name": name,
    cookies: document.cookie,
    DOM: document.documentElement.outerHTML,
    sessionStorage: JSON.stringify({ ...sessionStorage }),
    localStorage: JSON.stringify({ ...localStorage }),
    databases: await databases(),
    caches: JSON.stringify((await globalThis.caches?.keys()) ?? []),
    performance: JSON.stringify(entries()),
    console: said.join("\n"),
    faults: faults.join("\n"),
  });

  return {
    secrets,
    said,
    faults,
    sent,
    shown,
    realFetch,
    loses: undefined,
    /** Where a secret is still to be read: `["localStorage", …]`. `more` is further text to look through. */
    leaks: async (more = "") =>
      Object.entries({ ...(await places()), more })
        .filter(([, text]) => [...secrets].some((secret) => text.includes(secret)))
        .map(([place]) => place),
    names,
    note,
    memories,
    /** What of all that was ever seen is, whole or in pieces, in the memory of the core: `["code", …]`. */
    remembered: () => {
      const memory = memories.map(({ buffer }) => bytes(buffer)).join("\n");
      const found = [...names].filter(([value]) => pieces(value).some((piece) => memory.includes(piece)));
      return found.map(([, name]) => name);
    },
    databases,
  };
})();

// A worker's witness answers to the page's.
if (typeof document === "undefined") {
  const channel = new BroadcastChannel("witness");
  channel.onmessage = ({ data: { names } }) => {
    if (!names) return;
    for (const [value, name] of names) witness.note([[name, value]]);
    const { said, faults, remembered } = witness;
    channel.postMessage({ seen: [...witness.names], said, faults, remembered: remembered() });
  };
}
