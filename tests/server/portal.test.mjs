import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRedirectUris } from "../../www/server/application.mjs";
import { Browser, authorizeUrl, startForTest } from "./agent.mjs";

const OOB = "urn:ietf:wg:oauth:2.0:oob";
const open = (environment) => new Browser().follow(`${environment.origin}/developers/application`);
const save = (environment, text, headers) =>
  new Browser().submit(`${environment.origin}/developers/application`, { redirect_uri: text }, headers);

test("redirect URIs that the portal takes, byte for byte", () => {
  const good = [
    "https://app.example.com/callback", "https://app.example.com", "https://app.example.com/a?b=c", "https://app.example.com:8443/",
    "http://localhost", "http://localhost/", "http://localhost:8080", "http://localhost:8080/oauth/callback?x=1", OOB,
  ];
  for (const uri of good) assert.deepEqual(parseRedirectUris([uri]), [uri]);
  assert.deepEqual(parseRedirectUris([" https://a.example ", "", "https://a.example"]), ["https://a.example"]);
});

test("redirect URIs that it refuses", () => {
  const bad = [
    "http://app.example.com/", "http://127.0.0.1:8080/callback", "http://[::1]/", "http://localhost.example.com/",
    "http://localhost@evil.example/", "https://user@app.example.com/", "https://*.example.com/", "https://app.example.com/*",
    "https://app.example.com/#x", "https://app.example.com/#", "/callback", "callback", "//app.example.com/", "javascript:alert(1)",
    "https://a.example https://b.example", "http:\\\\localhost", "HTTP://localhost/", "https://", "http://localhost:99999/",
    "custom://app", "data:text/html,x", "https:app.example.com", `${OOB}:auto`,
  ];
  for (const uri of bad) assert.throws(() => parseRedirectUris(["https://ok.example", uri]), { line: 2 }, uri);
  assert.throws(() => parseRedirectUris(["", " "]), { line: 1 });
});

test("what is saved is live at once; one bad line refuses the whole form", async (t) => {
  const { sandbox } = await startForTest(t);
  const page = await open(sandbox);
  assert.ok(page.html.includes(sandbox.clientId));
  assert.equal(page.response.headers.get("x-frame-options"), "DENY");

  const fresh = "https://fresh.example/cb";
  const saved = await save(sandbox, `${fresh}\r\nhttp://localhost\r\n`);
  assert.equal(saved.status, 200);
  assert.match(saved.html, /role="status"/);
  assert.deepEqual(sandbox.redirectUris, [fresh, "http://localhost"]);
  const ask = (uri) => new Browser().follow(authorizeUrl(sandbox, { redirect_uri: uri, response_type: "token" }));
  assert.equal((await ask(fresh)).status, 200);
  assert.equal((await ask("http://localhost:8080/callback")).status, 400, "the removed one is gone");

  const refused = await save(sandbox, `https://other.example\r\nhttp://127.0.0.1/<b>`);
  assert.equal(refused.status, 422);
  assert.match(refused.html, /role="alert">Line 2: /);
  assert.ok(refused.html.includes("https://other.example"), "what was typed is still there");
  assert.ok(!refused.html.includes("<b>"));
  assert.deepEqual(sandbox.redirectUris, [fresh, "http://localhost"]);
});

test("the application keeps working with nothing but the out-of-band URI", async (t) => {
  const { sandbox } = await startForTest(t);
  await save(sandbox, OOB);
  const page = await new Browser().follow(authorizeUrl(sandbox, { redirect_uri: OOB, response_type: "token" }));
  assert.equal(page.status, 200);
});

test("the secret is shown once", async (t) => {
  const { sandbox } = await startForTest(t);
  const reset = () => new Browser().submit(`${sandbox.origin}/developers/application/secret`, {});
  assert.ok(!(await open(sandbox)).html.includes("client-secret"));
  const secret = (page) => /id="client-secret">([^<]+)</.exec(page.html)[1];
  const first = await reset();
  assert.match(secret(first), /^[\w-]{43}$/);
  assert.equal(first.response.headers.get("cache-control"), "no-store");
  assert.ok(!(await open(sandbox)).html.includes(secret(first)));
  assert.notEqual(secret(await reset()), secret(first));
  const state = await (await fetch(`${sandbox.origin}/demo/state`)).text();
  assert.ok(!/secret"|[Ss]ecret":"/.test(state.replace(/"secretRequired":/g, "")));
});

test("forms from other pages are refused", async (t) => {
  const { sandbox } = await startForTest(t);
  const before = sandbox.redirectUris;
  for (const origin of ["https://evil.example", "null"]) {
    assert.equal((await save(sandbox, "https://evil.example", { origin })).status, 403);
    const secret = await new Browser().submit(`${sandbox.origin}/developers/application/secret`, {}, { origin });
    assert.equal(secret.status, 403);
  }
  const withoutOrigin = await fetch(`${sandbox.origin}/developers/application`, { method: "POST", body: "redirect_uri=https://x.example" });
  assert.equal(withoutOrigin.status, 403);
  assert.deepEqual(sandbox.redirectUris, before);
});
