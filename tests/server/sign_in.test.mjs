import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Browser, PAGE, PAT, REDIRECT_URI, authorizeUrl, get, getCode, isAlive, pkce, post, redeem, refresh, revoke, signIn, startForTest,
} from "./agent.mjs";

test("code and PKCE bring tokens of Procore's shape", async (t) => {
  const { sandbox } = await startForTest(t);
  const { code, verifier, left } = await getCode(sandbox, { state: "§tate &=" });
  assert.equal(left.origin + left.pathname, REDIRECT_URI);
  assert.deepEqual([...left.searchParams.keys()].sort(), ["code", "iss", "state"]);
  assert.equal(left.searchParams.get("state"), "§tate &=");
  assert.equal(left.searchParams.get("iss"), sandbox.origin);

  const { status, body, headers } = await redeem(sandbox, { code, verifier });
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.deepEqual(Object.keys(body), ["access_token", "token_type", "expires_in", "refresh_token", "created_at"]);
  assert.equal(body.token_type, "Bearer");
  assert.equal(body.expires_in, 5400);
  assert.ok(Math.abs(body.created_at - Date.now() / 1000) < 5);
  assert.ok(await isAlive(sandbox, body.access_token));
});

test("requested scopes are granted and said; unknown ones are not", async (t) => {
  const { sandbox } = await startForTest(t);
  const tokens = await signIn(sandbox, { scope: "read admin" });
  assert.equal(tokens.scope, "read");
  assert.deepEqual((await get(sandbox, "/oauth/token/info", tokens.access_token)).body.scope, ["read"]);
  assert.equal((await refresh(sandbox, tokens.refresh_token)).body.scope, "read");
});

test("PKCE is forced, S256 only, and the verifier is compared", async (t) => {
  const { sandbox } = await startForTest(t);
  for (const parameters of [{}, { code_challenge: "v".repeat(43), code_challenge_method: "plain" }, { code_challenge: "v".repeat(43) }]) {
    const { left } = await new Browser().authorize(authorizeUrl(sandbox, parameters));
    assert.equal(left.searchParams.get("error"), "invalid_request");
    assert.equal(left.searchParams.get("state"), "st");
  }
  const { code } = await getCode(sandbox);
  assert.equal((await redeem(sandbox, { code, verifier: pkce().verifier })).body.error, "invalid_grant");
  assert.equal((await redeem(sandbox, { code })).body.error, "invalid_grant");
});

test("the redirect URI is compared byte for byte", async (t) => {
  const { sandbox } = await startForTest(t);
  for (const uri of [`${REDIRECT_URI}/`, `${REDIRECT_URI}?x=1`, "http://LOCALHOST:8080/callback", "http://localhost:8081/callback"]) {
    const page = await new Browser().follow(authorizeUrl(sandbox, { redirect_uri: uri }));
    assert.equal(page.status, 400, uri);
    assert.match(page.html, /role="alert"/);
  }
  const unknown = await new Browser().follow(authorizeUrl(sandbox, { client_id: "nobody" }));
  assert.equal(unknown.status, 400);
});

test("a wrong password is told and can be corrected; consent can be denied", async (t) => {
  const { sandbox } = await startForTest(t);
  const browser = new Browser();
  const { challenge } = pkce();
  const login = await browser.follow(authorizeUrl(sandbox, { code_challenge: challenge, code_challenge_method: "S256" }));
  for (const id of ["email", "password", "sign-in"]) assert.ok(login.html.includes(`id="${id}"`), id);
  assert.equal(login.response.headers.get("x-frame-options"), "DENY");
  const policy = login.response.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.ok(policy.includes(`form-action 'self' ${PAGE};`), policy);
  assert.ok(!login.html.includes("<script"));

  const refused = await browser.submit(login.url, { email: `"><b>`, password: "wrong" });
  assert.equal(refused.status, 401);
  assert.match(refused.html, /role="alert"/);
  assert.ok(!refused.html.includes(`"><b>`), "what was typed comes back escaped");
  const consent = await browser.submit(login.url, PAT);
  for (const id of ["allow", "deny"]) assert.ok(consent.html.includes(`id="${id}"`), id);
  const { left } = await browser.submit(consent.url, { answer: "deny" });
  assert.equal(left.searchParams.get("error"), "access_denied");
  assert.equal(left.searchParams.get("state"), "st");
});

test("a login is remembered, consent is not; each sign-in is a grant of its own", async (t) => {
  const { sandbox } = await startForTest(t);
  const browser = new Browser();
  const first = await signIn(sandbox, { browser });
  const page = await browser.follow(authorizeUrl(sandbox, { code_challenge: pkce().challenge, code_challenge_method: "S256" }));
  assert.ok(page.html.includes('id="allow"'));
  const second = await signIn(sandbox, { browser });
  assert.equal((await revoke(sandbox, second.refresh_token)).status, 200);
  assert.ok(await isAlive(sandbox, first.access_token));
  assert.equal((await refresh(sandbox, first.refresh_token)).status, 200);
});

test("prompt=none needs a consent that nobody is asked for", async (t) => {
  const { sandbox } = await startForTest(t);
  const parameters = { prompt: "none", code_challenge: pkce().challenge, code_challenge_method: "S256" };
  const { left } = await new Browser().follow(authorizeUrl(sandbox, parameters));
  assert.equal(left.searchParams.get("error"), "login_required");
});

test("forms sent from elsewhere are refused", async (t) => {
  const { sandbox } = await startForTest(t);
  const browser = new Browser();
  const login = await browser.follow(authorizeUrl(sandbox, { response_type: "token" }));
  for (const origin of ["https://evil.example", "null", PAGE]) {
    assert.equal((await browser.submit(login.url, PAT, { origin })).status, 403, origin);
  }
  assert.equal((await new Browser().submit(login.url, PAT)).status, 400, "another browser knows nothing of it");
});

test("the implicit response is what the page expects, and no more", async (t) => {
  const { sandbox } = await startForTest(t);
  const { left } = await new Browser().authorize(authorizeUrl(sandbox, { response_type: "token" }));
  assert.equal(left.search, "");
  const response = new URLSearchParams(left.hash.slice(1));
  assert.deepEqual([...response.keys()].sort(), ["access_token", "expires_in", "iss", "state", "token_type"]);
  assert.equal(response.get("state"), "st");
  assert.equal(response.get("iss"), sandbox.origin);
  const info = await get(sandbox, "/oauth/token/info", response.get("access_token"));
  assert.deepEqual(Object.keys(info.body), ["resource_owner_id", "scope", "expires_in", "application", "created_at"]);
  assert.equal(info.body.resource_owner_id, 1001);
  assert.deepEqual(info.body.application, { uid: sandbox.clientId });

  const denied = await new Browser().authorize(authorizeUrl(sandbox, { response_type: "token" }), { answer: "deny" });
  assert.equal(new URLSearchParams(denied.left.hash.slice(1)).get("error"), "access_denied");
});

test("no other response type is offered", async (t) => {
  const { sandbox } = await startForTest(t);
  for (const response_type of ["id_token token", "id_token", "code token", "none"]) {
    const { left } = await new Browser().follow(authorizeUrl(sandbox, { response_type, nonce: "n" }));
    assert.equal(left.searchParams.get("error"), "unsupported_response_type", response_type);
  }
});

test("environments know nothing of each other", async (t) => {
  const { sandbox, production } = await startForTest(t);
  assert.notEqual(sandbox.clientId, production.clientId);
  const tokens = await signIn(sandbox);
  assert.ok(!(await isAlive(production, tokens.access_token)));
  assert.equal((await refresh(production, tokens.refresh_token)).status, 400);
});

test("metadata names the endpoints", async (t) => {
  const { sandbox } = await startForTest(t);
  const { body } = await get(sandbox, "/.well-known/oauth-authorization-server");
  assert.equal(body.issuer, sandbox.origin);
  assert.equal(body.token_endpoint, `${sandbox.origin}/oauth/token`);
  assert.deepEqual(body.code_challenge_methods_supported, ["S256"]);
});

test("an unknown client and an unknown grant type are refused as errors in JSON", async (t) => {
  const { sandbox } = await startForTest(t);
  const unknown = await post(sandbox, "/oauth/token", { grant_type: "refresh_token", refresh_token: "x", client_id: "y" });
  assert.equal(unknown.status, 401);
  assert.equal(unknown.body.error, "invalid_client");
  const password = await post(sandbox, "/oauth/token", { grant_type: "password", client_id: sandbox.clientId });
  assert.equal(password.body.error, "unsupported_grant_type");
});

test("the out-of-band redirect URI shows the code", async (t) => {
  const oob = "urn:ietf:wg:oauth:2.0:oob";
  const { sandbox } = await startForTest(t, { redirectUris: { sandbox: [oob] } });
  const { verifier, challenge } = pkce();
  const parameters = { redirect_uri: oob, code_challenge: challenge, code_challenge_method: "S256" };
  const page = await new Browser().authorize(authorizeUrl(sandbox, parameters));
  const code = /id="authorization_code">([^<]+)</.exec(page.html)[1];
  assert.equal((await redeem(sandbox, { code, verifier }, { redirect_uri: oob })).status, 200);
});
