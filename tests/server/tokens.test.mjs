import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { get, getCode, isAlive, post, redeem, refresh, revoke, signIn, startForTest } from "./agent.mjs";

test("a refresh rotates; the token before it is dead, and using it ends the whole sign-in", async (t) => {
  const { sandbox } = await startForTest(t);
  const first = await signIn(sandbox);
  const second = (await refresh(sandbox, first.refresh_token)).body;
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.ok(await isAlive(sandbox, first.access_token), "rotation leaves the old access token alone");

  const reuse = await refresh(sandbox, first.refresh_token);
  assert.equal(reuse.status, 400);
  assert.equal(reuse.body.error, "invalid_grant");
  assert.equal((await refresh(sandbox, second.refresh_token)).status, 400);
  assert.ok(!(await isAlive(sandbox, second.access_token)));
});

test("of parallel refreshes exactly one wins, and the others end the sign-in", async (t) => {
  const { sandbox } = await startForTest(t);
  const { refresh_token } = await signIn(sandbox);
  const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(sandbox, refresh_token)));
  const [winner, ...others] = answers.sort((a, b) => a.status - b.status);
  assert.deepEqual([winner.status, ...others.map(({ status }) => status)], [200, 400, 400, 400]);
  assert.ok(!(await isAlive(sandbox, winner.body.access_token)));
});

test("a code works once, and its replay revokes what it brought", async (t) => {
  const { sandbox } = await startForTest(t);
  const grant = await getCode(sandbox);
  const { body } = await redeem(sandbox, grant);
  assert.equal((await redeem(sandbox, grant)).body.error, "invalid_grant");
  assert.ok(!(await isAlive(sandbox, body.access_token)));
  assert.equal((await refresh(sandbox, body.refresh_token)).status, 400);
});

test("revoking either token ends both", async (t) => {
  const { sandbox } = await startForTest(t);
  for (const name of ["access_token", "refresh_token"]) {
    const tokens = await signIn(sandbox);
    const { status, body } = await revoke(sandbox, tokens[name], { token_type_hint: name });
    assert.equal(status, 200);
    assert.deepEqual(body, {});
    assert.ok(!(await isAlive(sandbox, tokens.access_token)), name);
    assert.equal((await refresh(sandbox, tokens.refresh_token)).status, 400, name);
  }
});

test("a revocation may come at any moment of a refresh; both are answered, and nothing outlives it", async (t) => {
  const { sandbox } = await startForTest(t);
  for (let halfMilliseconds = 0; halfMilliseconds < 20; halfMilliseconds++) {
    const { refresh_token } = await signIn(sandbox);
    const [renewed, revoked] = await Promise.all([
      refresh(sandbox, refresh_token),
      setTimeout(halfMilliseconds / 2).then(() => revoke(sandbox, refresh_token)),
    ]);
    assert.ok([200, 400].includes(renewed.status), JSON.stringify(renewed.body));
    assert.equal(revoked.status, 200);
    if (renewed.status === 200) assert.ok(!(await isAlive(sandbox, renewed.body.access_token)));
  }
});

test("revocation answers 200 for an unknown token and 403 for a client whose token it is not", async (t) => {
  const { sandbox, production } = await startForTest(t);
  assert.equal((await revoke(sandbox, "unknown")).status, 200);
  const { access_token } = await signIn(sandbox);
  for (const client_id of [production.clientId, ""]) {
    const { status, body } = await revoke(sandbox, access_token, { client_id });
    assert.equal(status, 403);
    assert.equal(body.error, "unauthorized_client");
  }
  const fields = { token: access_token, client_id: sandbox.clientId };
  const withHeader = await post(sandbox, "/oauth/revoke", fields, { authorization: `Bearer ${access_token}` });
  assert.equal(withHeader.status, 403);
  assert.ok(await isAlive(sandbox, access_token));
});

test("an expired access token is dead everywhere, and its refresh token still works", async (t) => {
  const { sandbox } = await startForTest(t);
  const tokens = await signIn(sandbox);
  assert.equal(sandbox.expireAccessTokens(), 1);
  const info = await get(sandbox, "/oauth/token/info", tokens.access_token);
  assert.equal(info.status, 401);
  assert.equal(info.body.error, "invalid_token");
  assert.ok(!(await isAlive(sandbox, tokens.access_token)));
  const renewed = await refresh(sandbox, tokens.refresh_token);
  assert.ok(await isAlive(sandbox, renewed.body.access_token));
  assert.equal((await revoke(sandbox, renewed.body.refresh_token)).status, 200);
  assert.equal((await refresh(sandbox, renewed.body.refresh_token)).status, 400);
});

test("the API wants a token, a company where it matters, and says how much is left", async (t) => {
  const { sandbox } = await startForTest(t);
  assert.equal((await get(sandbox, "/rest/v1.0/me")).status, 401);
  const { access_token } = await signIn(sandbox);
  const me = await get(sandbox, "/rest/v1.0/me", access_token);
  assert.deepEqual(me.body, { id: 1001, login: "pat@example.com", name: "Pat Rivera" });
  assert.equal(me.headers.get("x-rate-limit-limit"), "3600");
  assert.equal(me.headers.get("x-rate-limit-remaining"), "3598");
  assert.ok(Number(me.headers.get("x-rate-limit-reset")) > Date.now() / 1000);

  const [{ id }] = (await get(sandbox, "/rest/v1.0/companies", access_token)).body;
  assert.equal((await get(sandbox, "/rest/v1.0/projects", access_token)).status, 400);
  assert.equal((await get(sandbox, "/rest/v1.0/projects", access_token, { "procore-company-id": "1" })).status, 403);
  const projects = await get(sandbox, "/rest/v1.0/projects", access_token, { "procore-company-id": String(id) });
  assert.equal(projects.body.length, 2);
  assert.equal((await get(sandbox, "/rest/v1.0/nothing", access_token)).status, 404);
});

test("the API counts uploads and redirects to loopback only", async (t) => {
  const { sandbox } = await startForTest(t);
  const { access_token } = await signIn(sandbox);
  const authorization = `Bearer ${access_token}`;
  const response = await fetch(`${sandbox.origin}/rest/v1.0/echo`, {
    method: "POST", body: new Uint8Array(300_000), headers: { authorization, "content-type": "application/octet-stream" },
  });
  const { method, content_type, length } = await response.json();
  assert.deepEqual({ method, content_type, length }, { method: "POST", content_type: "application/octet-stream", length: 300_000 });

  const redirected = await get(sandbox, "/rest/v1.0/redirect?to=http://localhost:1/x", access_token);
  assert.equal(redirected.status, 302);
  assert.equal(redirected.headers.get("location"), "http://localhost:1/x");
  assert.equal((await get(sandbox, "/rest/v1.0/redirect?to=https://evil.example/", access_token)).status, 400);
});

test("a refused upload does not spoil the connection", async (t) => {
  const { sandbox } = await startForTest(t);
  const response = await fetch(`${sandbox.origin}/rest/v1.0/echo`, { method: "POST", body: new Uint8Array(2_000_000) });
  assert.equal(response.status, 401);
  assert.equal((await get(sandbox, "/rest/v1.0/me")).status, 401);
});
