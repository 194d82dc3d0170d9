// Storage that is missing, refuses, hangs, is full, or fails in the middle; locks that nobody gives back. What can be
// done in memory is; what can't is refused by its name, and nothing hangs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { handIn, startApp, startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const STATUS = "(await auth.refresh()).status";
const TOKEN = "(await auth.authorize('/rest/v1.0/me')).headers.Authorization";
const FRESH = { status: "fresh", me: 200, locks: 0 };

const DATABASE = ["indexedDB", "indexedDB, refused", "indexedDB, silent", "indexedDB, full"];
const PENDING = ["sessionStorage", "sessionStorage, refused", "sessionStorage, full", "everything"];
const UNUSED = ["localStorage", "localStorage, refused", "BroadcastChannel, closed"];

/** Holds a lock of the package's, as any script of this origin can, until `letGo()`. */
const TAKE_LOCK = `
  const [name, done] = arguments;
  const held = new Promise((letGo) => (window.letGo = letGo));
  navigator.locks.request(name, () => (done(), held));
`;

for (const way of ["page", "worker"]) {
  inOneEngine(`blocked, ${way}`, (browser) => {
    const start = (t) => startApp(t, browser, packed, { way });
    const signedIn = (t, more) => startSignedIn(t, browser, packed, { way, ...more });
    const take = async (tab, name) => {
      const { driver, sandbox } = tab.app;
      await tab.focus();
      await driver.executeAsyncScript(TAKE_LOCK, `procore-spa-auth sandbox:${sandbox.clientId} ${name}`);
    };

    /** A sign-in is refused before the page is left. */
    const refusesToSignIn = async (tab) => {
      const { error, phase, isTyped } = await tab.call("auth.signIn()");
      assert.deepEqual([error, phase, isTyped], ["storage_unavailable", "authorize", true]);
      assert.deepEqual(tab.app.line.departures, []);
    };

    test("storage that is blocked: in memory, or by its name", async (t) => {
      const { first, line } = await start(t);
      // A worker keeps what it waits for in the database, too.
      const [inMemory, refused] = way === "page" ? [DATABASE, PENDING] : [[], [...DATABASE, ...PENDING]];
      for (const without of inMemory) {
        await t.test(`in memory: without ${without}`, async () => {
          await first.openOn({ without });
          assert.equal((await first.signInHere()).value?.handled, true);
          assert.deepEqual(await first.look(), FRESH);
          assert.deepEqual(await first.call(STATUS), { value: "fresh" });
          assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoked" } });
          assert.deepEqual(await first.events(), ["ready", "signed_in", "refreshed", "signed_out"]);
          await first.signInHere();
          await first.openOn({ without });
          assert.equal(await first.status(), "signed_out");
        });
      }
      for (const without of refused) {
        await t.test(`refused: without ${without}`, async () => {
          await first.openOn({ without });
          assert.deepEqual(await first.look(), { status: "signed_out", me: "not_signed_in", locks: 0 });
          await refusesToSignIn(first);
          const { error, isTyped } = await first.call(handIn(`/${way}/callback?code=C&state=S`));
          assert.deepEqual([error, isTyped], ["no_transaction", true]);
        });
      }
      for (const without of UNUSED) {
        await t.test(`as ever: without ${without}`, async () => {
          await first.openOn({ without });
          assert.equal((await first.signInHere()).value?.handled, true);
          await first.openOn({ without });
          assert.deepEqual(await first.look(), FRESH);
          assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoked" } });
        });
      }
      assert.deepEqual(line.sentTwice, []);
      await first.open();
      assert.equal((await first.signIn()).value?.handled, true);
      assert.deepEqual(await first.look(), FRESH);
    });

    test("a tab without sessionStorage shares the session of those that have it", async (t) => {
      const app = await signedIn(t);
      const second = await app.newTab(null);
      await second.openOn({ without: "sessionStorage, refused" });
      assert.deepEqual(await second.look(), FRESH);
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
      await app.first.hears("refreshed");
    });

    test("a write that fails: before the request, nothing is sent; after it, this tab goes on alone", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const { tabs: [first, second], line } = app;
      await first.set({ plans: { write: 2 } });
      const { error, phase, isTyped } = await first.call(STATUS);
      assert.deepEqual([error, phase, isTyped], ["storage_unavailable", "refresh", true]);
      assert.deepEqual([line.refreshes, await first.look()], [0, FRESH]);
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      // Once more is tried.
      await first.set({ plans: { commit: 1 } });
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      // Of both renewals, which it may hear of by one word: else the next one is what it has not seen yet.
      const { value: latest } = await first.call(TOKEN);
      await until("the other tab has it", async () => (await second.call(TOKEN)).value === latest);
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
      assert.equal(line.refreshes, 3);

      await first.set({ plans: { commit: 2 } });
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      assert.equal((await second.call(STATUS)).error, "reauth_required");
      assert.deepEqual(await second.look(), { ...FRESH, status: "in_doubt" });
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      assert.equal(line.refreshes, 5);
      assert.deepEqual(line.sentTwice, []);
      assert.equal((await second.signInHere()).value?.handled, true);
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
    });

    test("somebody else has the lock of renewals for ever: there is an end to it, and a word for it", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const { tabs: [first, second], line } = app;
      await take(first, "renewal");
      const settings = { clocks: { patience: 200, wall: 0, monotonic: 0 } };
      await second.set(settings);
      const refused = async (expression) => {
        const { error, phase, isTyped } = await second.call(expression);
        assert.deepEqual([error, phase, isTyped], ["lock_timeout", "refresh", true]);
      };
      await refused(STATUS);
      assert.equal(await second.me(), 200);
      // With a token that is over, a call needs the renewal.
      settings.clocks.wall = 7_200_000;
      await second.set(settings);
      await refused("auth.fetch('/rest/v1.0/me')");
      await second.openOn({ clocks: { patience: 200 } });
      assert.equal(await second.me(), 200);
      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      assert.equal(line.refreshes, 0);
      await first.ask("letGo()");
      assert.equal((await second.signInHere()).value?.handled, true);
      await second.set({ clocks: { patience: 1e9 } });
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
    });

    test("the same, and a tab has died in a renewal: who comes next waits no longer than that", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const { tabs: [first, second] } = app;
      await second.set({ plans: { send: "hang" } });
      await second.begin(STATUS);
      await second.reaches("send");
      await second.leave();
      await take(first, "renewal");
      await second.openOn({ clocks: { patience: 200 } });
      assert.deepEqual(await second.look({ locks: 1 }), { status: "in_doubt", me: 200, locks: 1 });
      assert.equal((await second.signInHere()).value?.handled, true);
      assert.equal(await second.status(), "fresh");
    });

    test("somebody else has the lock of those who are here: nobody waits for it without end", async (t) => {
      const app = await start(t);
      const { first } = app;
      const second = await app.newTab();
      await take(first, "here");
      assert.equal((await second.signInHere()).value?.handled, true);
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
      await second.reload();
      assert.deepEqual(await second.look(), FRESH);
      await second.set({ clocks: { patience: 200 } });
      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      await until("the first hears of it", async () => (await first.status()) === "signed_out");
    });

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
