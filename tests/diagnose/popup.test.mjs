// The check-up with a sign-in by popup: whether the redirect URI is registered, and whether the server compares verifiers.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Windows } from "../popup/windows.mjs";
import { WORKER_POLICY } from "../support/app.mjs";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { Visitor, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { BLOCKED, UNREACHABLE, assertFound, outcome } from "./findings.mjs";
import { startSite } from "./site.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** What is broken, as `startSite` takes it → what is found instead. `user`: what the user does in the window; `none` where the server sends it back by itself. */
const ROWS = {
  nothing: { found: { registration: "ok", pkce: "ok" } },
  "nothing, with a worker": {
    entry: "worker",
    policy: WORKER_POLICY,
    found: { registration: "ok", pkce: "ok" },
  },
  "nothing, at a server with a word of its own for a wrong verifier (glewlwyd)": {
    server: { actsAs: "glewlwyd" },
    found: {
      metadata: "not_checked",
      revocation_endpoint: "client_auth_required",
      registration: "ok",
      pkce: "ok",
    },
    says: /refused a code with a wrong verifier, by unknown_error/,
  },
  "nothing, at a server that calls a wrong verifier an invalid request (ts-oauth2-server)": {
    server: { actsAs: "ts-oauth2-server" },
    found: { metadata: "not_checked", registration: "ok", pkce: "ok" },
    says: /refused a code with a wrong verifier, by invalid_request/,
  },
  "PKCE is ignored, and no token can be revoked": {
    server: { actsAs: "glewlwyd", pkceIgnored: true },
    found: {
      metadata: "not_checked",
      revocation_endpoint: "client_auth_required",
      registration: "ok",
      pkce: "pkce_not_enforced",
    },
    says: /They may still be good/,
    areTokensGiven: true,
  },
  "PKCE is ignored": {
    server: { pkceIgnored: true },
    found: { metadata: "pkce_not_announced", registration: "ok", pkce: "pkce_not_enforced" },
    areTokensGiven: true,
  },
  "nothing, through a token mediator": {
    mediator: "right",
    found: { metadata: "not_checked", revocation_endpoint: "not_checked", registration: "ok", pkce: "ok" },
  },
  "PKCE is ignored by the server behind a token mediator": {
    mediator: "right",
    server: { pkceIgnored: true },
    found: { metadata: "not_checked", revocation_endpoint: "not_checked", registration: "ok", pkce: "pkce_not_enforced" },
    says: /They are revoked/,
    areTokensGiven: true,
  },
  "the redirect URI is not registered": {
    registered: (origin) => [`${origin}/callback/`],
    user: "close",
    found: { registration: "login_not_returned" },
    says: /If it was an error: the redirect URI is not registered \(.*trailing slash included: http:\/\/localhost:\d+\/callback \); or no scope/,
  },
  "no scope is configured, and the server wants one": {
    server: { actsAs: "doorkeeper" },
    user: "close",
    found: { metadata: "not_checked", registration: "login_not_returned" },
    says: /or no scope is configured, and the server has no default one/,
  },
  "the login page cuts the window off (django-oauth-toolkit)": {
    server: { actsAs: "django-oauth-toolkit" },
    user: "ignore",
    found: { api: "company_header_blocked", registration: "opener_severed" },
  },
  "the client ID is another one": {
    clientId: "another-client-id",
    user: "close",
    found: {
      token_endpoint: "client_auth_required",
      revocation_endpoint: "unauthorized_client",
      registration: "login_not_returned",
    },
    says: /If it was an error: the client ID is not known there, which the token endpoint's answer suggests;/,
  },
  "the server is down": {
    server: { down: true },
    user: "closeAtOnce",
    found: { ...UNREACHABLE, registration: "network_error" },
    says: /the server is down, or its address is wrong/,
  },
  "the scope is refused": {
    server: { actsAs: "authlib" },
    config: { scope: "no-such-scope" },
    user: "none",
    found: { metadata: "not_checked", registration: "invalid_scope" },
    says: /comes back to .* but no sign-in comes of it/,
  },
  "the user says no": { user: "deny", found: { registration: "ok" } },
  "a secret is demanded": {
    server: { secretRequired: true },
    found: { metadata: "client_auth_required", token_endpoint: "client_auth_required", registration: "ok" },
    says: /It knows this client ID, and wants a client secret/,
  },
  "CORS is off": { server: { cors: false }, found: { ...BLOCKED, registration: "ok" } },
  "windows are kept apart": {
    headers: { "cross-origin-opener-policy": "same-origin" },
    user: "ignore",
    found: { registration: "opener_severed" },
  },
};

inTwoEngines("check-up by popup", (browser) => {
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
    closeAtOnce: async () => {
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
      if (broken.user === "none") {
        // The window may be gone again before anybody sees it.
        await windows.click("check-up");
      } else {
        const popup = await windows.openByClick("check-up");
        await USERS[broken.user ?? "allow"](new Visitor(driver, origin));
        if (broken.user !== "ignore") await until("the window is closed", async () => !(await windows.isOpen(popup)));
      }
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
