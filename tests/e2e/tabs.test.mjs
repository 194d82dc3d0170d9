// One session in many tabs: `persist: "tab"`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

for (const way of ["page", "worker"]) {
  inEveryEngine(`tabs, ${way}`, (browser) => {
    const signedIn = (t, more) => startSignedIn(t, browser, packed, { way, ...more });

    test("a session survives a reload", async (t) => {
      const { first, line } = await signedIn(t);
      await first.open();
      assert.equal(await first.status(), "fresh");
      assert.equal(await first.me(), 200);
      assert.equal(line.tokens.length, 1);
      assert.deepEqual(await first.call("(await auth.refresh()).status"), { value: "fresh" });
      await first.open();
      assert.deepEqual(await first.call("(await auth.refresh()).status"), { value: "fresh" });
      assert.equal(line.tokens.length, 3);
      assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoked" } });
      await first.open();
      assert.equal(await first.status(), "signed_out");
    });

    test("A210: eight tabs renew at once: one request, one token for all", async (t) => {
      const { tabs, line } = await signedIn(t, { count: 8 });
      const held = line.hold();
      for (const tab of tabs) await tab.begin("(await auth.refresh()).status");
      await held.arrived;
      held.open();
      for (const tab of tabs) assert.deepEqual(await tab.outcome(), { value: "fresh" });
      assert.equal(line.refreshes, 1);
      for (const tab of tabs) assert.equal(await tab.me(), 200);
    });
  });
}
