// One session in all tabs: its name, when it is known, whose token a request carries, and its end, also where the database fails.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { startApp, startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const STATUS = "(await auth.refresh()).status";
const ID = "auth.session.id";
const SEEN = "[auth.session.status, auth.session.signedIn, auth.session.id ?? null]";

for (const way of ["page", "worker"]) {
  inTwoEngines(`one session, ${way}`, (browser) => {
    const start = (t, more) => startApp(t, browser, packed, { way, ...more });
    const signedIn = (t, more) => startSignedIn(t, browser, packed, { way, ...more });
    const idOf = async (tab) => (await tab.call(ID)).value;

    test("it has a name: the same over renewal, reload and tabs, and new with each sign-in", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const [first, second] = app.tabs;
      const id = await idOf(first);
      assert.match(id, /^\d{1,16}$/);
      assert.equal(await idOf(second), id);
      await first.call(STATUS);
      await second.hears("refreshed");
      for (const tab of app.tabs) assert.equal(await idOf(tab), id);
      await second.reload();
      assert.equal(await idOf(second), id);

      await first.signIn();
      const next = await idOf(first);
      assert.match(next, /^\d{1,16}$/);
      assert.notEqual(next, id);
      // A snapshot of its own, though everything else in it may be as before.
      await until("the other tab has the new one", async () => (await idOf(second)) === next);
      assert.deepEqual((await second.events()).slice(-1), ["signed_in"]);
      await first.call("auth.signOut()");
      for (const tab of app.tabs) assert.deepEqual(await tab.call(SEEN), { value: ["signed_out", false, null] });
    });

    test("without persist it has one, too", async (t) => {
      const { first } = await start(t, { options: {} });
      await first.signIn();
      const id = await idOf(first);
      assert.match(id, /^\d{1,16}$/);
      await first.call(STATUS);
      assert.equal(await idOf(first), id);
      await first.signInHere();
      assert.notEqual(await idOf(first), id);
    });

    test("until core and vault have answered nobody is called signed out", async (t) => {
      const { first } = await start(t);
      const seen = () => first.ask("return [statusAtOnce, auth.session.status, events]");
      assert.deepEqual(await seen(), ["unknown", "signed_out", ["ready"]]);
      await first.signIn();
      assert.deepEqual(await seen(), ["unknown", "fresh", ["signed_in"]]);
      await first.reload();
      assert.deepEqual(await seen(), ["unknown", "fresh", ["signed_in"]]);
    });

    test("a kept session is nobody's while the response of the next one is judged", async (t) => {
      const app = await signedIn(t);
      const { first, line } = app;
      const before = [...line.secrets];
      const response = await first.signInThere();
      const held = line.holdAnswer();
      await first.beginOn({}, response);
      await held.arrived();
      assert.deepEqual(await first.ask("return [auth.session.status, auth.session.signedIn, events]"), ["unknown", false, []]);
      await first.begin("(await auth.fetch('/rest/v1.0/me')).status");
      held.open();
      assert.deepEqual(await first.outcome(), { value: 200 });
      await first.arrived();
      assert.deepEqual(await first.events(), ["signed_in"]);
      const used = (await first.ask("return stage.log")).filter((entry) => entry.startsWith("Bearer "));
      assert.equal(used.length, 1);
      assert.ok(!before.includes(used[0].slice("Bearer ".length)), "it went out with the token of the session before");
      await first.call("auth.signOut()");
    });

    test("if that response is refused, the kept session goes on", async (t) => {
      const { first, sandbox } = await signedIn(t);
      const id = await idOf(first);
      const response = await first.signInThere();
      const headers = { "content-type": "application/json" };
      sandbox.switches.set({ tokenStatus: { status: 400, body: { error: "invalid_grant" }, headers } });
      await first.open(response);
      assert.equal((await first.ask("return outcome")).error, "invalid_grant");
      assert.deepEqual(await first.call(SEEN), { value: ["fresh", true, id] });
      assert.deepEqual(await first.events(), ["signed_in"]);
    });

    test("the connection to the database has died: whatever needs it connects anew", async (t) => {
      const { tabs: [first, second], line } = await signedIn(t, { count: 2 });
      await first.set({ isCut: true });
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      await second.hears("refreshed");
      await first.set({ isCut: true });
      assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoked" } });
      assert.equal(await second.status(), "signed_out");
      for (const tab of [first, second]) await tab.reload();
      for (const tab of [first, second]) assert.deepEqual(await tab.look(), { status: "signed_out", me: "not_signed_in", locks: 0 });
      assert.equal(line.refreshes, 1);
    });

    test("the database is gone while signing out: marked as over, told, and no tab, reload or restored tab goes on", async (t) => {
      const { tabs: [first, second] } = await signedIn(t, { count: 2 });
      await first.set({ isCut: true, isDatabaseGone: true });
      const { value } = await first.call("auth.signOut()");
      assert.deepEqual(value, { outcome: "revoke_pending", warnings: ["storage_unavailable"] });
      await second.becomes("signed_out");
      assert.deepEqual((await second.events()).slice(-1), ["signed_out"]);
      await first.reload();
      assert.equal(await first.status(), "signed_out");
      assert.deepEqual(await first.call("vault.slots()"), { value: [] });
      // What is marked is no other session.
      assert.equal((await first.signIn()).value?.handled, true);
      await first.reload();
      assert.equal(await first.status(), "fresh");
    });

    test("the same in the only tab: the next start removes it", async (t) => {
      const { first } = await signedIn(t);
      await first.set({ isCut: true, isDatabaseGone: true });
      const { value } = await first.call("auth.signOut()");
      assert.deepEqual(value, { outcome: "revoke_pending", warnings: ["storage_unavailable"] });
      // Nobody has removed it yet.
      assert.equal((await first.call("vault.slots()")).value, undefined);
      await first.reload();
      assert.equal(await first.status(), "signed_out");
      assert.deepEqual(await first.call("vault.slots()"), { value: [] });
    });

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
