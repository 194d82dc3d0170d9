// Pending sign-ins in a tab's storage: what only the facade decides about them. What the core decides, it is asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PREFIX = "procore-spa-auth:";
const NOW = 1_790_000_000;
const MAX_PENDING = 20;

const source = fileURLToPath(new URL("../../pkg/src/page/pending.ts", import.meta.url));
const { outputFiles } = await build({ entryPoints: [source], bundle: true, format: "esm", write: false });
const { keepPending } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const recordOf = (state, created = NOW, v = 1) => JSON.stringify({ v, state, created });
const urlOf = (...states) => `https://app.example/cb?code=C1${states.map((state) => `&state=${state}`).join("")}`;

/** A tab with these items, at `now`. */
const enter = (t, { now = NOW, ...items } = {}) => {
  t.mock.timers.enable({ apis: ["Date"], now: now * 1000 });
  const storage = Object.create({
    getItem: (key) => storage[key] ?? null,
    setItem: (key, value) => void (storage[key] = String(value)),
    removeItem: (key) => void delete storage[key],
  });
  Object.assign(storage, items);
  Object.defineProperty(globalThis, "sessionStorage", { get: () => storage, configurable: true });
  return storage;
};

const block = () =>
  Object.defineProperty(globalThis, "sessionStorage", {
    get: () => {
      throw new DOMException("blocked", "SecurityError");
    },
    configurable: true,
  });

/** A client that says yes to every record, and what it was asked. */
const clientOf = ({ state = "S1", isClaimed = true } = {}) => {
  const asked = [];
  const engine = {
    signIn: async () => ({ url: "https://login.example/", state, record: recordOf(state, Date.now() / 1000) }),
    redeem: async (response) => {
      asked.push(response);
      return response.isStored ? { isClaimed } : { returnTo: "/" };
    },
  };
  return { client: keepPending(engine), asked };
};

test("a record is given back once, and only what it answers is touched", async (t) => {
  const storage = enter(t, { "somebody else's": "left alone" });
  const { client, asked } = clientOf();
  assert.deepEqual({ ...(await client.signIn("{}")) }, { url: "https://login.example/" });
  const record = storage[PREFIX + "S1"];
  await client.redeem({ url: urlOf("S2") });
  assert.deepEqual({ ...asked.pop() }, { url: urlOf("S2"), isStored: false, isAnyPending: true });
  assert.equal(storage[PREFIX + "S1"], record, "of another state");
  assert.deepEqual(await client.redeem({ url: urlOf("S2", "S1") }), { returnTo: "/" });
  const [looked, taken] = asked.splice(0);
  assert.deepEqual([looked.isStored, looked.record], [true, record]);
  assert.deepEqual([taken.isStored, taken.record], [undefined, record]);
  assert.deepEqual({ ...storage }, { "somebody else's": "left alone" });
  await client.redeem({ url: urlOf("S1") });
  assert.deepEqual({ ...asked.pop() }, { url: urlOf("S1"), isStored: false, isAnyPending: false });
});

test("a record that the core does not claim stays", async (t) => {
  const storage = enter(t, { [PREFIX + "S1"]: recordOf("S1") });
  const { client } = clientOf({ isClaimed: false });
  await client.redeem({ url: urlOf("S1") });
  assert.equal(storage[PREFIX + "S1"], recordOf("S1"));
});

test("two who ask at once get one record between them", async (t) => {
  enter(t, { [PREFIX + "S1"]: recordOf("S1") });
  const { client, asked } = clientOf();
  await Promise.all([client.redeem({ url: urlOf("S1") }), client.redeem({ url: urlOf("S1") })]);
  const taken = asked.filter(({ isStored }) => !isStored).map(({ record }) => record);
  assert.deepEqual(taken.sort(), [recordOf("S1"), undefined]);
});

test("what the page has taken already, or a popup's state, is not looked for", async (t) => {
  const storage = enter(t, { [PREFIX + "S1"]: recordOf("S1") });
  const { client, asked } = clientOf();
  for (const more of [{ record: recordOf("S1") }, { state: "S1" }]) {
    await client.redeem({ url: urlOf("S1"), ...more });
    assert.deepEqual({ ...asked.pop() }, { url: urlOf("S1"), ...more });
  }
  assert.equal(storage[PREFIX + "S1"], recordOf("S1"));
});

test("a sign-in sweeps out what is old, damaged or too much", async (t) => {
  const others = { "somebody else's": "{", [PREFIX + "other version"]: recordOf("V2", 1, 2) };
  const storage = enter(t, {
    ...others,
    [PREFIX + "damaged"]: "{",
    [PREFIX + "no object"]: "null",
    [PREFIX + "no time"]: "{}",
    [PREFIX + "old"]: recordOf("old", NOW - 600),
    [PREFIX + "of the future"]: recordOf("future", NOW + 600),
  });
  const ours = () => Object.keys(storage).filter((key) => !Object.hasOwn(others, key));
  for (let count = 0; count < 30; count++) {
    t.mock.timers.setTime((NOW + count) * 1000);
    await clientOf({ state: `S${count}` }).client.signIn("{}");
    assert.ok(ours().length <= MAX_PENDING, `${ours()}`);
  }
  const newest = Array.from({ length: MAX_PENDING }, (_, index) => `${PREFIX}S${index + 10}`);
  assert.deepEqual(ours().sort(), newest, "the oldest made room");
  t.mock.timers.setTime((NOW + 30 + 600) * 1000);
  await clientOf({ state: "last" }).client.signIn("{}");
  assert.deepEqual({ ...storage }, { ...others, [PREFIX + "last"]: recordOf("last", NOW + 630) });
});

test("blocked or full storage ends a sign-in before the page is left, and no response is used twice", async (t) => {
  const storage = enter(t, { [PREFIX + "S1"]: recordOf("S1") });
  const { client, asked } = clientOf();
  // As Chromium says it.
  const full = (key) => new DOMException(`Setting the value of '${key}' exceeded the quota.`, "QuotaExceededError");
  t.mock.method(Object.getPrototypeOf(storage), "setItem", (key) => {
    throw full(key);
  });
  await assert.rejects(client.signIn("{}"), ({ code, phase, cause }) => {
    assert.deepEqual([code, phase, cause.name, cause.message], ["storage_unavailable", "authorize", "QuotaExceededError", ""]);
    return true;
  });
  t.mock.method(Object.getPrototypeOf(storage), "removeItem", (key) => {
    throw full(key);
  });
  await assert.rejects(client.redeem({ url: urlOf("S1") }), { code: "storage_unavailable" });
  assert.deepEqual(asked.splice(0).map(({ isStored }) => isStored), [true], "it was only looked at");
  block();
  await assert.rejects(client.signIn("{}"), { code: "storage_unavailable" });
  await client.redeem({ url: urlOf("S1") });
  assert.deepEqual({ ...asked.pop() }, { url: urlOf("S1"), isStored: false, isAnyPending: false });
});
