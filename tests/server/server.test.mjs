import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { createServer, request } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SWITCHES, startServer } from "../../www/server/index.mjs";
import { Browser, PAGE, PAT, authorizeUrl, get, refresh, signIn, startForTest } from "./agent.mjs";

const ANY = { sandbox: 0, production: 0 };

function preflight(environment, path, origin, method = "POST") {
  const headers = { origin, "access-control-request-method": method, "access-control-request-headers": "authorization" };
  return fetch(environment.origin + path, { method: "OPTIONS", headers });
}

test("CORS: pages of the application and of the demo, by name; nobody else", async (t) => {
  const { sandbox } = await startForTest(t, { redirectUris: { sandbox: ["https://app.example.com/cb"] } });
  for (const path of ["/oauth/token", "/oauth/token/info", "/oauth/revoke", "/rest/v1.0/me", "/.well-known/oauth-authorization-server"]) {
    for (const origin of [PAGE, "https://app.example.com", "http://localhost"]) {
      const allowed = await preflight(sandbox, path, origin);
      assert.equal(allowed.status, 204, path);
      assert.equal(allowed.headers.get("access-control-allow-origin"), origin);
      assert.equal(allowed.headers.get("access-control-allow-headers"), "authorization, content-type, procore-company-id");
      assert.equal(allowed.headers.get("access-control-allow-credentials"), null);
      assert.match(allowed.headers.get("vary"), /Origin/);
    }
    const refused = await preflight(sandbox, path, "https://evil.example");
    assert.equal(refused.headers.get("access-control-allow-origin"), null);
  }
  const { headers } = await get(sandbox, "/rest/v1.0/me", "x", { origin: "https://evil.example" });
  assert.equal(headers.get("access-control-allow-origin"), null);
});

test("CORS headers stand on successes and errors of the token endpoint alike", async (t) => {
  const { sandbox } = await startForTest(t);
  const { refresh_token } = await signIn(sandbox);
  for (const value of [refresh_token, "wrong"]) {
    const { headers } = await refresh(sandbox, value);
    assert.equal(headers.get("access-control-allow-origin"), PAGE);
  }
  assert.equal((await fetch(authorizeUrl(sandbox), { headers: { origin: PAGE }, redirect: "manual" }))
    .headers.get("access-control-allow-origin"), null, "pages are not for fetch");
});

test("the control API is for the demo page only", async (t) => {
  const { sandbox } = await startForTest(t, { redirectUris: { sandbox: ["https://app.example.com/cb"] } });
  assert.equal((await preflight(sandbox, "/demo/switches", PAGE, "PATCH")).status, 204);
  for (const origin of ["https://app.example.com", "https://evil.example", "null"]) {
    assert.equal((await preflight(sandbox, "/demo/switches", origin, "PATCH")).status, 404);
    assert.equal((await fetch(`${sandbox.origin}/demo/log`, { method: "DELETE", headers: { origin } })).status, 403);
    assert.equal((await fetch(`${sandbox.origin}/demo/expire`, { method: "POST", headers: { origin } })).status, 403);
  }
  const state = await (await fetch(`${sandbox.origin}/demo/state`, { headers: { origin: PAGE } })).json();
  assert.deepEqual(Object.keys(state), ["environment", "origin", "clientId", "redirectUris", "users", "switches", "about"]);
  assert.deepEqual(Object.keys(state.about), Object.keys(SWITCHES));
});

test("redirect URIs by JSON, under the portal's rules", async (t) => {
  const { sandbox } = await startForTest(t);
  const put = async (body) => {
    const response = await fetch(`${sandbox.origin}/demo/application`, { method: "PUT", body });
    return { status: response.status, ...(await response.json()) };
  };
  const good = await put(JSON.stringify({ redirectUris: ["https://a.example/"] }));
  assert.deepEqual([good.status, good.redirectUris], [200, ["https://a.example/"]]);
  const bad = await put(JSON.stringify({ redirectUris: ["https://b.example/", "http://127.0.0.1/"] }));
  assert.deepEqual([bad.status, bad.error, bad.line], [422, "invalid_redirect_uri", 2]);
  assert.match(bad.message, /^Line 2: .*https/);
  assert.equal((await put(JSON.stringify({ redirectUris: "https://b.example/" }))).status, 422);
  assert.equal((await put("null")).status, 422);
  assert.equal((await put("{")).status, 400);
  assert.deepEqual(sandbox.redirectUris, ["https://a.example/"]);
});

test("the log tells what was asked and never a token", async (t) => {
  const { sandbox } = await startForTest(t);
  const tokens = await signIn(sandbox);
  const second = (await refresh(sandbox, tokens.refresh_token)).body;
  await get(sandbox, "/rest/v1.0/me", second.access_token);
  const text = await (await fetch(`${sandbox.origin}/demo/log`)).text();
  for (const secret of [...Object.values(tokens), ...Object.values(second)].filter((value) => String(value).length > 40)) {
    assert.ok(!text.includes(secret));
  }
  const { requests } = JSON.parse(text);
  const mark = (token) => createHash("sha256").update(token).digest("hex").slice(0, 8);
  const [code, rotation] = requests.filter(({ path }) => path === "/oauth/token");
  assert.equal(code.grantType, "authorization_code");
  assert.deepEqual(rotation.sent, { refresh_token: mark(tokens.refresh_token) });
  assert.deepEqual(rotation.issued, { access_token: mark(second.access_token), refresh_token: mark(second.refresh_token) });
  const call = requests.at(-1);
  assert.deepEqual([call.method, call.path, call.status], ["GET", "/rest/v1.0/me", 200]);
  assert.deepEqual(call.sent, { token: mark(second.access_token) });
  assert.ok(requests.some(({ path }) => path === "/oauth/authorize/:uid"));
  assert.ok(call.headers.includes("authorization"));

  await fetch(`${sandbox.origin}/demo/log`, { method: "DELETE" });
  assert.deepEqual(sandbox.requests, []);
});

test("another name for the address is refused", async (t) => {
  const { sandbox } = await startForTest(t);
  const { port } = new URL(sandbox.origin);
  const status = await new Promise((resolve) => {
    request({ host: "127.0.0.1", port, path: "/demo/state", headers: { host: `evil.example:${port}` } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  assert.equal(status, 421);
});

test("unknown paths and methods", async (t) => {
  const { sandbox } = await startForTest(t);
  assert.equal((await get(sandbox, "/nothing")).status, 404);
  assert.equal((await get(sandbox, "/oauth/token")).status, 405);
});

test("client IDs outlive a restart", async (t) => {
  const [first, second] = [await startForTest(t), await startForTest(t)];
  assert.equal(first.sandbox.clientId, second.sandbox.clientId);
  assert.match(first.sandbox.clientId, /^[\w-]{43}$/);
});

test("two environments keep two logins in one browser", async (t) => {
  const { sandbox, production } = await startForTest(t);
  const browser = new Browser();
  for (const environment of [sandbox, production]) await signIn(environment, { browser });
  const page = await browser.follow(authorizeUrl(sandbox, { response_type: "token" }));
  assert.ok(page.html.includes('id="allow"'), "still signed in to the first one");
});

test("another user can sign in with prompt=login", async (t) => {
  const { sandbox } = await startForTest(t);
  const browser = new Browser();
  await signIn(sandbox, { browser });
  const login = await browser.follow(authorizeUrl(sandbox, { response_type: "token", prompt: "login", login_hint: PAT.email }));
  assert.ok(login.html.includes(`value="${PAT.email}"`));
  const consent = await browser.submit(login.url, { email: "kim@example.com", password: PAT.password });
  assert.match(consent.html, /Kim Okafor/);
});

test("a port in use is one clear line, and nothing stays behind", async (t) => {
  const squatter = createServer();
  await new Promise((resolve) => squatter.listen(0, "127.0.0.1", resolve));
  t.after(() => squatter.close());
  const { port } = squatter.address();
  await assert.rejects(startServer({ ports: { sandbox: 0, production: port } }), (error) => {
    assert.deepEqual([error.code, error.port, error.environment], ["EADDRINUSE", port, "production"]);
    assert.ok(error.message.includes(String(port)) && !error.message.includes("\n"), error.message);
    return true;
  });
});

test("close() frees the ports at once, even under open connections", async () => {
  const server = await startServer({ ports: ANY });
  const { origin } = server.environments.sandbox;
  await fetch(`${origin}/demo/state`);
  await server.close();
  await assert.rejects(fetch(`${origin}/demo/state`));
  const again = await startServer({ ports: { sandbox: Number(new URL(origin).port), production: 0 } });
  await again.close();
});

test("after close() the process ends by itself, having printed nothing", () => {
  const module = fileURLToPath(new URL("../../www/server/index.mjs", import.meta.url));
  const script = `
    const { startServer } = await import(${JSON.stringify(`file://${module}`)});
    const { environments, close } = await startServer({ ports: { sandbox: 0, production: 0 } });
    await fetch(environments.sandbox.origin + "/demo/state");
    await close();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 20_000 });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
});
