// The packed package in the demo page, under its strict policy, against the demo's real authorization server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { Visitor, startDemo, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const DOORKEEPER = {
  oldAccessTokenDies: true,
  oldRefreshTokenLives: true,
  noReuseDetection: true,
  errorsOnOwnPage: true,
  issOff: true,
};

inTwoEngines("demo", (browser) => {
  /** A visitor at a demo of this test's own. */
  async function visit(t, path) {
    const demo = await startDemo(t, packed.dist);
    const visitor = new Visitor(browser.driver, demo.page);
    await visitor.open(path);
    await visitor.forget();
    t.after(async () => {
      // Chromium tells of what a policy stopped; the demo's own is to stop nothing.
      if (browser.engine !== "chromium") return;
      const entries = await browser.driver.manage().logs().get("browser");
      assert.deepEqual(
        entries.map(({ message }) => message).filter((text) => /Content.Security.Policy|Trusted/.test(text)),
        [],
      );
    });
    return { demo, visitor };
  }

  async function signedIn(t, switches = {}) {
    const { demo, visitor } = await visit(t);
    demo.sandbox.switches.set(switches);
    await visitor.click("sign-in");
    await visitor.signInThere();
    await visitor.shows("session-status", "fresh");
    return { demo, visitor };
  }

  async function callApi(visitor, status) {
    await visitor.click("api-send");
    await visitor.shows("api-status", status);
  }

  for (const [name, switches] of Object.entries({ "a strict server": {}, "a server like Doorkeeper": DOORKEEPER })) {
    test(`sign in, call the API, expire, renew, sign out, at ${name}`, async (t) => {
      const { demo, visitor } = await signedIn(t, switches);
      assert.equal(await visitor.url(), `${demo.page}/`);
      assert.equal(tokenRequests(demo.sandbox).length, 1);
      await visitor.holdsNothingOf(demo.sandbox);

      await callApi(visitor, "200");
      assert.match(await visitor.text("api-body"), /pat@example\.com/);

      demo.sandbox.expireAccessTokens();
      await callApi(visitor, "200");
      assert.equal(tokenRequests(demo.sandbox).length, 2, "renewed once");

      await visitor.click("refresh");
      await until(
        "renewed again",
        () => tokenRequests(demo.sandbox).filter(({ status }) => status === 200).length === 3,
      );
      await visitor.shows("session-status", "fresh");
      await callApi(visitor, "200");
      await visitor.holdsNothingOf(demo.sandbox);

      await visitor.click("sign-out");
      await visitor.shows("sign-out-outcome", "revoked");
      await visitor.shows("session-status", "signed_out");
      await callApi(visitor, "not_signed_in");
      const revoked = demo.sandbox.requests.filter(({ path, method }) => path === "/oauth/revoke" && method === "POST");
      assert.ok(revoked.length && revoked.every(({ status }) => status === 200));
      await visitor.holdsNothingOf(demo.sandbox);
      assert.deepEqual(
        demo.production.requests.filter(({ method }) => method === "POST"),
        [],
        "the other environment was asked",
      );
    });
  }

  test("the user says no", async (t) => {
    const { demo, visitor } = await visit(t);
    await visitor.click("sign-in");
    await visitor.signInThere({ answer: "deny" });
    await visitor.shows("error-code", "access_denied");
    assert.equal(await visitor.url(), `${demo.page}/callback`);
    assert.equal(tokenRequests(demo.sandbox).length, 0);
    await visitor.holdsNothingOf(demo.sandbox);
  });

  test("a wrong password first", async (t) => {
    const { visitor } = await visit(t);
    await visitor.click("sign-in");
    await visitor.signInThere({ passwords: ["wrong", "sandbox-demo"] });
    await visitor.shows("session-status", "fresh");
  });

  test("implicit", async (t) => {
    const { demo, visitor } = await visit(t);
    await visitor.click("sign-in-implicit");
    await visitor.signInThere();
    await visitor.shows("session-status", "fresh");
    await visitor.shows("session-flow", "implicit");
    assert.equal(await visitor.url(), `${demo.page}/`);
    assert.equal(tokenRequests(demo.sandbox).length, 0);
    await visitor.holdsNothingOf(demo.sandbox);
    await callApi(visitor, "200");
    await visitor.click("sign-out");
    await visitor.shows("sign-out-outcome", "revoked");
    await visitor.holdsNothingOf(demo.sandbox);
  });

  test("a server that demands the secret", async (t) => {
    const { demo, visitor } = await visit(t);
    demo.sandbox.switches.set({ secretRequired: true });
    await visitor.click("sign-in");
    await visitor.signInThere();
    await visitor.shows("error-code", "client_auth_required");
    assert.equal(tokenRequests(demo.sandbox).length, 1);
    assert.equal(await visitor.url(), `${demo.page}/callback`);
    await visitor.holdsNothingOf(demo.sandbox);
  });

  test("a forged redirect", async (t) => {
    const { demo, visitor } = await visit(t, "/callback?code=forged&state=forged");
    await visitor.shows("error-code", "no_transaction");
    assert.equal(tokenRequests(demo.sandbox).length, 0);
  });

  test("a replayed redirect", async (t) => {
    const { demo, visitor } = await signedIn(t);
    await visitor.click("attack-replay");
    const refused = "return document.querySelector('#attack-replay-result code')?.textContent";
    assert.equal(await until("the replay has a verdict", () => visitor.ask(refused)), "no_transaction");
    assert.equal(tokenRequests(demo.sandbox).length, 1);
  });

  test("attacks that stay on the page", async (t) => {
    const { visitor } = await visit(t);
    await visitor.click("attack-all");
    const count = "return [...document.querySelectorAll('.verdict')].filter(({ dataset }) => dataset.kind).length";
    await until("all have a verdict", async () => (await visitor.ask(count)) >= 8);
    assert.deepEqual(
      await visitor.ask("return [...document.querySelectorAll('.verdict[data-kind=bad]')].map(({ id }) => id)"),
      [],
    );
  });

  test("requests that must not carry the token", async (t) => {
    const { demo, visitor } = await signedIn(t);
    const refusals = {
      "api-evil-origin": "resource_origin_forbidden",
      "api-other-environment": "resource_origin_forbidden",
      "api-token-in-url": "token_in_url",
      "api-own-authorization": "param_reserved",
    };
    for (const [id, code] of Object.entries(refusals)) {
      await visitor.click(id);
      await visitor.shows("api-status", code);
    }
    assert.deepEqual(
      demo.production.requests.filter(({ path }) => path.startsWith("/rest/")),
      [],
    );
  });

  test("CORS is off: the code is sent once, and never again", async (t) => {
    const { demo, visitor } = await visit(t);
    demo.sandbox.switches.set({ cors: false });
    await visitor.click("sign-in");
    await visitor.signInThere();
    await visitor.shows("error-code", "network_error");
    assert.equal(tokenRequests(demo.sandbox).length, 1);
    await visitor.holdsNothingOf(demo.sandbox);
  });

  test("the server is down", async (t) => {
    const { demo, visitor } = await signedIn(t);
    demo.sandbox.switches.set({ down: true });
    await callApi(visitor, "network_error");
    await visitor.click("sign-out");
    await visitor.shows("sign-out-outcome", "revoke_pending");
    await visitor.shows("session-status", "signed_out");
  });

  test("the answer to a renewal is lost: it is not asked for again", async (t) => {
    const { demo, visitor } = await signedIn(t);
    demo.sandbox.switches.set({ loseAnswer: "token" });
    await visitor.click("refresh");
    await visitor.shows("error-code", "reauth_required");
    // Chromium itself sends a POST again whose reused connection ended without an answer; then the server has said no.
    assert.match(await visitor.text("session-status"), /^(in_doubt|signed_out)$/);
    await visitor.click("refresh");
    await until("that is refused, too", async () =>
      /^(reauth_required|not_signed_in)$/.test(await visitor.text("error-code")),
    );
    const sent =
      "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/oauth/token')).length";
    // The code, and one renewal, which WebKit does not list because it failed.
    assert.ok((await visitor.ask(sent)) <= 2, "the page sent the renewal again");
    assert.ok(tokenRequests(demo.sandbox).length <= 3);
  });

  test("two sign-ins at once, in two tabs", async (t) => {
    const { demo, visitor } = await visit(t);
    const { driver } = browser;
    const first = await driver.getWindowHandle();
    await visitor.click("sign-in");
    await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('email'))"));
    await driver.switchTo().newWindow("tab");
    const second = await driver.getWindowHandle();
    try {
      await visitor.open();
      await visitor.click("sign-in");
      await visitor.signInThere();
      await visitor.shows("session-status", "fresh");
      await driver.switchTo().window(first);
      await visitor.signInThere();
      await visitor.shows("session-status", "fresh");
      await driver.switchTo().window(second);
      await visitor.shows("session-status", "fresh");
    } finally {
      await driver.switchTo().window(second);
      await driver.close();
      await driver.switchTo().window(first);
    }
    const codes = tokenRequests(demo.sandbox).map(({ sent }) => sent.code);
    assert.equal(new Set(codes).size, 2);
  });

  test("reloading after the redirect exchanges nothing", async (t) => {
    const { demo, visitor } = await signedIn(t);
    await browser.driver.navigate().refresh();
    await visitor.arrived();
    await visitor.shows("session-status", "signed_out");
    assert.equal(tokenRequests(demo.sandbox).length, 1);
    assert.equal(await visitor.text("error-code"), "");
  });

  test("the Back button finds no code", async (t) => {
    // A tab of its own: a history has room for 50 entries only, and other tests have filled it.
    const { driver } = browser;
    const first = await driver.getWindowHandle();
    await driver.switchTo().newWindow("tab");
    try {
      const { demo, visitor } = await visit(t);
      const before = await visitor.ask("return history.length");
      await visitor.click("sign-in");
      await visitor.signInThere();
      await visitor.shows("session-status", "fresh");
      const seen = [];
      for (let left = (await visitor.ask("return history.length")) - before; left > 0; left -= 1) {
        await driver.navigate().back();
        seen.push(await visitor.url());
      }
      assert.ok(seen.length, "the sign-in left entries in the history");
      for (const url of seen) assert.doesNotMatch(url, /[?&#](code|access_token)=/);
      assert.equal(tokenRequests(demo.sandbox).length, 1);
    } finally {
      await driver.close();
      await driver.switchTo().window(first);
    }
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
