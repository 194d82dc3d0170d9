// Twice the text takes twice the time, for whatever the facade itself reads that others may write: the URL that a page is opened by,
// what is in a tab's storage, messages. What the core reads, `cargo bench --bench readers` looks at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const contents = ["boundary/boundary", "page/pending", "page/redirect"].map((file) => `export * from "./${file}.ts";`).join("\n");
const { outputFiles } = await build({
  stdin: { contents, resolveDir: fileURLToPath(new URL("../../pkg/src", import.meta.url)), loader: "ts" },
  bundle: true,
  format: "esm",
  write: false,
});
const { bounded, find, parse, putPending, received, takeFromPage } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const PREFIX = "procore-spa-auth:";
const STATE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CONFIG = JSON.stringify({ credentials: { production: { clientId: "CID", redirectUris: ["https://app.example/cb"] } } });
const recordOf = (state) => JSON.stringify({ v: 1, state, created: Math.floor(Date.now() / 1000), clientId: "CID", redirectUri: "https://app.example/cb" });

/** A page at this address, with these items in its storage. */
const enter = (href, items = {}) => {
  const url = new URL(href);
  const storage = Object.create({
    getItem: (key) => storage[key] ?? null,
    setItem: (key, value) => void (storage[key] = String(value)),
    removeItem: (key) => void delete storage[key],
  });
  Object.assign(storage, items);
  const location = { href, origin: url.origin, pathname: url.pathname, search: url.search, hash: url.hash };
  const replaceState = (_state, _title, to) => void Object.assign(location, { search: new URL(to).search, hash: new URL(to).hash });
  const globals = { location, sessionStorage: storage, history: { state: null, replaceState } };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true });
};

const arriving = (more) => {
  const href = `https://app.example/cb?code=C1&state=${STATE}${more}`;
  const items = { [PREFIX + STATE]: recordOf(STATE) };
  return { prepare: () => enter(href, items), work: () => takeFromPage(CONFIG, true) };
};
const stored = (items) => ({ prepare: () => enter("https://app.example/", items), work: () => putPending(STATE, recordOf(STATE)) });
const reading = (text) => ({
  prepare: () => {},
  work: () => {
    try {
      parse(bounded(text));
    } catch {
      // What is no record, or holds more than one, is refused.
    }
  },
});

/** By what is read, the larger of two sizes, and what makes the work of a size. */
const READERS = {
  "a response: parameters": [80_000, (n) => arriving("&x=1".repeat(n / 4))],
  "a response: states": [24_000, (n) => arriving("&state=S".repeat(n / 8))],
  "a response: escapes": [400_000, (n) => arriving(`&x=${"%41".repeat(n / 3)}`)],
  "a response: half escapes": [8_000, (n) => arriving("&%=%".repeat(n / 4))],
  "a response: a hash route": [400_000, (n) => arriving(`#/${"a/".repeat(n / 2)}?x=1`)],
  "a response: marks of a route": [200_000, (n) => arriving(`#${"/?".repeat(n / 2)}`)],
  "a URL by hand": [400_000, (n) => ({ prepare: () => enter("https://app.example/"), work: () => find(`https://app.example/cb?${"&state=S".repeat(n / 8)}`) })],
  "records in storage": [4_000, (n) => stored(Object.fromEntries(Array.from({ length: n }, (_, at) => [`${PREFIX}S${at}`, recordOf(`S${at}`)])))],
  "other entries in storage": [20_000, (n) => stored(Object.fromEntries(Array.from({ length: n }, (_, at) => [`other ${at}`, "x"])))],
  "a record: keys": [200_000, (n) => reading(`{${Array.from({ length: n / 10 }, (_, at) => `"${at}":0`).join()}}`)],
  "a record: text": [250_000, (n) => reading(`{"v":"${"x".repeat(n)}"}`)],
  "a record: brackets": [250_000, (n) => reading("[".repeat(n))],
  "a message: members": [100_000, (n) => ({ prepare: () => {}, data: Object.fromEntries(Array.from({ length: n / 10 }, (_, at) => [`k${at}`, 0])) })],
  "a message: a list": [400_000, (n) => ({ prepare: () => {}, data: { v: Array(n).fill(1) } })],
};

/** Below that, in milliseconds, the clock and what does not depend on the length are most of it. */
const LEAST = 1;
/** How often each is done before it counts as not linear. */
const MOST_RUNS = 150;

const isLinear = ([half, whole]) => whole < LEAST || whole < 3 * half;

/** The shortest of many runs each, in turns, until they show it: whatever else the machine does only makes one longer. */
const timesOf = (works) => {
  const shortest = works.map(() => Infinity);
  for (let run = 1; run <= MOST_RUNS; run++) {
    works.forEach(({ prepare, data, work = () => received(data) }, at) => {
      prepare();
      const before = performance.now();
      work();
      shortest[at] = Math.min(shortest[at], performance.now() - before);
    });
    if (run > 10 && isLinear(shortest)) break;
  }
  return shortest;
};

for (const [name, [size, make]] of Object.entries(READERS)) {
  test(`${name}: twice as many take twice the time, or less`, (t) => {
    const times = timesOf([make(size / 2), make(size)]);
    t.diagnostic(`${times.map((time) => time.toFixed(2)).join(" and ")} ms`);
    assert.ok(isLinear(times), `${times[1]} ms, and ${times[0]} ms for half of it`);
  });
}
