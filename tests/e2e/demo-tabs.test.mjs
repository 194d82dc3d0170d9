// The demo page in two tabs, in both of the ways that its client can run.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { Visitor, startDemo, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inOneEngine("demo in tabs", (browser) => {
  for (const boxes of [["mode-persist"], ["mode-persist", "mode-worker"], []]) {
    const title = boxes.join(" and ") || "in memory";
    test(`${title}: signed in and out in one tab, seen in the other`, async (t) => {
      const { driver } = browser;
      const demo = await startDemo(t, packed.dist);
      const visitor = new Visitor(driver, demo.page);
      await visitor.open();
      await visitor.forget();
      await visitor.ask("localStorage.clear()");
      await visitor.open();
      for (const box of boxes) await visitor.click(box);
      const isShared = boxes.length > 0;

      const first = await driver.getWindowHandle();
      await driver.switchTo().newWindow("tab");
      const second = await driver.getWindowHandle();
      t.after(async () => {
        await driver.switchTo().window(second);
        await driver.close();
        await driver.switchTo().window(first);
      });
      await visitor.open();
      await until("both tabs are listed", () =>
        visitor.ask("return document.querySelectorAll('#tab-list li').length === 2"),
      );

      await driver.switchTo().window(first);
      await visitor.click("sign-in");
      await visitor.signInThere();
      await visitor.shows("session-status", "fresh");

      await driver.switchTo().window(second);
      if (!isShared) {
        await visitor.shows("session-status", "signed_out");
        await visitor.click("sign-in");
        await visitor.signInThere({ passwords: [] });
      }
      await visitor.shows("session-status", "fresh");
      await visitor.click("api-send");
      await visitor.shows("api-status", "200");
      assert.equal(tokenRequests(demo.sandbox).length, isShared ? 1 : 2);

      await visitor.click("sign-out");
      await visitor.shows("sign-out-outcome", "revoked");
      await driver.switchTo().window(first);
      await visitor.shows("session-status", "signed_out");
      const revocations = () =>
        demo.sandbox.requests.filter(({ path, method }) => path === "/oauth/revoke" && method === "POST");
      await until("each token is revoked by name", () => revocations().length === (isShared ? 2 : 4));
      assert.equal(demo.sandbox.expireAccessTokens(), 0, "no access token was alive any more");
    });
  }
});
