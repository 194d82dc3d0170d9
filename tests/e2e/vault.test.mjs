// The kept session in its database: what a copy is worth, and what becomes of one that is damaged, foreign, of another
// version, or gone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { findOnDisk } from "../support/disk.mjs";
import { pack } from "../support/package.mjs";
import { startApp, startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const STATUS = "(await auth.refresh()).status";

/** Another tab takes the session away right before this one would. */
const FASTER = `
  const [slot] = arguments;
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (tables, mode, ...rest) {
    if (mode === "readwrite") transaction.call(this, tables, mode).objectStore("items").delete(slot);
    return transaction.call(this, tables, mode, ...rest);
  };
`;

/** A page that was left is waited for, for 30 seconds. */
const AFTER_GRACE = { wall: 31_000 };

/** Whether no token that has passed is good for anything any more. */
async function areDead({ line, sandbox }) {
  const answers = [...line.secrets].map((token) =>
    fetch(`${sandbox.origin}/rest/v1.0/me`, { headers: { authorization: `Bearer ${token}` } }),
  );
  return (await Promise.all(answers)).every(({ status }) => status === 401);
}

const LOSSES = {
  deleted: "vault.remove()",
  "made anew, and empty": 'vault.reshape("without a table")',
  "another one of the same name": 'vault.reshape("with another table")',
};

/** What a client that starts now makes of the vault, and what it leaves there. */
const START = `
  let starts = 0;
  window.start = async (slot) => {
    // As after a reload: a page has one client of a configuration for as long as it lives.
    const { createProcoreAuth } = await import("/package/index.js?" + ++starts);
    const client = createProcoreAuth(JSON.parse(localStorage.app).config);
    await client.ready();
    return [client.session.status, (await vault.slots()).includes(slot)];
  };
`;

for (const way of ["page", "worker"]) {
  inTwoEngines(`vault, ${way}`, (browser) => {
    const signedIn = (t) => startSignedIn(t, browser, packed, { way });

    test("survives a reload, and no secret is in any storage, no token on the disk", async (t) => {
      const { first, line } = await signedIn(t);
      await first.reload();
      assert.deepEqual(await first.look(), { status: "fresh", me: 200, locks: 0 });
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      await first.reload();
      assert.deepEqual(await first.look(), { status: "fresh", me: 200, locks: 0 });
      const secrets = [...line.secrets];
      assert.ok(secrets.length >= 6, "a code, its verifier, and tokens twice");
      await first.ask("arguments[0].forEach((secret) => witness.note([['token', secret]]))", secrets);
      assert.deepEqual(await first.call("witness.leaks(await vault.dump())"), { value: [] });
      // The code, for the browser remembers where it has been, and the verifier may be there, and are spent.
      const { code, code_verifier: verifier } = line.tokens[0];
      const tokens = secrets.filter((secret) => secret !== code && secret !== verifier);
      const { found, searched } = await findOnDisk(browser.profile, tokens);
      assert.deepEqual(found, []);
      assert.ok(searched > 0);
      t.diagnostic(`${browser.engine}, ${way}: ${searched} files of the profile searched`);
    });

    test("ended with the last tab, unless the browser brings that back with its storage", async (t) => {
      const app = await signedIn(t);
      await app.first.leave();
      // A tab that is restored has its `sessionStorage`, and nothing else, of before.
      const restored = await app.newTab(null);
      await restored.leave();
      await restored.ask("sessionStorage.setItem('procore-spa-auth.tab', '')");
      await restored.open();
      assert.equal(await restored.status(), "fresh");
      await restored.leaveAsTheLast();
      const anew = await app.newTab(null);
      await anew.openOn({ clocks: AFTER_GRACE });
      assert.equal(await anew.status(), "signed_out");
      assert.deepEqual(await anew.call("vault.slots()"), { value: [] });
      await until("what nobody has any more is revoked", () => app.sandbox.requests.some(({ path }) => path === "/oauth/revoke"));
      await until("its tokens are dead", () => areDead(app));
    });

    test("between two pages, the session is not taken for one that no tab has", async (t) => {
      const app = await signedIn(t);
      const { value: id } = await app.first.call("auth.session.id");
      await app.first.leave();
      const second = await app.newTab();
      assert.deepEqual(await second.call("[auth.session.status, auth.session.id]"), { value: ["fresh", id] });
      await app.first.open();
      assert.deepEqual(await app.first.call("[auth.session.status, auth.session.id]"), { value: ["fresh", id] });
      assert.deepEqual(await second.events(), ["signed_in"]);
    });

    test("its key can't be read out, and without it a copy opens nowhere", async (t) => {
      const { first } = await signedIn(t);
      const { value: key } = await first.call("vault.key()");
      assert.deepEqual(key, { extractable: false, formats: ["rejected", "rejected"] });
      const { value: copy } = await first.call("vault.withoutKey()");
      // Another origin, with an app of the same client ID and the same server.
      const { first: other } = await startApp(t, browser, packed, { way });
      for (const key of ["none", "a new one", "a text"]) {
        await other.call(`vault.plant(${JSON.stringify(copy)}, "${key}")`);
        await other.ask("sessionStorage.setItem('procore-spa-auth.tab', '')");
        await other.reload();
        assert.equal(await other.status(), "signed_out", key);
        assert.deepEqual(await other.call("vault.slots()"), { value: [] }, key);
      }
      assert.deepEqual(await other.ask("return witness.faults"), []);
      assert.equal((await other.signIn()).value?.handled, true);
    });

    for (const [loss, lose] of Object.entries(LOSSES)) {
      test(`its database is ${loss}: signed out with the next look, and a sign-in makes a new one`, async (t) => {
        const { first, line } = await signedIn(t);
        await first.call(lose);
        assert.equal(await first.me(), 200);
        assert.equal((await first.call(STATUS)).error, "session_ended");
        assert.deepEqual([await first.status(), line.refreshes], ["signed_out", 0]);
        await first.call(lose);
        assert.equal((await first.signInHere()).value?.handled, true);
        await first.reload();
        assert.deepEqual(await first.look(), { status: "fresh", me: 200, locks: 0 });
      });
    }

    for (const shape of ["of a later version", "of another kind"]) {
      test(`a database ${shape} is left alone, and there is memory`, async (t) => {
        const { first, line } = await signedIn(t);
        await first.call(`vault.reshape("${shape}")`);
        const { error, isTyped } = await first.call(STATUS);
        assert.deepEqual([isTyped, line.refreshes], [true, 0]);
        assert.ok(["storage_unavailable", "session_ended", "not_signed_in"].includes(error), error);
        await first.reload();
        assert.equal(await first.status(), "signed_out");
        if (way === "page") {
          assert.equal((await first.signInHere()).value?.handled, true);
          assert.deepEqual(await first.look(), { status: "fresh", me: 200, locks: 0 });
          assert.deepEqual(await first.call(STATUS), { value: "fresh" });
        } else {
          const { error, phase } = await first.call("auth.signIn()");
          assert.deepEqual([error, phase], ["storage_unavailable", "authorize"]);
        }
        assert.deepEqual(await first.call("vault.shape()"), { value: shape });
        assert.deepEqual(await first.ask("return witness.faults"), []);
        await first.leave();
        await first.open();
        await first.call("vault.remove()");
        assert.equal((await first.signIn()).value?.handled, true);
      });
    }

    if (way === "page") {
      test("signed out by another tab in the very moment: the refresh token that it has taken is not sent from here", async (t) => {
        const { first, line } = await signedIn(t);
        // Over, so that a sign-out renews it, to be revoked.
        await first.set({ clocks: { wall: 7_200_000 } });
        await first.ask(FASTER, (await first.call("vault.slot()")).value);
        assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "nothing" } });
        assert.deepEqual([await first.status(), line.refreshes], ["signed_out", 0]);
      });

      test("every entry that is not quite what was kept is removed, and nothing else is", async (t) => {
        const { first, line } = await signedIn(t);
        await first.ask(START);
        const { value: slot } = await first.call("vault.slot()");
        const production = slot.replace("sandbox", "production");
        const others = ["session sandbox:another-client", production, `${slot} 2`, "another thing"];
        await first.call("vault.copy()");
        for (const other of others) await first.call(`vault.restore(${JSON.stringify(other)})`);
        const damages = await first.ask("return vault.damages");
        for (const damage of damages) {
          await first.call(`vault.damage("${damage}", "${slot}")`);
          assert.deepEqual(await first.call(`start("${slot}")`), { value: ["signed_out", false] }, damage);
          await first.call(`vault.restore("${slot}")`);
          assert.deepEqual(await first.call(`start("${slot}")`), { value: ["fresh", true] }, `after ${damage}`);
        }
        const { value: slots } = await first.call("vault.slots()");
        assert.deepEqual(slots.filter((other) => other !== slot && other !== "copy").sort(), others.sort());
        assert.deepEqual(await first.ask("return witness.faults"), []);
        assert.equal(line.refreshes, 0);
        await first.call(`vault.damage("${damages[0]}", "${slot}")`);
        await first.reload();
        assert.equal((await first.signIn()).value?.handled, true);
        await first.reload();
        assert.deepEqual(await first.look(), { status: "fresh", me: 200, locks: 0 });
        t.diagnostic(`${browser.engine}: ${damages.length} damaged entries`);
      });
    }

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
