// One session in many tabs: `persist: "tab"`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

for (const way of ["code", "worker"]) {
  inEveryEngine(`tabs, ${way}`, (browser) => {
    const apps = new Apps(browser, () => packed);
    const signedIn = async (t, more = {}) => {
      const app = await apps.start(t, { way, options: { persist: "tab" }, ...more });
      const outcome = await apps.signIn(app.visitor);
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      return app;
    };

    test("a session survives a reload", async (t) => {
      const { visitor, sandbox } = await signedIn(t);
      await visitor.open(`/${way}/start`);
      assert.equal(await visitor.ask("return auth.session.status"), "fresh");
      assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
      assert.equal(tokenRequests(sandbox).length, 1);
      assert.deepEqual(await apps.call("(await auth.refresh()).status"), { value: "fresh" });
      await visitor.open(`/${way}/start`);
      assert.deepEqual(await apps.call("(await auth.refresh()).status"), { value: "fresh" });
      assert.equal(tokenRequests(sandbox).length, 3);
      assert.deepEqual(await apps.call("auth.signOut()"), { value: { outcome: "revoked" } });
      await visitor.open(`/${way}/start`);
      assert.equal(await visitor.ask("return auth.session.status"), "signed_out");
    });
  });
}
