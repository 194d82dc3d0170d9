// The check-up at six engines, as the demo's server acts them: nothing is found where all is well, and each fault is called by
// its name, whatever the engine calls it.

import { after, before, test } from "node:test";
import { inTwoEngines } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { assertFound, outcome } from "./findings.mjs";
import { startSite } from "./site.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** engine → what is found there that is no fault of the application's: most have no such endpoint as Procore's. */
const ENGINES = {
  doorkeeper: { metadata: "not_checked" },
  "oidc-provider": {},
  "django-oauth-toolkit": { api: "company_header_blocked" },
  glewlwyd: { metadata: "not_checked", revocation_endpoint: "client_auth_required" },
  "ts-oauth2-server": { metadata: "not_checked" },
  authlib: { metadata: "not_checked" },
};

const CLIENT = { token_endpoint: "client_auth_required", revocation_endpoint: "client_auth_required" };
const SECRET_OR_UNKNOWN = /wants a client secret, or does not know this client ID/;
const NOT_ALLOWED_OR_UNKNOWN = /does not know this client ID with this redirect URI, wants a client secret, or/;

/** What else is found where the client ID is unknown, and where the application is a confidential one. */
const REFUSED = {
  doorkeeper: [{ ...CLIENT, revocation_endpoint: "unauthorized_client" }, { token_endpoint: "client_auth_required" }],
  "oidc-provider": [CLIENT, { ...CLIENT, metadata: "client_auth_required" }],
  "django-oauth-toolkit": [{ ...CLIENT, metadata: "client_auth_required" }, { ...CLIENT, metadata: "client_auth_required" }],
  glewlwyd: [{ token_endpoint: "unauthorized_client" }, { token_endpoint: "unauthorized_client" }],
  "ts-oauth2-server": [CLIENT, CLIENT],
  authlib: [CLIENT, CLIENT],
};

const ROWS = Object.entries(ENGINES).flatMap(([actsAs, usual]) => {
  const says = actsAs === "glewlwyd" ? NOT_ALLOWED_OR_UNKNOWN : SECRET_OR_UNKNOWN;
  const [unknown, confidential] = REFUSED[actsAs].map((found) => ({ ...usual, ...found }));
  return [
    [`${actsAs}: nothing`, { server: { actsAs }, found: usual }],
    [`${actsAs}: the client ID is another one`, { server: { actsAs }, clientId: "another-client-id", found: unknown, says }],
    [`${actsAs}: a secret is demanded`, { server: { actsAs, secretRequired: true }, found: confidential, says }],
  ];
});

ROWS.push(
  [
    "glewlwyd: the redirect URI is not registered",
    {
      server: { actsAs: "glewlwyd" },
      registered: ["http://localhost:1/callback"],
      found: { ...ENGINES.glewlwyd, token_endpoint: "unauthorized_client" },
      says: NOT_ALLOWED_OR_UNKNOWN,
    },
  ],
  [
    "oidc-provider: the page is no page of the application's",
    {
      server: { actsAs: "oidc-provider" },
      registered: ["http://localhost:1/callback"],
      found: { token_endpoint: "cors_blocked", revocation_endpoint: "cors_blocked" },
      says: /the server knows this client ID, and not this page as one of its application's/,
    },
  ],
);

inTwoEngines("check-up at other engines", (browser) => {
  for (const [what, broken] of ROWS) {
    test(what, async (t) => {
      const { sandbox, secrets } = await startSite(t, browser, packed, broken);
      if (broken.registered) sandbox.setRedirectUris(broken.registered);
      await browser.driver.executeScript("checkUp()");
      assertFound(await outcome(browser.driver), broken, secrets);
    });
  }
});
