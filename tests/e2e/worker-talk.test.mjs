// What page and worker tell each other in a whole life, and what is left of it in the page's memory: no refresh token,
// no verifier, and the access token only where it was asked for.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { challengesIn, secretsIn } from "../support/secrets.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

test("the search finds what it searches for", () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const token = "a-token-of-some-length";
  const fingerprint = createHash("sha256").update(token).digest("hex").slice(0, 8);
  const environment = { requests: [{ issued: { refresh_token: fingerprint } }] };
  // RFC 7636, appendix B.
  const challenges = challengesIn("?code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&x");
  const found = (text) => secretsIn(text, environment, challenges);
  assert.deepEqual(found(`{"a":"x","b":"grant=1&v=${verifier}&"}`), ["code_verifier"]);
  assert.deepEqual(found(`prefix_${verifier}`), ["code_verifier"]);
  assert.deepEqual(found(`{"a":["${token}"]}`), ["refresh_token"]);
  assert.deepEqual(found("nothing-of-that-kind-in-here"), []);
});

inTwoEngines("worker, what is told", (browser) => {
  const apps = new Apps(browser, () => packed);
  const call = (expression) => apps.call(expression);

  /** Signs in by popup, as a user does: by a click. */
  async function signInWithPopup(visitor, t) {
    const windows = await apps.openPopup(visitor, t);
    await visitor.signInThere({ isPopup: true });
    await windows.backToMain();
    return until("the popup has come back", () => visitor.ask("return tap.page.popup"));
  }

  /** A life: by redirect and by popup, with renewals, errors, a reload and a sign-out. */
  async function live(t) {
    const app = await apps.start(t, { way: "tapped", options: { persist: "tab" } });
    const { visitor, sandbox } = app;
    const me = "(await auth.fetch('/rest/v1.0/me')).status";

    const denied = await apps.signIn(visitor, {}, { answer: "deny" });
    assert.equal(denied.error, "access_denied");
    const outcome = await apps.signIn(visitor, { extraParams: { prompt: "login" } });
    assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
    assert.deepEqual(await call(me), { value: 200 });
    sandbox.expireAccessTokens();
    assert.deepEqual(await call(me), { value: 200 });
    assert.deepEqual(await call("(await auth.refresh()).status"), { value: "fresh" });
    assert.equal((await call("auth.fetch('https://elsewhere.test/rest/v1.0/me')")).error, "resource_origin_forbidden");
    await visitor.open("/tapped/start");
    assert.deepEqual(await call(me), { value: 200 });
    // A renewal whose answer is lost, and one that is refused.
    sandbox.switches.set({ loseAnswer: "token" });
    assert.equal((await call("auth.refresh()")).error, "reauth_required");
    assert.equal((await call("auth.signOut()")).error, undefined);
    await call("auth.ready()");
    await visitor.forget();
    const popped = await signInWithPopup(visitor, t);
    assert.equal(popped.value?.handled, true, JSON.stringify(popped));
    sandbox.switches.set({ tokenStatus: { status: 400, body: '{"error":"invalid_grant"}' } });
    assert.equal((await call("auth.refresh()")).error, "reauth_required");
    return app;
  }

  test("no refresh token and no verifier crosses, and the access token only as an authorization", async (t) => {
    const { visitor, sandbox } = await live(t);
    const heard = await visitor.ask("return tap.heard()");
    const text = JSON.stringify(heard);
    const challenges = challengesIn(text);
    assert.ok(challenges.size >= 4, "the search would find nothing");
    assert.ok(tokenRequests(sandbox).filter(({ issued }) => issued?.refresh_token).length >= 4, "nor here");
    assert.deepEqual(secretsIn(text, sandbox, challenges), ["access_token"]);

    let count = 0;
    const asked = new Map();
    for (const [way, { id, operation, result }] of heard) {
      if (way === "to") asked.set(id, operation);
      if (way !== "from" || !result?.authorization) continue;
      // Once more where it was sent before, unless there is a URL.
      if (result.url === undefined) assert.equal(asked.get(id), "judge");
      else assert.equal(new URL(result.url).origin, sandbox.origin);
      delete result.authorization;
      count += 1;
    }
    assert.ok(count >= 3);
    assert.deepEqual(secretsIn(JSON.stringify(heard), sandbox, challenges), []);
    // The code comes in by the page's URL, and goes to the worker only.
    const fromWorker = JSON.stringify(heard.filter(([way]) => way === "from"));
    assert.doesNotMatch(fromWorker, /[?&]code=/);
    assert.ok(heard.some(([way]) => way === "news"), "tabs tell each other nothing");
    assert.deepEqual(secretsIn((await visitor.ask("return witness.said")).join("\n"), sandbox, challenges), []);
    assert.deepEqual(await visitor.ask("return witness.sent"), []);
  });

  if (browser.engine === "chromium") {
    test("the page's heap holds neither, after a sign-in and its use", async (t) => {
      const { visitor, sandbox } = await apps.start(t, { way: "tapped" });
      const popped = await signInWithPopup(visitor, t);
      assert.equal(popped.value?.handled, true, JSON.stringify(popped));
      assert.deepEqual(await call("(await auth.refresh()).status"), { value: "fresh" });
      assert.deepEqual(await call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
      const challenges = challengesIn(JSON.stringify(await visitor.ask("return tap.heard()")));
      assert.ok(challenges.size >= 1);
      // Kept on purpose, for the search to find.
      await visitor.ask("tap.page.kept = tap.heard().find(([, { result }]) => result?.authorization)");
      const heap = await heapOfPage(browser.driver);
      assert.ok(heap.includes("procore-spa-auth"));
      assert.deepEqual(secretsIn(heap, sandbox, challenges), ["access_token"]);
    });
  }
});

/** Everything in the page's own JavaScript heap, as text. Its workers have heaps of their own. */
async function heapOfPage(driver) {
  const connection = await driver.createCDPConnection("page");
  const chunks = [];
  connection._wsConnection.on("message", (message) => {
    const { method, params } = JSON.parse(message);
    if (method === "HeapProfiler.addHeapSnapshotChunk") chunks.push(params.chunk);
  });
  await connection.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  connection._wsConnection.close();
  return JSON.parse(chunks.join("")).strings.join("\n");
}
