// The demo's popup, opened by a user's own click.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Windows } from "../popup/windows.mjs";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { Visitor, startDemo, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inTwoEngines("demo's popup", (browser) => {
  let windows;

  async function visit(t) {
    const demo = await startDemo(t, packed.dist);
    const visitor = new Visitor(browser.driver, demo.page);
    await visitor.open();
    await visitor.forget();
    await visitor.ask("localStorage.clear()");
    await visitor.open();
    windows = await Windows.of(browser.driver);
    return { demo, visitor };
  }

  async function openPopup(visitor) {
    const isReady = "return document.getElementById('sign-in-popup').disabled === false";
    await until("the popup is ready to open", () => visitor.ask(isReady));
    return windows.openByClick("sign-in-popup");
  }

  afterEach(() => windows.closeOthers());

  for (const worker of [false, true]) {
    test(`signs in, and the page stays where it is${worker ? "; in a worker" : ""}`, async (t) => {
      const { demo, visitor } = await visit(t);
      if (worker) await visitor.click("mode-worker");
      await visitor.ask("window.wasHereAllAlong = true");
      const popup = await openPopup(visitor);
      await visitor.signInThere({ isPopup: true });
      await until("the window is closed", async () => !(await windows.isOpen(popup)));
      await windows.backToMain();
      await visitor.shows("session-status", "fresh");
      await visitor.shows("session-environment", "sandbox");
      assert.equal(await visitor.ask("return wasHereAllAlong"), true);
      assert.equal(await visitor.url(), `${demo.page}/`);
      assert.equal(tokenRequests(demo.sandbox).length, 1);
      await visitor.click("api-send");
      await visitor.shows("api-status", "200");
      await visitor.holdsNothingOf(demo.sandbox);
      assert.equal(await visitor.ask("return document.getElementById('sign-in-popup').disabled"), false);
    });
  }

  test("a sign-in to the other environment ends the session before", async (t) => {
    const { demo, visitor } = await visit(t);
    for (const environment of ["sandbox", "production"]) {
      const choose = `
        const select = document.getElementById("environment");
        select.value = arguments[0];
        select.dispatchEvent(new Event("change"));
      `;
      await visitor.ask(choose, environment);
      const popup = await openPopup(visitor);
      await visitor.signInThere({ isPopup: true });
      await until("the window is closed", async () => !(await windows.isOpen(popup)));
      await windows.backToMain();
      await visitor.shows("session-environment", environment);
      assert.equal(tokenRequests(demo[environment]).length, 1);
    }
    const isRevoked = () => demo.sandbox.requests.some(({ path, status }) => path === "/oauth/revoke" && status === 200);
    await until("the session before is revoked", isRevoked);
  });

  test("the user says no", async (t) => {
    const { demo, visitor } = await visit(t);
    await openPopup(visitor);
    await visitor.signInThere({ answer: "deny", isPopup: true });
    await windows.backToMain();
    await visitor.shows("error-code", "access_denied");
    assert.equal(tokenRequests(demo.sandbox).length, 0);
    await visitor.holdsNothingOf(demo.sandbox);
  });

  test("the login page cuts the window off, and both pages say so", async (t) => {
    const { demo, visitor } = await visit(t);
    demo.sandbox.switches.set({ loginCoop: "same-origin" });
    await openPopup(visitor);
    await visitor.signInThere({ isPopup: true });
    await visitor.arrived();
    await visitor.shows("error-code", "opener_severed");
    assert.equal(await visitor.url(), `${demo.page}/callback`);
    await visitor.holdsNothingOf(demo.sandbox);
    await windows.backToMain();
    await visitor.shows("error-code", "opener_severed");
    assert.equal(tokenRequests(demo.sandbox).length, 0);
    // What it advises works. The login page remembers its user, whom it is to ask again.
    await visitor.forget();
    await visitor.click("sign-in");
    await visitor.signInThere();
    await visitor.shows("session-status", "fresh");
  });
});
