// The device's clocks in real pages: set back, set forward, asleep for a day. A token that is over is renewed once, by
// whoever needs it first, or when the device wakes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** As long as the demo's tokens live. */
const LIFE = 5_400_000;
const FRESH = { status: "fresh", me: 200, locks: 0 };

const WAKES = {
  visibilitychange: "document.dispatchEvent(new Event('visibilitychange'))",
  pageshow: "dispatchEvent(new Event('pageshow'))",
  online: "dispatchEvent(new Event('online'))",
};
const ALL = Object.values(WAKES).join(";");

for (const way of ["page", "worker"]) {
  inOneEngine(`clocks, ${way}`, (browser) => {
    const signedIn = (t, more) => startSignedIn(t, browser, packed, { way, ...more });
    const set = (tab, wall, monotonic = 0) => tab.set({ clocks: { wall, monotonic } });

    test("the wall clock jumps by an hour or a day, there and back: one renewal at most", async (t) => {
      const { first, line } = await signedIn(t);
      for (const [jump, renewals] of [[-HOUR, 0], [-DAY, 0], [HOUR, 0], [DAY, 1], [2 * DAY, 1]]) {
        const before = line.refreshes;
        await set(first, jump);
        assert.deepEqual(await first.look(), FRESH);
        await first.ask(ALL);
        assert.deepEqual(await first.look(), FRESH);
        await set(first, 0);
        assert.deepEqual(await first.look(), FRESH);
        assert.equal(line.refreshes - before, renewals, `${jump / HOUR} hours`);
      }
      assert.deepEqual(line.sentTwice, []);
    });

    test("set back by a day, a token lives no longer; and a reload, which can't know its age, renews it", async (t) => {
      const { first, line } = await signedIn(t);
      await set(first, -DAY, LIFE - 60_000);
      assert.deepEqual([await first.me(), line.refreshes], [200, 0]);
      await set(first, -DAY, LIFE);
      assert.deepEqual([await first.me(), line.refreshes], [200, 1]);
      await first.openOn({ clocks: { wall: -2 * DAY } });
      assert.deepEqual([await first.me(), line.refreshes], [200, 2]);
      await first.reload();
      assert.deepEqual([await first.me(), line.refreshes, line.sentTwice], [200, 3, []]);
    });

    test("asleep for a day, its own clock stopped: renewed on each kind of wake, once", async (t) => {
      const { first, line } = await signedIn(t);
      let days = 0;
      for (const wakes of [...Object.values(WAKES), ALL]) {
        const before = line.refreshes;
        await set(first, (days += 1) * DAY);
        await first.ask(wakes);
        await until(`renewed by ${wakes}`, () => line.refreshes > before);
        await first.becomes("fresh");
        assert.deepEqual(await first.look(), FRESH);
        assert.equal(line.refreshes, before + 1);
      }
      // Awake, and nothing is due.
      await first.ask(ALL);
      assert.deepEqual([await first.look(), line.refreshes, line.sentTwice], [FRESH, 4, []]);
    });

    test("two tabs wake at once, and one of them renews", async (t) => {
      const { tabs, line } = await signedIn(t, { count: 2 });
      for (const tab of tabs) await set(tab, DAY);
      const held = line.hold();
      for (const tab of tabs) await tab.ask(ALL);
      await held.arrived();
      held.open();
      for (const tab of tabs) await tab.becomes("fresh");
      for (const tab of tabs) assert.equal(await tab.me(), 200);
      await until("the lock is free", async () => (await tabs[0].look()).locks === 0);
      assert.deepEqual([line.refreshes, line.sentTwice], [1, []]);
    });

    test("on demand, before the call: the server never sees the old token", async (t) => {
      const { first, line, sandbox } = await signedIn(t);
      await set(first, DAY);
      const calls = "Promise.all([1, 2, 3].map(async () => (await auth.fetch('/rest/v1.0/me')).status))";
      assert.deepEqual(await first.call(calls), { value: [200, 200, 200] });
      const sent = sandbox.requests.filter(({ method, path }) => method !== "OPTIONS" && /token$|me$/.test(path));
      assert.deepEqual(sent.map(({ path }) => path), ["/oauth/token", "/oauth/token", ...Array(3).fill("/rest/v1.0/me")]);
      assert.deepEqual([line.refreshes, line.sentTwice], [1, []]);
    });

    test("a wake that the network is not ready for changes nothing, and the next one renews", async (t) => {
      const { first, line } = await signedIn(t);
      line.plan((call) => call.reply({ status: 429, headers: { "access-control-allow-origin": "*" }, body: "" }));
      await set(first, DAY);
      await first.ask(WAKES.pageshow);
      await until("turned away", () => line.refreshes === 1);
      await first.becomes("expired");
      await first.ask(WAKES.online);
      await first.becomes("fresh");
      assert.deepEqual([await first.look(), line.refreshes], [FRESH, 2]);
      // A renewal that is in doubt is none that a wake repeats.
      line.plan((call) => call.drop());
      await first.call("auth.refresh()");
      await set(first, 2 * DAY);
      await first.ask(ALL);
      // By whichever is first: the call, or the wake, with which the session ends.
      assert.ok(["reauth_required", "session_ended"].includes(await first.me()));
      assert.equal(line.refreshes, 3);
    });

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
