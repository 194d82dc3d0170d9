import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import {
  Browser, PAGE, PAT, authorizeUrl, get, getCode, isAlive, pkce, redeem, refresh, revoke, signIn, startForTest,
} from "./agent.mjs";

/** One sandbox with these switches on, set over HTTP as the demo page does. */
async function withSwitches(t, patch) {
  const { sandbox } = await startForTest(t);
  await setSwitches(sandbox, patch);
  return sandbox;
}

async function setSwitches(environment, patch) {
  const response = await fetch(`${environment.origin}/demo/switches`, { method: "PATCH", body: JSON.stringify(patch) });
  assert.equal(response.status, 200);
}

test("accessTokenTtl and refreshTokenTtl", async (t) => {
  // The refresh token is issued in the same second or the next one, so it is dead when the access token is.
  const sandbox = await withSwitches(t, { accessTokenTtl: 2, refreshTokenTtl: 1 });
  const tokens = await signIn(sandbox);
  assert.equal(tokens.expires_in, 2);
  while (await isAlive(sandbox, tokens.access_token));
  assert.equal((await refresh(sandbox, tokens.refresh_token)).body.error, "invalid_grant");
});

test("cors: false says nothing to browsers and works all the same", async (t) => {
  const sandbox = await withSwitches(t, { cors: false });
  const { headers, status } = await redeem(sandbox, await getCode(sandbox));
  assert.equal(status, 200);
  assert.deepEqual([...headers.keys()].filter((name) => name.startsWith("access-control")), []);
  const preflight = await fetch(`${sandbox.origin}/rest/v1.0/me`, {
    method: "OPTIONS", headers: { origin: PAGE, "access-control-request-method": "GET" },
  });
  assert.equal(preflight.status, 404);
  assert.equal(preflight.headers.get("access-control-allow-origin"), null);
});

test("secretRequired", async (t) => {
  const sandbox = await withSwitches(t, { secretRequired: true });
  const grant = await getCode(sandbox);
  const refused = await redeem(sandbox, grant);
  assert.equal(refused.status, 401);
  assert.equal(refused.body.error, "invalid_client");
  assert.equal(refused.headers.get("access-control-allow-origin"), PAGE);
  const client_secret = sandbox.resetClientSecret();
  assert.equal((await redeem(sandbox, grant, { client_secret: "wrong" })).status, 401);
  const { status, body } = await redeem(sandbox, grant, { client_secret });
  assert.equal(status, 200, "a mediator that holds the secret gets through");

  await setSwitches(sandbox, { secretRequired: false });
  assert.equal((await refresh(sandbox, body.refresh_token, { client_secret: "wrong" })).status, 401);
  assert.equal((await refresh(sandbox, body.refresh_token)).status, 200);
});

test("secretRequired takes HTTP Basic as well", async (t) => {
  const sandbox = await withSwitches(t, { secretRequired: true });
  const { code, verifier } = await getCode(sandbox);
  const response = await fetch(`${sandbox.origin}/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${sandbox.clientId}:${sandbox.resetClientSecret()}`)}` },
    body: new URLSearchParams({
      grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: `${PAGE}/callback`, client_id: sandbox.clientId,
    }),
  });
  assert.equal(response.status, 200);
});

test("pkceIgnored", async (t) => {
  const sandbox = await withSwitches(t, { pkceIgnored: true });
  const { code } = await getCode(sandbox);
  assert.equal((await redeem(sandbox, { code, verifier: pkce().verifier })).status, 200, "a wrong verifier");
  const bare = await new Browser().authorize(authorizeUrl(sandbox));
  assert.equal((await redeem(sandbox, { code: bare.left.searchParams.get("code") })).status, 200, "no PKCE at all");
});

test("errorsOnOwnPage keeps errors, not denials", async (t) => {
  const sandbox = await withSwitches(t, { errorsOnOwnPage: true });
  const page = await new Browser().authorize(authorizeUrl(sandbox, { response_type: "fruit" }));
  assert.equal(page.status, 400);
  assert.match(page.html, /unsupported_response_type/);
  const { left } = await new Browser().authorize(authorizeUrl(sandbox, { response_type: "token" }), { answer: "deny" });
  assert.match(left.hash, /error=access_denied/);
});

test("issOff, in query and fragment", async (t) => {
  const sandbox = await withSwitches(t, { issOff: true });
  const { left } = await getCode(sandbox);
  assert.deepEqual([...left.searchParams.keys()].sort(), ["code", "state"]);
  const implicit = await new Browser().authorize(authorizeUrl(sandbox, { response_type: "token" }));
  assert.ok(!implicit.left.hash.includes("iss="));
});

test("oldAccessTokenDies", async (t) => {
  const sandbox = await withSwitches(t, { oldAccessTokenDies: true });
  const first = await signIn(sandbox);
  const second = (await refresh(sandbox, first.refresh_token)).body;
  assert.ok(!(await isAlive(sandbox, first.access_token)));
  assert.ok(await isAlive(sandbox, second.access_token));
});

test("oldRefreshTokenLives until the new access token is used", async (t) => {
  const sandbox = await withSwitches(t, { oldRefreshTokenLives: true, noReuseDetection: true });
  const first = await signIn(sandbox);
  const lost = (await refresh(sandbox, first.refresh_token)).body;
  const second = await refresh(sandbox, first.refresh_token);
  assert.equal(second.status, 200, "a lost answer can be asked for again");
  assert.ok(await isAlive(sandbox, lost.access_token));
  assert.equal((await refresh(sandbox, first.refresh_token)).status, 400);
  assert.ok(await isAlive(sandbox, second.body.access_token));
});

test("oldRefreshTokenLives: the revocation of the new tokens leaves it alive, unless they were used", async (t) => {
  const sandbox = await withSwitches(t, { oldRefreshTokenLives: true, signOutTrap: true, noReuseDetection: true });
  for (const [use, expected] of [[null, 200], ["/oauth/token/info", 400], ["/rest/v1.0/me", 400]]) {
    // Renewed before it is over, and after.
    for (const isOver of [false, true]) {
      const first = await signIn(sandbox);
      if (isOver) sandbox.expireAccessTokens();
      const second = (await refresh(sandbox, first.refresh_token)).body;
      if (use) assert.equal((await get(sandbox, use, second.access_token)).status, 200);
      for (const token of [second.refresh_token, second.access_token]) assert.equal((await revoke(sandbox, token)).status, 200);
      assert.equal((await refresh(sandbox, second.refresh_token)).status, 400);
      assert.equal((await refresh(sandbox, first.refresh_token)).status, expected, `${use} ${isOver}`);
      if (use) assert.ok(!(await isAlive(sandbox, first.access_token)));
    }
  }
});

test("oneGrant: revoking a token of one sign-in ends the next one of this user, too", async (t) => {
  for (const oneGrant of [false, true]) {
    const sandbox = await withSwitches(t, { oneGrant });
    const browser = new Browser();
    const [first, second] = [await signIn(sandbox, { browser }), await signIn(sandbox, { browser })];
    assert.equal((await revoke(sandbox, first.refresh_token)).status, 200);
    assert.equal(await isAlive(sandbox, second.access_token), !oneGrant);
    assert.equal((await refresh(sandbox, second.refresh_token)).status, oneGrant ? 400 : 200);
  }
});

test("noReuseDetection refuses, and leaves the rest alive", async (t) => {
  const sandbox = await withSwitches(t, { noReuseDetection: true });
  const grant = await getCode(sandbox);
  const first = (await redeem(sandbox, grant)).body;
  assert.equal((await redeem(sandbox, grant)).body.error, "invalid_grant");
  const second = (await refresh(sandbox, first.refresh_token)).body;
  assert.equal((await refresh(sandbox, first.refresh_token)).body.error, "invalid_grant");
  assert.ok(await isAlive(sandbox, second.access_token));
  assert.equal((await refresh(sandbox, second.refresh_token)).status, 200);
});

test("signOutTrap: after expiry, 200 is a lie", async (t) => {
  const sandbox = await withSwitches(t, { signOutTrap: true });
  const tokens = await signIn(sandbox);
  sandbox.expireAccessTokens();
  assert.equal((await revoke(sandbox, tokens.refresh_token)).status, 200);
  const renewed = await refresh(sandbox, tokens.refresh_token);
  assert.equal(renewed.status, 200);
  await revoke(sandbox, renewed.body.access_token);
  assert.equal((await refresh(sandbox, renewed.body.refresh_token)).status, 400, "refreshed first, it is really revoked");
});

test("loseAnswer: the request is processed once, and nobody hears of it", async (t) => {
  const sandbox = await withSwitches(t, { loseAnswer: "token" });
  const grant = await getCode(sandbox);
  await assert.rejects(redeem(sandbox, grant), TypeError);
  assert.equal((await redeem(sandbox, grant)).body.error, "invalid_grant", "the code is spent");

  const tokens = await signIn(sandbox);
  await setSwitches(sandbox, { loseAnswer: "revoke" });
  await assert.rejects(revoke(sandbox, tokens.refresh_token), TypeError);
  assert.ok(!(await isAlive(sandbox, tokens.access_token)));

  const { access_token } = await signIn(sandbox);
  await setSwitches(sandbox, { loseAnswer: "api" });
  await assert.rejects(get(sandbox, "/rest/v1.0/me", access_token), TypeError);
  assert.ok(await isAlive(sandbox, access_token));
});

test("tokenRedirect and tokenStatus answer before anything is processed", async (t) => {
  const sandbox = await withSwitches(t, { tokenRedirect: "http://localhost:1/elsewhere" });
  const grant = await getCode(sandbox);
  const redirected = await redeem(sandbox, grant);
  assert.equal(redirected.status, 307);
  assert.equal(redirected.headers.get("location"), "http://localhost:1/elsewhere");

  const canned = { status: 503, body: { error: "temporarily_unavailable" }, headers: { "Retry-After": "7" }, times: 2 };
  await setSwitches(sandbox, { tokenRedirect: null, tokenStatus: canned });
  for (const _ of [1, 2]) {
    const { status, body, headers } = await redeem(sandbox, grant);
    assert.deepEqual([status, body, headers.get("retry-after")], [503, canned.body, "7"]);
  }
  assert.equal((await redeem(sandbox, grant)).status, 200);
});

test("loginCoop is on every page of the login, and on nothing else", async (t) => {
  const sandbox = await withSwitches(t, { loginCoop: "same-origin" });
  const policy = ({ headers }) => headers.get("cross-origin-opener-policy");
  const browser = new Browser();
  const first = await browser.request(authorizeUrl(sandbox, { code_challenge: pkce().challenge, code_challenge_method: "S256" }));
  assert.equal(first.status, 303);
  assert.equal(policy(first), "same-origin");
  const login = await browser.follow(new URL(first.headers.get("location"), sandbox.origin).href);
  assert.equal(policy(login.response), "same-origin");
  const consent = await browser.submit(login.url, PAT);
  assert.match(consent.html, /id="allow"/);
  assert.equal(policy(consent.response), "same-origin");
  assert.equal(policy(await get(sandbox, "/rest/v1.0/me", "x")), null);
  await setSwitches(sandbox, { loginCoop: null });
  assert.equal(policy((await browser.follow(login.url)).response), null);
});

test("revokeStatus", async (t) => {
  const sandbox = await withSwitches(t, { revokeStatus: 503 });
  const tokens = await signIn(sandbox);
  assert.equal((await revoke(sandbox, tokens.refresh_token)).status, 503);
  assert.ok(await isAlive(sandbox, tokens.access_token));
});

test("apiStatus, once unless told otherwise", async (t) => {
  const sandbox = await withSwitches(t, { apiStatus: { status: 429, headers: { "X-Rate-Limit-Reset": "1", "X-Rate-Limit-Remaining": "0" } } });
  const { access_token } = await signIn(sandbox);
  const limited = await get(sandbox, "/rest/v1.0/me", access_token);
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get("x-rate-limit-reset"), "1");
  assert.match(limited.headers.get("access-control-expose-headers"), /X-Rate-Limit-Reset, Retry-After/);
  assert.equal((await get(sandbox, "/rest/v1.0/me", access_token)).status, 200);
});

test("down cuts everything but the way back", async (t) => {
  const sandbox = await withSwitches(t, { down: true });
  await assert.rejects(get(sandbox, "/rest/v1.0/me", "x"), TypeError);
  await assert.rejects(fetch(`${sandbox.origin}/developers/application`), TypeError);
  await assert.rejects(fetch(authorizeUrl(sandbox)), TypeError);
  await setSwitches(sandbox, { down: false });
  assert.equal((await get(sandbox, "/rest/v1.0/me", "x")).status, 401);
});

test("an unknown switch or value changes nothing; all can be reset at once", async (t) => {
  const sandbox = await withSwitches(t, { issOff: true });
  const bad = [{ typo: true }, { cors: "no" }, { accessTokenTtl: 0 }, { loseAnswer: "all" }, { tokenStatus: { status: 99 } }, null];
  for (const patch of bad) {
    const body = JSON.stringify(patch && { issOff: false, ...patch });
    const response = await fetch(`${sandbox.origin}/demo/switches`, { method: "PATCH", body });
    assert.equal(response.status, 422, body);
    assert.equal(typeof (await response.json()).message, "string");
  }
  assert.equal(sandbox.switches.issOff, true);
  await fetch(`${sandbox.origin}/demo/switches`, { method: "DELETE" });
  assert.equal(sandbox.switches.issOff, false);
});

test("tokenRedirect really is followed by a client that follows", async (t) => {
  const caught = [];
  const elsewhere = createServer((req, res) => {
    caught.push(req.method);
    res.end("{}");
  });
  await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  t.after(() => elsewhere.close());
  const sandbox = await withSwitches(t, { tokenRedirect: `http://127.0.0.1:${elsewhere.address().port}/` });
  await fetch(`${sandbox.origin}/oauth/token`, { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token" }) });
  assert.deepEqual(caught, ["POST"], "307 keeps the method: exactly why a client must not follow it");
});
