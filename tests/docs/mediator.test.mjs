// The reference mediator, between the built package and a server that refuses every request without the secret.

import assert from "node:assert/strict";
import test from "node:test";
import { createProcoreAuth } from "../../pkg/dist/index.js";
import { startServer } from "../../www/server/index.mjs";
import { Browser } from "../server/agent.mjs";
import { exampleMediator } from "../support/mediator.mjs";
import { openDoor } from "../support/servers.mjs";
import { becomePage } from "./page.mjs";

/** The demo's sandbox with the secret demanded, the mediator, and a page on the mediator's origin. */
async function setUp(t) {
  const { origin, answer, close } = await openDoor();
  t.after(close);
  const server = await startServer({ ports: { sandbox: 0, production: 0 }, pageOrigins: [origin] });
  t.after(() => server.close());
  const { sandbox } = server.environments;
  sandbox.switches.secretRequired = true;
  const [clientId, clientSecret] = [sandbox.clientId, sandbox.resetClientSecret()];
  answer(exampleMediator({ origin, clientId, clientSecret, loginOrigin: sandbox.origin }));

  const page = becomePage(`${origin}/`);
  const endpoints = {
    customAuthorizationServer: true,
    authorizationEndpoint: `${sandbox.origin}/oauth/authorize`,
    tokenEndpoint: `${sandbox.origin}/oauth/token`,
    revocationEndpoint: `${sandbox.origin}/oauth/revoke`,
    apiOrigin: sandbox.origin,
  };
  const config = {
    credentials: { sandbox: { clientId, redirectUris: [`${origin}/callback`] } },
    servers: { sandbox: endpoints },
  };
  return { origin, sandbox, clientSecret, page, config };
}

/** To the login page and back. */
async function signIn(auth, page) {
  page.left = undefined;
  auth.signIn({ returnTo: "/projects" }).catch((error) => (page.left = error));
  while (page.left === undefined) await new Promise((done) => setTimeout(done, 5));
  assert.equal(typeof page.left, "string", String(page.left));
  page.url = (await new Browser().authorize(page.left)).left;
  return auth.handleRedirect();
}

test("a whole session through the mediator: sign-in, API, renewal, sign-out", async (t) => {
  const { origin, sandbox, clientSecret, page, config } = await setUp(t);
  const auth = createProcoreAuth({ ...config, tokenMediator: "/oauth/token" });
  assert.deepEqual(await signIn(auth, page), { handled: true, returnTo: "/projects", warnings: [] });
  assert.deepEqual([auth.session.status, auth.session.renewable], ["fresh", true]);
  assert.equal((await auth.fetch("/rest/v1.0/me")).status, 200);
  const [[cookie, first], ...others] = page.cookies;
  assert.ok(cookie.startsWith("__Host-") && others.length === 0, "the session is in one cookie");

  // Two tabs at once, with one cookie.
  const form = { grant_type: "refresh_token", session_handle: auth.session.id, client_id: sandbox.clientId };
  const headers = { origin, cookie: `${cookie}=${first}` };
  const request = { method: "POST", body: new URLSearchParams(form), headers };
  const [other] = await Promise.all([fetch(`${origin}/oauth/token`, request), auth.refresh()]);
  const answer = await other.json();
  assert.deepEqual([other.status, answer.session_handle, "refresh_token" in answer], [200, auth.session.id, false]);
  assert.equal((await auth.fetch("/rest/v1.0/me")).status, 200);
  assert.notEqual(page.cookies.get(cookie), first, "and rotates there");

  assert.deepEqual(await auth.signOut(), { outcome: "revoked" });
  assert.equal(page.cookies.has(cookie), false);
  assert.equal(auth.session.signedIn, false);
  const asked = page.sent.map(({ url }) => url);
  const own = [`${origin}/oauth/token`, `${origin}/oauth/revoke`];
  assert.deepEqual([...new Set(asked)].sort(), [...own, `${sandbox.origin}/rest/v1.0/me`].sort());
  assert.ok(!JSON.stringify(page.sent).includes(clientSecret), "the page never had the secret");
  const seen = page.sent.map(({ body }) => new URLSearchParams(body).get("refresh_token"));
  assert.deepEqual(seen.filter(Boolean), [], "nor the refresh token");
});

test("without it, the same server's refusal names the way", async (t) => {
  const { page, config } = await setUp(t);
  const auth = createProcoreAuth(config);
  await assert.rejects(signIn(auth, page), { code: "client_auth_required", phase: "token", oauthError: "invalid_client" });
});
