// The check-up with a sign-in by popup: whether the redirect URI is registered, and whether the server compares verifiers.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Windows } from "../popup/windows.mjs";
import { WORKER_POLICY } from "../support/app.mjs";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { Visitor, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { UNREACHABLE, assertFound, outcome } from "./findings.mjs";
import { startSite } from "./site.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** What is broken, as `startSite` takes it → what is found instead. `user`: what the user does in the window. */
const ROWS = {
  nothing: { found: { registration: "ok", pkce: "ok" } },
  "nothing, with a worker": {
    entry: "worker",
    policy: WORKER_POLICY,
    found: { registration: "ok", pkce: "ok" },
  },
  "PKCE is ignored": {
    server: { pkceIgnored: true },
    found: { metadata: "pkce_not_announced", registration: "ok", pkce: "pkce_not_enforced" },
    areTokensGiven: true,
  },
  "the redirect URI is not registered": {
    registered: (origin) => [`${origin}/callback/`],
    user: "close",
    found: { registration: "redirect_uri_not_registered" },
    says: /trailing slash included: http:\/\/localhost:\d+\/callback"/,
  },
  "the user says no": { user: "deny", found: { registration: "ok" } },
  "a secret is demanded": {
    server: { secretRequired: true },
    found: { metadata: "client_auth_required", token_endpoint: "client_auth_required", registration: "ok" },
  },
  "CORS is off": {
    server: { cors: false },
    found: {
      ...UNREACHABLE,
      token_endpoint: "cors_blocked",
      revocation_endpoint: "cors_blocked",
      token_info_endpoint: "cors_blocked",
      api: "cors_blocked",
      registration: "ok",
    },
  },
  "windows are kept apart": {
    headers: { "cross-origin-opener-policy": "same-origin" },
    user: "ignore",
    found: { registration: "opener_severed" },
  },
};

inEveryEngine("check-up by popup", (browser) => {
  let windows;

  async function start(t, broken) {
    const site = await startSite(t, browser, packed, broken);
    windows = await Windows.of(browser.driver);
    return site;
  }

  afterEach(() => windows?.closeOthers());

  const USERS = {
    allow: (visitor) => visitor.signInThere({ isPopup: true }),
    deny: (visitor) => visitor.signInThere({ isPopup: true, answer: "deny" }),
    // Reads what the server says, and closes the window.
    close: async (visitor) => {
      await until("the server's page is there", () =>
        visitor.ask("return document.readyState === 'complete' && location.href !== 'about:blank'"),
      );
      await windows.popupIsSeen();
      await windows.close();
    },
    ignore: () => {},
  };

  for (const [what, broken] of Object.entries(ROWS)) {
    test(`broken: ${what}`, async (t) => {
      const { driver } = browser;
      const { origin, sandbox, secrets } = await start(t, broken);
      if (broken.registered) sandbox.setRedirectUris(broken.registered(origin));
      const popup = await windows.openByClick("check-up");
      await USERS[broken.user ?? "allow"](new Visitor(driver, origin));
      if (broken.user !== "ignore") await until("the window is closed", async () => !(await windows.isOpen(popup)));
      await windows.backToMain();
      const seen = await outcome(driver);
      assertFound(seen, broken, secrets);
      assert.equal(seen.session.signedIn, false, "a session came of it");
      const given = tokenRequests(sandbox).filter(({ status }) => status === 200);
      assert.equal(given.length, broken.areTokensGiven ? 1 : 0);
      const revoked = sandbox.requests.filter(({ path }) => path === "/oauth/revoke").map(({ sent }) => sent?.token);
      for (const { issued } of given) assert.ok(revoked.includes(issued.access_token), "the tokens are still good");
    });
  }

  test("without a click there is no window, and the rest is found all the same", async (t) => {
    const { secrets } = await start(t, {});
    await browser.driver.executeScript("setTimeout(() => checkUp({ options: { popup: true } }))");
    assertFound(await outcome(browser.driver), { found: { registration: "popup_blocked" } }, secrets);
  });
});
