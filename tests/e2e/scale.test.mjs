// An app that stays open for long: after so many calls, sign-ins and clients, memory is what it was, and each takes as long as the first
// ones. `npm run test:long` has the large numbers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { pages, startPages } from "../support/servers.mjs";

const isLong = Boolean(process.env.LONG);
const COUNTS = isLong ? { calls: 100_000, signIns: 10_000, clients: 1_000 } : { calls: 2_000, signIns: 200, clients: 100 };
/** What a heap may be larger by, however often: the engine's own, such as code that it has compiled meanwhile. */
const NOTHING = 400_000;
/** Of what the machine does besides, the shortest of ten parts has little. */
const AS_LONG = 2;

/** Where a call takes less, the clock says nothing. */
const CLOCK_MS = 0.01;
/** For the finer clock. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inOneEngine("scale", (browser) => {
  const start = async (t) => {
    const { driver, engine } = browser;
    const site = await startPages({ folders: { "/package/": packed.dist, "/pages/": pages }, policy: null, headers: ISOLATED });
    t.after(() => site.close());
    await driver.get(`${site.origin}/pages/scale.html`);
    const ask = (script) => driver.executeAsyncScript(`const done = arguments[0]; (async () => ${script})().then(done, (error) => done({ error: String(error) }))`);
    await until("the page is ready", () => driver.executeScript("return globalThis.scale !== undefined"));
    const heap = async () => {
      if (engine !== "chromium") return 0;
      // What a finalizer lets go of is found by the next one.
      for (let time = 0; time < 3; time++) await driver.sendAndGetDevToolsCommand("HeapProfiler.collectGarbage", {});
      return (await driver.sendAndGetDevToolsCommand("Runtime.getHeapUsage", {})).usedSize;
    };
    const state = async () => ({ ...(await ask("scale.kept()")), heap: await heap() });
    const times = async (what, count) => {
      const time = await ask(`scale.${what}(${count})`);
      assert.equal(typeof time, "number", JSON.stringify(time));
      return time;
    };
    return { ask, state, times };
  };

  for (const what of ["calls", "signIns", "clients"]) {
    test(`${COUNTS[what]} ${what}: memory stays as it is, and so does the time of each`, async (t) => {
      const { state, times } = await start(t);
      await times("signIns", 50);
      const count = COUNTS[what];
      // The engine compiles what it meets often.
      await times(what, count / 2);
      const before = await state();
      const first = await times(what, count / 2);
      const between = await state();
      const second = await times(what, count / 2);
      const after = await state();
      t.diagnostic(`${browser.engine}, ${what}: ${first.toFixed(4)} and ${second.toFixed(4)} ms each; heap ${after.heap - before.heap} bytes more; ${after.memory} bytes of WebAssembly`);
      assert.ok(after.isSignedIn);
      assert.deepEqual(after.memory, before.memory, "the WebAssembly memory does not grow");
      assert.equal(after.entries, between.entries, "nothing is left in storage");
      assert.ok(after.heap - before.heap < NOTHING, `the heap grows by ${after.heap - before.heap} bytes`);
      assert.ok(second < AS_LONG * first + CLOCK_MS, `${second} ms each, after ${first}`);
    });
  }

  test(`${COUNTS.clients} clients of as many configurations: each takes the same little room`, async (t) => {
    const { state, times } = await start(t);
    await times("others", COUNTS.clients / 2);
    const before = await state();
    const first = await times("others", COUNTS.clients / 2);
    const after = await state();
    const second = await times("others", COUNTS.clients / 2);
    const [each, memory] = [(after.heap - before.heap) / (COUNTS.clients / 2), (after.memory[0] - before.memory[0]) / (COUNTS.clients / 2)];
    t.diagnostic(`${browser.engine}: ${Math.round(each)} bytes of heap and ${Math.round(memory)} of WebAssembly for each client; ${first.toFixed(3)} and ${second.toFixed(3)} ms`);
    assert.ok(each < 24_000 && memory < 8_000);
    assert.ok(second < AS_LONG * first, `${second} ms each, after ${first}`);
  });
});
