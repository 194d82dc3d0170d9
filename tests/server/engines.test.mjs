// The engines that the server can act as: what each one says to a client that has something wrong.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser, PAGE, authorizeUrl, get, getCode, isAlive, pkce, redeem, refresh, revoke, signIn, startForTest } from "./agent.mjs";

const UNKNOWN = "nobody-has-this-client-id";

/** engine → the answers as `status word`, in the order of `ask`. */
const ENGINES = {
  doorkeeper: ["400 invalid_grant", "400 invalid_grant", "401 invalid_client", "400 invalid_grant", "200", "403 unauthorized_client", "401 invalid_token", "404 not_found", "200"],
  "oidc-provider": ["400 invalid_grant", "400 invalid_grant", "401 invalid_client", "400 invalid_grant", "200", "401 invalid_client", "401 invalid_token", "200", "400"],
  "django-oauth-toolkit": ["400 invalid_grant", "400 invalid_grant", "401 invalid_client", "400 invalid_grant", "200", "401 invalid_client", "403", "200", "400"],
  glewlwyd: ["403 invalid_code", "403 invalid_code", "403 unauthorized_client", "400", "401", "401", "401 invalid_token", "404 not_found", "403"],
  "ts-oauth2-server": ["400 invalid_request", "400 invalid_request", "401 invalid_client", "400 invalid_request", "200", "401 invalid_client", "401 invalid_token", "404 not_found", "401"],
  authlib: ["400 invalid_grant", "400 invalid_grant", "400 invalid_client", "400 invalid_grant", "200", "400 invalid_client", "401 invalid_token", "404 not_found", "400"],
};

async function ask(sandbox) {
  const { verifier } = pkce();
  const answers = [
    await redeem(sandbox, { code: "made-up", verifier }),
    await redeem(sandbox, { ...(await getCode(sandbox, { scope: "read" })), verifier }),
    await redeem(sandbox, { code: "made-up", verifier }, { client_id: UNKNOWN }),
    await refresh(sandbox, "made-up"),
    await revoke(sandbox, "made-up"),
    await revoke(sandbox, "made-up", { client_id: UNKNOWN }),
    await get(sandbox, "/rest/v1.0/me", "made-up"),
    await get(sandbox, "/.well-known/oauth-authorization-server"),
  ];
  const { status } = await new Browser().follow(authorizeUrl(sandbox, { client_id: UNKNOWN, scope: "read" }));
  return [...answers, { status }].map(({ status, body }) => [status, body?.error].filter(Boolean).join(" "));
}

for (const [actsAs, answers] of Object.entries(ENGINES)) {
  test(`acts as ${actsAs}: refuses in its words, and lets sign in`, async (t) => {
    const { sandbox } = await startForTest(t);
    sandbox.switches.set({ actsAs });
    assert.deepEqual(await ask(sandbox), answers);
    const tokens = await signIn(sandbox, { scope: "read" });
    assert.ok(await isAlive(sandbox, tokens.access_token));
    assert.equal((await refresh(sandbox, tokens.refresh_token)).status, 200);
  });
}

async function acting(t, actsAs) {
  const { sandbox } = await startForTest(t);
  sandbox.switches.set({ actsAs });
  return sandbox;
}

test("doorkeeper keeps a request without a scope on its own page, with 200", async (t) => {
  const sandbox = await acting(t, "doorkeeper");
  const { status, html } = await new Browser().follow(authorizeUrl(sandbox));
  assert.equal(status, 200);
  assert.match(html, /Missing required parameter: scope/);
});

test("glewlwyd knows no client whose redirect URI is not registered", async (t) => {
  const sandbox = await acting(t, "glewlwyd");
  const { status, body } = await redeem(sandbox, { code: "made-up" }, { redirect_uri: `${PAGE}/elsewhere` });
  assert.deepEqual([status, body], [403, { error: "unauthorized_client" }]);
});

const preflight = ({ origin }, asked) =>
  fetch(`${origin}/rest/v1.0/me`, {
    method: "OPTIONS",
    headers: { origin: PAGE, "access-control-request-method": "GET", "access-control-request-headers": asked },
  });

test("django-oauth-toolkit allows no header of Procore's, and cuts popups off", async (t) => {
  const sandbox = await acting(t, "django-oauth-toolkit");
  const { headers } = await preflight(sandbox, "authorization, procore-company-id");
  assert.doesNotMatch(headers.get("access-control-allow-headers"), /procore/);
  const page = await new Browser().follow(authorizeUrl(sandbox, { client_id: UNKNOWN }));
  assert.equal(page.response.headers.get("cross-origin-opener-policy"), "same-origin");
});

test("oidc-provider lets only a client's own origins read what the client is answered", async (t) => {
  const sandbox = await acting(t, "oidc-provider");
  const readable = async (client_id) => {
    const { headers } = await redeem(sandbox, { code: "made-up" }, { client_id });
    return headers.get("access-control-allow-origin") === PAGE;
  };
  assert.equal(await readable(sandbox.clientId), true);
  sandbox.setRedirectUris(["http://localhost:9999/callback"]);
  assert.equal(await readable(sandbox.clientId), false);
  assert.equal(await readable(UNKNOWN), true);
});

test("authlib sends a scope that nobody knows back to the client", async (t) => {
  const sandbox = await acting(t, "authlib");
  const { left } = await new Browser().follow(authorizeUrl(sandbox, { scope: "no-such-scope" }));
  assert.equal(left.href, `${PAGE}/callback?error=invalid_scope&state=st`);
});
