// Each fault of the network, at a code exchange and at a renewal: what it is called, what becomes of the session, here
// and after a reload, and that nothing is sent again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { FAULTS } from "../support/faults.mjs";
import { pack } from "../support/package.mjs";
import { handIn, startApp } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** A response that nothing waits for, or nothing but other sign-ins. */
const UNCLAIMED = ["no_transaction", "state_mismatch"];

const POINT_TO = `
  const app = JSON.parse(localStorage.app);
  app.config.servers.sandbox.tokenEndpoint = arguments[0];
  localStorage.app = JSON.stringify(app);
`;

for (const way of ["page", "worker"]) {
  const faults = FAULTS.filter(({ isBasic }) => way === "page" || isBasic);

  inOneEngine(`faults, ${way}`, (browser) => {
    test(`${faults.length} faults of the network, at an exchange and at a renewal`, async (t) => {
      const { first: tab, line } = await startApp(t, browser, packed, { way });

      /** Does something while the fault lasts. */
      const during = async ({ happen, endpoint, isOffline, patience }, act) => {
        if (endpoint) {
          await tab.ask(POINT_TO, endpoint);
          await tab.open();
        }
        if (happen) line.plan(happen);
        await tab.set({ isOffline: isOffline ?? false, clocks: { patience: patience ?? 1e9 } });
        const outcome = await act();
        if (endpoint) await tab.ask(POINT_TO, `${line.origin}/oauth/token`);
        await tab.set({ isOffline: false, clocks: { patience: 1e9 } });
        return outcome;
      };

      const exchange = async (fault) => {
        const response = await tab.signInThere();
        const { error, isTyped } = await during(fault, () => tab.call(handIn(response)));
        assert.deepEqual([error, isTyped], [fault.exchangeIn?.[browser.engine] ?? fault.exchange, true]);
        assert.deepEqual(await tab.look(), { status: "signed_out", me: "not_signed_in", locks: 0 });
        assert.deepEqual((await tab.events()).filter((event) => event !== "ready"), []);
        const sent = line.tokens.length;
        await tab.open(response);
        assert.ok(UNCLAIMED.includes((await tab.ask("return outcome")).error));
        assert.deepEqual(await tab.look(), { status: "signed_out", me: "not_signed_in", locks: 0 });
        assert.equal(line.tokens.length, sent, "the code was sent again");
      };

      const refresh = async (fault) => {
        const { code, status } = fault.refresh;
        const seen = { status, me: status === "signed_out" ? "not_signed_in" : 200, locks: 0 };
        assert.equal((await tab.signInHere()).value?.handled, true);
        const outcome = await during(fault, () => tab.call("auth.refresh()"));
        assert.deepEqual([outcome.error, outcome.phase, outcome.isTyped], [code, "refresh", true]);
        assert.deepEqual(await tab.look(), seen);
        assert.equal((await tab.events()).at(-1), status === "fresh" ? "signed_in" : "reauth_required");
        await tab.open();
        assert.deepEqual(await tab.look(), seen);
        const sent = line.refreshes;
        const { value, error } = await tab.call("(await auth.refresh()).status");
        assert.equal(value ?? error, { in_doubt: "reauth_required", signed_out: "not_signed_in" }[status] ?? "fresh");
        assert.equal(line.refreshes - sent, status === "fresh" ? 1 : 0, "it was sent again");
      };

      for (const fault of faults) {
        await t.test(fault.name, async () => {
          await exchange(fault);
          await refresh(fault);
          // What was turned away unread is sent once more, by whoever asks for a renewal next.
          assert.equal(line.sentTwice.length, fault.refresh.code === "rate_limited" ? 1 : 0);
          line.tokens.length = 0;
          assert.ok((await tab.call("auth.signOut()")).value);
          await tab.ask("events.length = 0");
        });
      }
      t.diagnostic(`${browser.engine}, ${way}: ${faults.length * 2} fault points`);
    });

    test("a browser that wrongly believes to be offline: signed in, renewed, signed out", async (t) => {
      const { first: tab, line } = await startApp(t, browser, packed, { way });
      const response = await tab.signInThere();
      await tab.set({ isOffline: true });
      assert.equal((await tab.call(handIn(response))).value?.handled, true);
      assert.deepEqual(await tab.call("(await auth.refresh()).status"), { value: "fresh" });
      assert.equal(await tab.me(), 200);
      assert.deepEqual(await tab.call("auth.signOut()"), { value: { outcome: "revoked" } });
      assert.equal(line.tokens.length, 2);
    });

    test("nothing was sent off this machine", () => {
      assert.deepEqual(browser.sentinel.reached.filter((host) => host !== "login.test:443"), []);
    });
  });
}
