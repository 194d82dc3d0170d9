// A core that has failed: it is stopped and wiped, nothing comes of it any more, and the next call starts a fresh one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** The next step of the core fails, in the middle. */
const POISON = `
  window.onClock = () => {
    window.onClock = undefined;
    throw new Error("injected");
  };
`;

/** A call into that, in the same turn: else something that the browser tells the page may be what fails. */
const poisoned = (call) => `(() => { ${POISON} return ${call}; })()`;

/** The server knows the user already, and has to ask all the same. */
const ANEW = { extraParams: { prompt: "login" } };

inOneEngine("poisoned", (browser) => {
  const apps = new Apps(browser, () => packed);

  const isWiped = (visitor) => visitor.ask("return new Uint8Array(witness.memories[0].buffer).every((byte) => byte === 0)");

  const signedIn = async (t) => {
    const app = await apps.start(t, { way: "poison" });
    const { value } = await apps.signIn(app.visitor);
    assert.equal(value.handled, true);
    return app;
  };

  const POISONED = { error: "instance_poisoned", phase: "start", isTyped: true };
  const facts = ({ error, phase, isTyped }) => ({ error, phase, isTyped });

  for (const call of ["auth.refresh()", "auth.signOut()", "auth.handleRedirect(location.href + '?code=1&state=1')"]) {
    test(`in ${call}`, async (t) => {
      const { visitor, sandbox } = await signedIn(t);
      const outcome = await apps.call(poisoned(call));
      assert.deepEqual(facts(outcome), POISONED);
      assert.equal(await isWiped(visitor), true);
      assert.equal(await visitor.ask("return auth.session.status"), "signed_out");
      assert.deepEqual(await visitor.ask("return events"), ["signed_in", "reauth_required"]);
      assert.deepEqual(await visitor.ask("return witness.remembered()"), []);
      await apps.isClean(visitor, outcome);
      // Nobody is signed in, and everything works.
      assert.equal((await apps.call("auth.fetch('/rest/v1.0/me')")).error, "not_signed_in");
      assert.equal(await visitor.ask("return witness.memories.length"), 2);
      const again = await apps.signIn(visitor, ANEW);
      assert.equal(again.value.handled, true);
      assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
      assert.equal(tokenRequests(sandbox).length, 2);
    });
  }

  test("where only the session is looked at", async (t) => {
    const { visitor } = await signedIn(t);
    assert.equal(await visitor.ask(`${POISON} return auth.session.status`), "signed_out");
    await until("the listeners know", async () => (await visitor.ask("return events")).at(-1) === "reauth_required");
    assert.equal(await isWiped(visitor), true);
    await apps.isClean(visitor);
  });

  test("for every client of the page, and none of them reaches the next one", async (t) => {
    const { visitor } = await signedIn(t);
    await apps.call("(window.other = sdk.createProcoreAuth(JSON.parse(localStorage.app).config)).ready()");
    assert.equal((await apps.call(poisoned("other.refresh()"))).error, "instance_poisoned");
    // What is called without waiting has to wait for the next start.
    const build = "sdk.buildLoginUrl({ clientId: 'CID', redirectUris: ['https://app.example/cb'] }).url.length > 0";
    assert.equal((await apps.call(build)).error, "not_ready");
    assert.deepEqual(await apps.call(`sdk.ready().then(() => ${build})`), { value: true });
    assert.equal(await visitor.ask("return auth.session.status"), "signed_out");
    assert.equal((await apps.call("auth.refresh()")).error, "not_signed_in");
    assert.equal((await apps.call("other.refresh()")).error, "not_signed_in");
    assert.equal(await visitor.ask("return witness.memories.length"), 2);
    await apps.isClean(visitor);
  });

  test("while a renewal is under way", async (t) => {
    const { visitor } = await signedIn(t);
    const { value } = await apps.call(`(async () => {
      const renewal = attempt(() => auth.refresh());
      await new Promise((sent) => {
        const { push } = witness.sent;
        witness.sent.push = (...paths) => (sent(), push.apply(witness.sent, paths));
      });
      ${POISON}
      auth.session;
      return renewal;
    })()`);
    assert.deepEqual(facts(value), POISONED);
    assert.deepEqual(await visitor.ask("return witness.remembered()"), []);
    await apps.isClean(visitor, value);
  });

  test("by an answer for which there is not enough memory", async (t) => {
    const { visitor, sandbox } = await apps.start(t, { way: "poison" });
    await visitor.ask("localStorage.pages = 3");
    await visitor.open("/poison/start");
    const body = { access_token: "A".repeat(40), token_type: "bearer", expires_in: 60, refresh_token: "R".repeat(40) };
    sandbox.switches.set({ tokenStatus: { status: 200, body: { ...body, more: "m".repeat(60_000) } } });
    const outcome = await apps.signIn(visitor);
    assert.deepEqual(facts(outcome), POISONED);
    assert.equal(await isWiped(visitor), true);
    assert.equal(await visitor.ask("return auth.session.status"), "signed_out");
    assert.deepEqual(await visitor.ask("return witness.remembered()"), []);
    await apps.isClean(visitor, outcome);
    // With an answer of the usual size, the next one has enough.
    const again = await apps.signIn(visitor, ANEW);
    assert.equal(again.value?.handled, true, JSON.stringify(again));
  });

  test("never by a call out of the middle of another", async (t) => {
    const { visitor } = await signedIn(t);
    const { value } = await apps.call(`(async () => {
      const seen = [];
      window.onClock = () => void seen.push(auth.session.status);
      const { status } = await auth.fetch("/rest/v1.0/me");
      const { status: renewed } = await auth.refresh();
      window.onClock = undefined;
      return { status, renewed, seen: [...new Set(seen)], now: auth.session.status };
    })()`);
    assert.deepEqual(value, { status: 200, renewed: "fresh", seen: ["fresh"], now: "fresh" });
    await apps.isClean(visitor);
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
