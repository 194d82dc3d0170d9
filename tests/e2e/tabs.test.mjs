// What happens in one tab reaches the others: with `persist: "tab"`, where they share one session, and without.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { handIn, startApp, startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const STATUS = "(await auth.refresh()).status";

/** Writes down everything that is said on the package's own channel. */
const OVERHEAR = `
  window.overheard = [];
  window.spy = new BroadcastChannel("procore-spa-auth sandbox:" + arguments[0]);
  window.spy.onmessage = ({ data }) => window.overheard.push(data);
`;
/** Says something on it. */
const SAY = `
  const [clientId, messages, times] = arguments;
  const channel = new BroadcastChannel("procore-spa-auth sandbox:" + clientId);
  for (let time = 0; time < times; time += 1) for (const message of messages) channel.postMessage(message);
`;

/** None of the tokens that have passed is good for anything any more. */
async function allAreDead({ line, sandbox }) {
  for (const token of line.secrets) {
    const { status } = await fetch(`${sandbox.origin}/rest/v1.0/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(status, 401, "a token still works");
  }
}

for (const way of ["page", "worker"]) {
  inTwoEngines(`tabs, ${way}`, (browser) => {
    const start = (t, more) => startApp(t, browser, packed, { way, ...more });
    const signedIn = (t, more) => startSignedIn(t, browser, packed, { way, ...more });

    test("a sign-in, a renewal and a sign-out reach every tab", async (t) => {
      const app = await start(t);
      const { first, line } = app;
      const [second, third] = [await app.newTab(), await app.newTab()];
      await third.ask(OVERHEAR, app.sandbox.clientId);
      await first.signIn();
      for (const tab of [second, third]) await tab.becomes("fresh");
      assert.equal(await third.me(), 200);
      await second.call(STATUS);
      for (const tab of [first, third]) await tab.hears("refreshed");
      assert.equal(line.tokens.length, 2);

      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      // Not soon, but now: it was told when all had wiped theirs.
      for (const tab of app.tabs ?? [first, third]) assert.equal(await tab.status(), "signed_out");
      assert.deepEqual(await first.events(), ["signed_in", "refreshed", "signed_out"]);
      for (const tab of [second, third]) assert.deepEqual(await tab.events(), ["ready", "signed_in", "refreshed", "signed_out"]);
      await allAreDead(app);

      // Words only, and none of them a secret (R66).
      const overheard = await third.ask("return window.overheard");
      assert.deepEqual(
        overheard.map(({ news }) => news),
        ["signed_in", "refreshed", "signed_out"],
      );
      for (const message of overheard) assert.deepEqual(Object.keys(message).sort(), ["id", "news", "v"]);
    });

    test("without persist: a sign-in elsewhere is told, a sign-out ends every tab's own session", async (t) => {
      const app = await start(t, { options: {} });
      const { first } = app;
      const second = await app.newTab();
      await first.signIn();
      await second.hears("signed_in_elsewhere");
      assert.deepEqual(await second.events(), ["ready", "signed_in_elsewhere"]);
      assert.equal(await second.status(), "signed_out");
      await second.signIn();
      assert.equal(await first.status(), "fresh");
      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      assert.equal(await first.status(), "signed_out");
      assert.deepEqual(await first.events(), ["signed_in", "signed_out"]);
      await until("both are revoked", () => app.sandbox.requests.filter(({ path }) => path === "/oauth/revoke").length >= 4);
      await allAreDead(app);
    });

    for (const hold of ["hold", "holdAnswer"]) {
      const when = hold === "hold" ? "the server has not done it" : "the server has done it";
      test(`A216: signed out in one tab while another one renews, ${when}: nothing lives on`, async (t) => {
        const app = await signedIn(t, { count: 2 });
        const [first, second] = app.tabs;
        const held = app.line[hold]();
        await second.begin(STATUS);
        await held.arrived();
        // Whether the server has renewed it, this tab can't know.
        assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoke_pending" } });
        assert.equal(await second.status(), "signed_out");
        held.open();
        assert.equal((await second.outcome()).error, "session_ended");
        for (const tab of app.tabs) assert.equal(await tab.status(), "signed_out");
        await second.open();
        assert.equal(await second.status(), "signed_out");
        await allAreDead(app);
      });
    }

    test("A216: the same, and the other tab has not heard of it", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const [first, second] = app.tabs;
      await second.set({ isDeaf: true });
      // A tab that does not answer is not waited for without end: three seconds, or less here.
      await first.set({ clocks: { patience: 200 } });
      const held = app.line.holdAnswer();
      await second.begin(STATUS);
      await held.arrived();
      await first.call("auth.signOut()");
      assert.equal(await second.status(), "fresh");
      held.open();
      await second.outcome();
      assert.equal(await second.status(), "signed_out");
      assert.deepEqual(await second.events(), ["signed_in", "signed_out"], "no word of a token that was given back");
      await allAreDead(app);
    });

    test("signed in anew in one tab while another one renews: all have the new session", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const [first, second] = app.tabs;
      const response = await first.signInThere();
      const held = app.line.holdAnswer();
      await second.begin(STATUS);
      await held.arrived();
      await first.open(response);
      await until("it has heard of it", async () => (await second.events()).length === 2);
      held.open();
      assert.equal((await second.outcome()).error, "session_ended");
      for (const tab of app.tabs) assert.deepEqual([await tab.status(), await tab.me()], ["fresh", 200]);
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
      assert.deepEqual(app.line.sentTwice, []);
      // The tokens of before, and those that came late, go with the session. It was replaced while nobody knew them all.
      assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoke_pending" } });
      await allAreDead(app);
    });

    for (const oneGrant of [false, true]) {
      test(`the same, and the tab that renews has not heard of it, oneGrant ${oneGrant}: the new session lives`, async (t) => {
        const app = await signedIn(t, { count: 2, switches: { oneGrant } });
        const [first, second] = app.tabs;
        const response = await first.signInThere();
        const held = app.line.holdAnswer();
        await second.set({ isDeaf: true });
        await second.begin(STATUS);
        await held.arrived();
        await first.open(response);
        held.open();
        // It answers with the session that there is now.
        assert.deepEqual(await second.outcome(), { value: "fresh" });
        assert.deepEqual(await second.events(), ["signed_in", "signed_in"]);
        await second.set({ isDeaf: false });
        assert.equal(await second.ask("return auth.session.id"), await first.ask("return auth.session.id"));
        for (const tab of app.tabs) assert.deepEqual([await tab.status(), await tab.me()], ["fresh", 200]);
        assert.deepEqual(await second.call(STATUS), { value: "fresh" });
        await first.hears("refreshed");
        assert.equal(await first.me(), 200);
        assert.deepEqual(app.line.sentTwice, []);
        // With the tokens that came late, which are kept with the session since.
        await first.call("auth.signOut()");
        await allAreDead(app);
      });
    }

    test("signed in anew while a call waits to renew the session before: it does not go out with the new token", async (t) => {
      const { first, sandbox } = await signedIn(t, { switches: { accessTokenTtl: 1 } });
      const response = await first.signInThere();
      sandbox.switches.set({ accessTokenTtl: 5400 });
      await first.becomes("expired");
      const lock = `procore-spa-auth sandbox:${sandbox.clientId} renewal`;
      await first.call(`new Promise((held) => {
        navigator.locks.request(${JSON.stringify(lock)}, () => (held(), new Promise((done) => (window.letGo = done))));
      })`);
      // By a client that has just been made: the page has not heard of the session yet.
      await first.ask(`
        window.other = sdk.createProcoreAuth(JSON.parse(localStorage.app).config);
        window.waiting = attempt(async () => (await other.fetch("/rest/v1.0/me")).status);
      `);
      await until("it knows that it has to be renewed", () => first.ask("return other.session.status === 'expired'"));
      await until("it waits for its turn", async () => (await first.locks()) >= 2);
      assert.equal((await first.call(handIn(response))).value?.handled, true);
      await first.ask("letGo()");
      const { value } = await first.call("await waiting");
      assert.equal(value.error, "session_ended", JSON.stringify(value));
      assert.deepEqual(sandbox.requests.filter(({ path, method }) => path === "/rest/v1.0/me" && method === "GET"), []);
      assert.equal(await first.me(), 200);
    });

    test("an expired session is signed out in two tabs at once: renewed by one of them, to be revoked", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const later = { wall: 7_200_000, monotonic: 7_200_000 };
      for (const tab of app.tabs) await tab.set({ clocks: later });
      for (const tab of app.tabs) await tab.begin("auth.signOut()");
      for (const tab of app.tabs) assert.ok((await tab.outcome()).value);
      assert.equal(app.line.refreshes, 1);
      await allAreDead(app);
    });

    test("an expired session is signed out in one tab after another one, which does the same, has read it: renewed once", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const [first, second] = app.tabs;
      const clocks = { wall: 7_200_000, monotonic: 7_200_000, patience: 200 };
      for (const tab of app.tabs) await tab.set({ clocks, isDeaf: true });
      await second.set({ plans: { read: "hold" } });
      await second.begin("auth.signOut()");
      await second.reaches("read");
      assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoked" } });
      await second.set({ plans: { read: 0 } });
      assert.deepEqual(await second.outcome(), { value: { outcome: "nothing" } });
      assert.equal(app.line.refreshes, 1);
      await allAreDead(app);
    });

    test("a tab that is loaded while another one renews an expired token waits for it", async (t) => {
      const app = await signedIn(t);
      const { first, line } = app;
      const clocks = { wall: 7_200_000, monotonic: 0 };
      await first.set({ clocks });
      const held = line.hold();
      await first.begin(STATUS);
      await held.arrived();
      const second = await app.newTab(null);
      await second.beginOn({ clocks });
      await until("it waits for the lock", () =>
        second.driver.executeAsyncScript(
          "navigator.locks.query().then(({ pending }) => arguments[0](pending.some(({ name }) => name.endsWith(' renewal'))))",
        ),
      );
      held.open();
      await second.arrived();
      assert.equal(await second.status(), "fresh");
      assert.deepEqual(await second.events(), ["signed_in"]);
      assert.equal(await second.me(), 200);
      assert.equal(line.refreshes, 1);
    });

    test("a tab that is looked at while another one renews says nothing of a doubt", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const [first, second] = app.tabs;
      const held = app.line.hold();
      await first.begin(STATUS);
      await held.arrived();
      await second.ask("dispatchEvent(new Event('online'))");
      assert.equal(await second.me(), 200);
      assert.equal(await second.status(), "fresh");
      held.open();
      await first.outcome();
      await second.hears("refreshed");
      assert.deepEqual(await second.events(), ["signed_in", "refreshed"]);
    });

    test("A217: what others say on the channel is ignored, unless it is one of four words", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const [first, second] = app.tabs;
      const evil = [
        { type: "tokens", access_token: "EVIL" },
        { v: 2, news: "tokens", id: 7, access_token: "EVIL" },
        { v: 1, news: "signed_out", id: 7 },
        { v: 2, news: ["signed_out"], id: 7 },
        { v: 2, news: { toString: "signed_out" }, id: 7 },
        { v: 2, __proto__: { news: "signed_out", id: 7 } },
        "signed_out", 1, null, [], [1],
        // Known words, but nothing has happened: one look, and all is as it was.
        { v: 2, news: "signed_in", id: 7 },
        { v: 2, news: "refreshed", id: 7 },
        { v: 2, news: "signed_out", id: 7 },
        { v: 2, news: "reauth_required", id: 7 },
      ];
      await first.ask(SAY, app.sandbox.clientId, evil, 1);
      assert.equal(await second.me(), 200);
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
      assert.deepEqual(await second.events(), ["signed_in", "refreshed"]);
      assert.deepEqual(await second.ask("return witness.faults"), []);
    });

    if (way === "page") {
      test("A218: a flood of a hundred thousand messages makes no storm", async (t) => {
        const app = await signedIn(t, { count: 2 });
        const [first, second] = app.tabs;
        const flood = [{ v: 2, news: "refreshed", id: 7 }, { v: 2, news: "signed_out", id: 7 }];
        await second.ask(OVERHEAR, app.sandbox.clientId);
        await first.ask(SAY, app.sandbox.clientId, flood, 50_000);
        await until("it has come through", async () => (await second.ask("return window.overheard.length")) === 100_000);
        assert.equal(await second.me(), 200);
        assert.deepEqual(await second.events(), ["signed_in"]);
        const reads = await second.ask("return stage.reads");
        t.diagnostic(`${browser.engine}: ${reads} reads of the vault for 100,000 messages`);
        assert.ok(reads < 20_000, `${reads} reads`);
        assert.equal(app.line.tokens.length, 1);
      });

      test("A218: the same without persist: told once", async (t) => {
        const app = await start(t, { options: {} });
        const second = await app.newTab();
        await second.ask(OVERHEAR, app.sandbox.clientId);
        await app.first.ask(SAY, app.sandbox.clientId, [{ v: 2, news: "signed_in", id: 7 }], 100_000);
        await until("it has come through", async () => (await second.ask("return window.overheard.length")) === 100_000);
        await second.call("auth.ready()");
        assert.deepEqual(await second.events(), ["ready", "signed_in_elsewhere"]);
      });
    }

    test("A219: without Web Locks nothing is shared", async (t) => {
      const app = await start(t);
      const { first, line } = app;
      const without = "locks";
      assert.equal((await first.signIn({ without })).value?.handled, true);
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      const second = await app.newTab(null);
      await second.openOn({ without });
      assert.equal(await second.status(), "signed_out");
      await second.signIn({ without });
      await Promise.all([second.begin(STATUS)]);
      await first.begin(STATUS);
      for (const tab of [first, second]) assert.deepEqual(await tab.outcome(), { value: "fresh" });
      assert.deepEqual(line.sentTwice, []);
      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      await first.becomes("signed_out");
    });

    test("A220: a tab hangs with the lock: others wait as long as a request may take, and send nothing", async (t) => {
      const { tabs: [first, second], line } = await signedIn(t, { count: 2 });
      await first.set({ plans: { locked: "hang" } });
      await first.begin(STATUS);
      await first.reaches("locked");
      if (way === "page") assert.ok(!(await second.ask("return stage.patience")).some((milliseconds) => milliseconds < 30_000 && milliseconds !== 3_000));
      await second.set({ clocks: { patience: 300 } });
      const { error, phase } = await second.call(STATUS);
      assert.deepEqual([error, phase], ["lock_timeout", "refresh"]);
      if (way === "page") assert.equal((await second.ask("return stage.patience")).at(-1), 45_000);
      assert.equal(line.refreshes, 0);
      assert.equal(await second.me(), 200);
      await second.set({ clocks: { patience: 1e9 } });
      await first.open();
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
      assert.equal(line.refreshes, 1);
    });

    test("A234: something else's localStorage is cleared: nobody is signed out", async (t) => {
      const { tabs: [first, second], sandbox } = await signedIn(t, { count: 2 });
      await second.ask("addEventListener('storage', ({ key }) => (window.cleared = key === null))");
      const kept = await first.ask("const kept = { ...localStorage }; localStorage.clear(); return kept");
      await until("the other tab has heard of it", () => second.ask("return window.cleared"));
      await first.ask("Object.assign(localStorage, arguments[0])", kept);
      for (const tab of [first, second]) assert.equal(await tab.me(), 200);
      assert.deepEqual(await first.events(), ["signed_in"]);
      assert.deepEqual(sandbox.requests.filter(({ path }) => path === "/oauth/revoke"), []);
    });
  });
}
