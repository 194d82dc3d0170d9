// The fake client: does what a test tells it, and where it plays the real one, does as that does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { createProcoreAuth, isProcoreAuthError } from "../../pkg/dist/index.js";
import * as testing from "../../pkg/dist/testing.js";

const { createFakeAuth } = testing;
const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } };
const real = () => createProcoreAuth({ credentials });

/** What a client does where nobody is signed in: the outcome of each call, one after the other. */
async function withNobody(auth) {
  const heard = [];
  auth.subscribe((session, event) => heard.push([event, session.status]));
  const calls = {
    handleRedirect: () => auth.handleRedirect(),
    ready: () => auth.ready(),
    start: () => auth.start({ signIn: "manual" }),
    user: () => auth.user(),
    authorize: () => auth.authorize("/rest/v1.0/me", { companyId: 1 }),
    authorizeElsewhere: () => auth.authorize("https://example.com/"),
    refresh: () => auth.refresh(),
    fetch: () => auth.fetch("/rest/v1.0/me"),
    elsewhere: () => auth.fetch("https://example.com/"),
    company: () => auth.fetch("/rest/v1.0/me", { companyId: "0" }),
    signOut: () => auth.signOut(),
  };
  const outcomes = {};
  for (const [name, call] of Object.entries(calls)) {
    outcomes[name] = await call().then(
      (value) => ({ value }),
      ({ name, code, phase, retryable, message }) => ({ name, code, phase, retryable, message }),
    );
  }
  return { outcomes, heard, session: { ...auth.session } };
}

test("with nobody signed in, the fake does as the real client, to the word of each error", async () => {
  assert.deepEqual(await withNobody(createFakeAuth({ session: "unknown" })), await withNobody(real()));
});

test("the fake has the members of the real client, and one of its own", () => {
  const [fake, client] = [createFakeAuth(), real()].map((auth) => Object.keys(auth).sort());
  assert.deepEqual(fake.filter((name) => name !== "fake"), client);
});

test("there is no core in it", () => {
  const text = readFileSync(join(root, "pkg/dist/testing.js"), "utf8");
  assert.doesNotMatch(text, /WebAssembly|index\.js/);
  assert.ok(text.length < 16_000, `${text.length} bytes`);
});

describe("a session", () => {
  const heardBy = (auth) => {
    const heard = [];
    auth.subscribe((session, event) => heard.push(event));
    return heard;
  };

  test("begins as it is told", () => {
    assert.equal(createFakeAuth().session.status, "signed_out");
    assert.equal(createFakeAuth({ session: "unknown" }).session.status, "unknown");
    const { session } = createFakeAuth({ session: { environment: "sandbox", scope: "read" } });
    const { signedIn, status, environment, scope, renewable } = session;
    assert.deepEqual([signedIn, status, environment, scope, renewable], [true, "fresh", "sandbox", "read", true]);
    assert.ok(Object.isFrozen(session) && session.expiresAtEpochSeconds > Date.now() / 1000);
  });

  test("is new with each sign-in, and over with a sign-out anywhere", async () => {
    const auth = createFakeAuth();
    const heard = heardBy(auth);
    auth.fake.signIn();
    const first = auth.session.id;
    auth.fake.signOutElsewhere();
    assert.equal(auth.session.signedIn, false);
    auth.fake.signIn();
    assert.notEqual(auth.session.id, first);
    assert.deepEqual(await auth.signOut(), { outcome: "revoked" });
    assert.deepEqual(await auth.signOut(), { outcome: "nothing" });
    assert.deepEqual(heard, ["signed_in", "signed_out", "signed_in", "signed_out"]);
  });

  test("that has expired is renewed by the next call, or ended by it", async () => {
    const auth = createFakeAuth({ session: {}, api: () => ({ json: 1 }) });
    const heard = heardBy(auth);
    auth.fake.expire();
    assert.deepEqual([auth.session.status, heard.length], ["expired", 0]);
    assert.equal(await (await auth.fetch("/rest/v1.0/me")).json(), 1);
    assert.equal(auth.session.status, "fresh");

    auth.fake.expire();
    auth.fake.failNext("refresh", "reauth_required");
    await assert.rejects(auth.fetch("/rest/v1.0/me"), { code: "reauth_required" });
    assert.equal(auth.session.signedIn, false);

    auth.fake.signIn({ renewable: false });
    auth.fake.expire();
    await assert.rejects(auth.refresh(), { code: "reauth_required" });
    assert.deepEqual(heard, ["refreshed", "reauth_required", "signed_in", "expired"]);
  });

  test("comes of a response, once, for everybody who asks meanwhile", async () => {
    const auth = createFakeAuth({ session: "unknown" });
    const heard = heardBy(auth);
    auth.fake.comeBack({ returnTo: "/projects?page=2" });
    const expected = { handled: true, returnTo: "/projects?page=2", warnings: [] };
    assert.deepEqual(await Promise.all([auth.handleRedirect(), auth.handleRedirect()]), [expected, expected]);
    assert.deepEqual(await auth.handleRedirect(), { handled: false });
    assert.deepEqual([auth.session.signedIn, heard], [true, ["signed_in"]]);
  });

  test("comes of a login window", async () => {
    const auth = createFakeAuth();
    auth.fake.failNext("signInWithPopup", "popup_closed");
    await assert.rejects(auth.signInWithPopup(), { code: "popup_closed" });
    assert.equal((await auth.signInWithPopup()).handled, true);
    assert.equal(auth.session.signedIn, true);
  });

  test("can end and change by itself", () => {
    const auth = createFakeAuth({ session: {} });
    const heard = heardBy(auth);
    auth.fake.end();
    auth.fake.end();
    auth.fake.tell("signed_in_elsewhere");
    assert.deepEqual(heard, ["reauth_required", "signed_in_elsewhere"]);
  });
});

describe("a failure", () => {
  test("is that of the next call of that method, whatever the code", async () => {
    const types = readFileSync(join(root, "pkg/src/types/error.d.ts"), "utf8");
    const codes = [.../type ProcoreAuthErrorCode =([^;]+);/.exec(types)[1].matchAll(/"(\w+)"/g)].map(([, code]) => code);
    assert.ok(codes.length > 80);
    for (const code of codes) {
      const auth = createFakeAuth({ session: {} });
      auth.fake.failNext("signOut", code);
      const error = await auth.signOut().catch((error) => error);
      assert.equal(error.code, code);
      assert.ok(isProcoreAuthError(error) && error instanceof testing.ProcoreAuthError);
      assert.match(error.message, /\w+/, code);
      assert.ok(error.phase && typeof error.retryable === "boolean");
      assert.equal((await auth.signOut()).outcome, code === "reauth_required" ? "nothing" : "revoked");
    }
  });

  test("waits for its method, and its turn", async () => {
    const auth = createFakeAuth({ session: {}, api: () => ({ status: 204 }) });
    auth.fake.failNext("fetch", "network_error");
    auth.fake.failNext("fetch", new TypeError("offline"));
    await auth.refresh();
    await assert.rejects(auth.fetch("/"), { code: "network_error", phase: "token", retryable: true });
    await assert.rejects(auth.fetch("/"), TypeError);
    assert.equal((await auth.fetch("/")).status, 204);
    auth.fake.failNext("fetch", "rate_limited", { phase: "refresh", message: "Later." });
    await assert.rejects(auth.fetch("/"), { code: "rate_limited", phase: "refresh", message: "Later." });
  });
});

describe("the API", () => {
  test("gets what the app asks", async () => {
    const asked = [];
    const auth = createFakeAuth({ session: {}, api: (request) => (asked.push(request), { json: {} }) });
    await auth.fetch("/rest/v1.0/me?a=1", { companyId: 42, headers: { "X-One": "1" } });
    await auth.fetch(new URL("https://api.procore.com/rest/v1.0/projects"), { method: "post", body: "text" });
    await auth.fetch(new Request("https://api.procore.com/x", { method: "PUT", body: "whole", headers: { "X-Two": "2" } }));
    assert.deepEqual(asked[0], {
      method: "GET",
      url: "https://api.procore.com/rest/v1.0/me?a=1",
      headers: { "x-one": "1", "procore-company-id": "42" },
      body: undefined,
    });
    assert.deepEqual([asked[1].method, asked[1].body], ["POST", "text"]);
    assert.deepEqual([asked[2].method, asked[2].body, asked[2].headers["x-two"]], ["PUT", "whole", "2"]);
  });

  test("answers with a Response, or with what becomes one, here and where there is no Response", async () => {
    const auth = createFakeAuth({ session: {}, api: () => new Response("text", { status: 418 }) });
    assert.equal(await (await auth.fetch("/")).text(), "text");
    const { Response: own } = globalThis;
    for (const kind of [own, undefined]) {
      globalThis.Response = kind;
      auth.fake.answer(() => ({ status: 404, json: { errors: "none" }, headers: { "X-Left": "3" } }));
      const response = await auth.fetch("/");
      const { ok, status, headers } = response;
      assert.deepEqual([ok, status, headers.get("x-left"), headers.get("Content-Type")], [false, 404, "3", "application/json"]);
      assert.deepEqual([headers.has("x-left"), headers.get("other")], [true, null]);
      assert.deepEqual(await response.clone().json(), { errors: "none" });
      assert.equal(await response.text(), '{"errors":"none"}');
    }
    globalThis.Response = own;
  });

  test("that a test has not said anything about is named", async () => {
    const auth = createFakeAuth({ session: {} });
    await assert.rejects(auth.fetch("/rest/v1.0/me"), /GET https:\/\/api\.procore\.com\/rest\/v1\.0\/me/);
  });
});

describe("start", () => {
  test("goes on to where the user wanted to be", async () => {
    const auth = createFakeAuth({ session: "unknown" });
    const seen = [];
    auth.fake.comeBack({ returnTo: "/projects" });
    const session = await auth.start({ navigate: (to) => void seen.push(to) });
    assert.deepEqual([session.signedIn, seen], [true, ["/projects"]]);
  });

  test("goes to the login page, but not after a sign-out", async () => {
    const auth = createFakeAuth({ session: "unknown" });
    let hasLeft;
    const left = new Promise((done) => (hasLeft = done));
    // What a test puts in its place is called.
    auth.signIn = () => (hasLeft(), new Promise(() => {}));
    auth.start();
    await left;
    auth.fake.signIn();
    await auth.signOut();
    assert.equal((await auth.start()).status, "signed_out");
  });
});

test("the user, and headers for what fetch can't send", async () => {
  const auth = createFakeAuth({ session: {} });
  assert.deepEqual(await auth.user(), { id: "1001", login: "pat@example.com", name: "Pat Rivera" });
  const user = { id: "7", login: "", name: "Kim" };
  assert.deepEqual(await createFakeAuth({ session: {}, user }).user(), user);
  assert.deepEqual(await auth.authorize("/rest/v1.0/files", { companyId: 9n }), {
    url: "https://api.procore.com/rest/v1.0/files",
    headers: { Authorization: "Bearer fake-access-token", "Procore-Company-Id": "9" },
  });
});

test("signIn is written down, and never settles", async () => {
  const auth = createFakeAuth();
  let hasSettled = false;
  auth.signIn({ returnTo: "/x" }).finally(() => (hasSettled = true));
  await auth.ready();
  assert.equal(hasSettled, false);
  assert.deepEqual(auth.fake.calls, [{ method: "signIn", args: [{ returnTo: "/x" }] }, { method: "ready", args: [] }]);
  assert.equal(Object.isFrozen(auth), false);
});
