// The same way through the reference server, a program of its own, which is killed in the middle of a renewal.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildReference } from "../../scripts/reference-mediator.mjs";
import { inOneEngine } from "../support/browsers.mjs";
import { keptIn, referenceMediator } from "../support/mediator.mjs";
import { pack } from "../support/package.mjs";
import { startSignedIn } from "../support/tabs.mjs";

let packed;
let program;
before(async () => {
  program = await buildReference();
  packed = await pack();
});
after(() => packed?.remove());

const STATUS = "(await auth.refresh()).status";
const SEEN = "[auth.session.status, auth.session.id ?? null]";

inOneEngine("token mediator, the reference server", (browser) => {
  const signedIn = async (t) => {
    let server;
    const mediate = async (settings) => {
      server = await referenceMediator(t, program, settings);
      return keptIn(browser.engine, server.listener);
    };
    const app = await startSignedIn(t, browser, packed, { options: {}, mediate });
    return { ...app, server };
  };

  test("signed in, renewed, reloaded, in a new tab, signed out, and nothing secret is in its log", async (t) => {
    const app = await signedIn(t);
    const { first, line, sandbox, server } = app;
    const { value: before } = await first.call(SEEN);
    assert.deepEqual(await first.call(STATUS), { value: "fresh" });
    await first.reload();
    assert.deepEqual(await first.call(SEEN), { value: before });
    const second = await app.newTab();
    assert.deepEqual(await second.call(SEEN), { value: before });
    assert.equal(await second.me(), 200);
    assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
    assert.equal(await first.status(), "signed_out");
    for (const token of line.secrets) {
      const { status } = await fetch(`${sandbox.origin}/rest/v1.0/me`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(status, 401);
    }
    assert.deepEqual(line.sentTwice, []);
    const { client_secret: secret } = line.tokens[0];
    for (const value of [secret, before[1], ...line.secrets]) assert.ok(!server.log().includes(value));
  });

  test("killed in the middle of a renewal and started again: the refresh token is not sent again, and a sign-in goes on", async (t) => {
    const { first, line, server } = await signedIn(t);
    const held = line.holdAnswer();
    await first.begin(STATUS);
    await held.arrived();
    await server.restart();
    held.open();
    assert.ok((await first.outcome()).error);
    assert.equal(await first.me(), 200);
    const sent = line.refreshes;
    assert.ok((await first.call(STATUS)).error);
    assert.equal(line.refreshes, sent, "it was sent again");
    assert.deepEqual(line.sentTwice, []);
    assert.equal((await first.signIn()).value?.handled, true);
    assert.equal(await first.me(), 200);
    await first.reload();
    assert.equal(await first.status(), "fresh");
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
