// A hostile script in the page, with the worker itself in its hands.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps, WORKER_POLICY } from "../support/app.mjs";
import { inTwoEngines } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { challengesIn, secretsIn } from "../support/secrets.mjs";
import { startSink } from "../support/servers.mjs";

/** The witness loads the worker's script, which Trusted Types would have to be told of. */
const WITNESSED = {
  options: { workerUrl: "/support/worker-witness.js" },
  policy: WORKER_POLICY.replace("require-trusted-types-for 'script'; ", ""),
};

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inTwoEngines("worker, hostile page", (browser) => {
  const apps = new Apps(browser, () => packed);
  const call = (expression) => apps.call(expression);

  test("whatever it is told, it serves its own environment only, tells no secret, and lives", async (t) => {
    const sink = await startSink();
    t.after(() => sink.close());
    const { visitor, sandbox, redirectUri } = await apps.start(t, { way: "hostile", ...WITNESSED });
    const outcome = await apps.signIn(visitor);
    assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
    const target = { api: sandbox.origin, sink: sink.origin, redirectUri, clientId: sandbox.clientId };
    const { value, text } = await call(`(async () => {
      const own = Array.from({ length: 5 }, async () => (await auth.fetch("/rest/v1.0/me")).status);
      const attack = await hostile.attack(${JSON.stringify(target)});
      return { ...attack, own: (await Promise.allSettled(own)).map(({ value }) => value) };
    })()`);
    assert.ok(value, text);

    const answers = Object.entries(value.answers);
    assert.ok(answers.length > 250);
    const given = answers.filter(([, { result }]) => result?.authorization);
    assert.ok(given.length > 0, "the next lines would prove nothing");
    for (const [id, { result }] of given) {
      // Without a URL it goes where it was sent before.
      if (result.url === undefined) assert.match(value.asked[id], /^\["judge"/);
      else assert.equal(new URL(result.url).origin, sandbox.origin, value.asked[id]);
      delete result.authorization;
    }
    const challenges = challengesIn(JSON.stringify(await visitor.ask("return tap.heard()")));
    assert.deepEqual(secretsIn(JSON.stringify(answers), sandbox, challenges), []);
    assert.deepEqual(sink.requests, []);
    const codes = tokenRequests(sandbox).filter(({ grantType }) => grantType === "authorization_code");
    assert.equal(codes.length, 1, "a forged response was redeemed");

    // The page's own calls went their way, meanwhile and after.
    assert.deepEqual(value.own, Array(5).fill(200));
    assert.deepEqual(await call("auth.session.signedIn"), { value: true });
    assert.deepEqual(await call("(await auth.refresh()).status"), { value: "fresh" });
    assert.equal((await call("tap.workers.length")).value, 1);
    assert.deepEqual(await visitor.ask("return witness.faults"), []);
    const uncaught = await visitor.ask("return tap.heard().filter(([, { uncaught }]) => uncaught)");
    assert.deepEqual(uncaught, []);
    assert.deepEqual(await call("auth.signOut()"), { value: { outcome: "revoked" } });
    assert.deepEqual(await visitor.ask("return tap.faults"), []);
    assert.deepEqual(sink.requests, []);
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
