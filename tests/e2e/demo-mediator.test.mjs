// The demo through its token mediator, at a server that demands the secret.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { Visitor, startDemo, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inOneEngine("demo through a token mediator", (browser) => {
  test("signed in, calls the API, reloaded, signed out; without it the server refuses", async (t) => {
    const { driver } = browser;
    const demo = await startDemo(t, packed.dist, browser.engine);
    demo.sandbox.switches.set({ secretRequired: true });
    const visitor = new Visitor(driver, demo.page);
    await visitor.open();
    await visitor.forget();
    await visitor.ask("localStorage.clear()");
    await visitor.open();
    await visitor.click("sign-in");
    await visitor.signInThere();
    await visitor.shows("error-code", "client_auth_required");

    await visitor.open();
    demo.sandbox.switches.set({ secretRequired: false });
    await visitor.click("mode-mediator");
    await until("the server demands it", () => demo.sandbox.switches.secretRequired && demo.production.switches.secretRequired);
    await visitor.click("sign-in");
    await visitor.signInThere({ passwords: [] });
    await visitor.shows("session-status", "fresh");
    await visitor.click("api-send");
    await visitor.shows("api-status", "200");
    await visitor.open();
    await visitor.shows("session-status", "fresh");
    assert.ok(tokenRequests(demo.sandbox).length > 0);
    const page = await visitor.ask("return document.documentElement.outerHTML + JSON.stringify([{ ...localStorage }, { ...sessionStorage }])");
    assert.ok(!/client_secret|clientSecret/.test(page), "the page knows of no secret");
    await visitor.click("sign-out");
    await visitor.shows("sign-out-outcome", "revoked");
    await visitor.ask("document.getElementById('mode-mediator').click()");
    assert.equal(demo.sandbox.expireAccessTokens(), 0, "no access token is alive any more");
  });
});
