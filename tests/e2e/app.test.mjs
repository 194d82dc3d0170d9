// What the demo page can't show, in a small app that knows every code, token and verifier it was ever given.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Apps, WORKER_POLICY } from "../support/app.mjs";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { findOnDisk } from "../support/disk.mjs";
import { pack } from "../support/package.mjs";
import { POLICY, startSink } from "../support/servers.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inEveryEngine("app", (browser) => {
  const apps = new Apps(browser, () => packed);
  const start = (...given) => apps.start(...given);
  const signIn = (...given) => apps.signIn(...given);
  const call = (_, expression) => apps.call(expression);
  const isClean = (...given) => apps.isClean(...given);

  test("nothing is left behind, and a token is refused after sign-out", async (t) => {
    const { visitor, sandbox } = await start(t);
    assert.deepEqual(await visitor.ask("return outcome"), { value: { handled: false } });
    const outcome = await signIn(visitor, { returnTo: "/code/work?tab=1#part" });
    assert.deepEqual(outcome, { value: { handled: true, returnTo: "/code/work?tab=1#part", warnings: [] } });
    assert.ok(
      (await visitor.ask("return witness.secrets.size")) >= 4,
      "the witness saw the code, the verifier and the tokens",
    );
    await isClean(visitor);

    const me = await call(visitor, "(await auth.fetch('/rest/v1.0/me')).status");
    assert.deepEqual(me, { value: 200 });
    assert.deepEqual(await call(visitor, "(await auth.refresh()).status"), { value: "fresh" });
    await isClean(visitor);
    assert.deepEqual(await call(visitor, "auth.signOut()"), { value: { outcome: "revoked" } });
    await isClean(visitor);
    assert.deepEqual(await visitor.ask("return events"), ["signed_in", "refreshed", "signed_out"]);

    const tried = await call(
      visitor,
      `Promise.all([...witness.secrets].map(async (token) =>
      (await witness.realFetch("${sandbox.origin}/rest/v1.0/me", { headers: { authorization: "Bearer " + token } })).status))`,
    );
    assert.ok(
      tried.value.every((status) => status === 401),
      "a token still works",
    );
  });

  // WebKit's driver has sessions without a history on the disk.
  if (browser.engine !== "webkit") {
    test("no page can scrub the browser's own history: it has the response's URL", async (t) => {
      const { visitor } = await start(t);
      await signIn(visitor);
      const url = await visitor.ask("return performance.getEntriesByType('navigation')[0].name");
      const { searchParams } = new URL(url);
      assert.equal(new URL(await visitor.url()).search, "");
      const code = searchParams.get("code");
      await until("the browser has written it down", async () => (await findOnDisk(browser.profile, [code])).found.length);
    });
  }

  test("implicit: scrubbed at once, checked, held nowhere", async (t) => {
    const { visitor, sandbox, redirectUri } = await start(t, { way: "implicit" });
    const { value } = await signIn(visitor);
    assert.equal(value.handled, true);
    assert.equal(await visitor.ask("return atOnce"), redirectUri);
    assert.ok((await visitor.ask("return witness.secrets.size")) >= 1);
    assert.equal(tokenRequests(sandbox).length, 0);
    assert.match((await visitor.ask("return witness.said")).join(), /implicit/);
    await isClean(visitor);
    assert.deepEqual(await call(visitor, "auth.session.renewable"), { value: false });
  });

  test("the URL is scrubbed before any other script can look, on success and on error", async (t) => {
    const { visitor, redirectUri } = await start(t);
    for (const answer of ["allow", "deny"]) {
      const outcome = await signIn(visitor, { extraParams: { prompt: "login" } }, { answer });
      assert.equal(outcome.error ?? "ok", answer === "allow" ? "ok" : "access_denied");
      assert.equal(await visitor.ask("return atOnce"), redirectUri);
      assert.equal(await visitor.ask("return seenByBystander"), redirectUri);
      assert.equal(await visitor.url(), redirectUri);
      await isClean(visitor, outcome);
    }
  });

  test("what else is in the URL and the history entry stays", async (t) => {
    const { visitor, sandbox } = await start(t);
    const { url, state } = (
      await call(
        visitor,
        `(async () => {
      // As a router would: an entry with a state, and parameters of its own.
      const { url, pending } = sdk.buildLoginUrl(${JSON.stringify({ clientId: sandbox.clientId, redirectUris: [`${visitor.page}/code/callback`] })},
        { environment: "sandbox" });
      // Begun at Procore's own server; the answer is to come from this one.
      const record = { ...JSON.parse(pending), server: ${JSON.stringify(`${sandbox.origin}/oauth/authorize`)} };
      const { state } = record;
      sessionStorage.setItem("procore-spa-auth:" + state, JSON.stringify(record));
      return { url, state };
    })()`,
      )
    ).value;
    assert.match(url, /code_challenge_method=S256/);
    await call(
      visitor,
      `history.pushState({ scroll: 7 }, "", "/code/callback?tenant=1&code=forged&state=${state}&tab=2#/route")`,
    );
    const outcome = await call(visitor, "auth.handleRedirect()");
    assert.equal(outcome.error, "invalid_grant");
    assert.equal(await visitor.url(), `${visitor.page}/code/callback?tenant=1&tab=2#/route`);
    assert.deepEqual(await visitor.ask("return history.state"), { scroll: 7 });
  });

  test("handled twice in one breath, as StrictMode does: one exchange", async (t) => {
    const { visitor, sandbox } = await start(t, { isStrict: true });
    const { value } = await signIn(visitor);
    assert.equal(value.handled, true);
    assert.equal(tokenRequests(sandbox).length, 1);
    const again = await call(visitor, "auth.handleRedirect()");
    assert.deepEqual(again, { value: { handled: false } });
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("a redirect from the token endpoint is not followed", async (t) => {
    const sink = await startSink();
    t.after(() => sink.close());
    const { visitor, sandbox } = await start(t, { switches: { tokenRedirect: `${sink.origin}/steal` } });
    const outcome = await signIn(visitor);
    assert.equal(outcome.error, "token_endpoint_redirected");
    assert.equal(tokenRequests(sandbox).length, 1);
    assert.deepEqual(sink.requests, []);
    await isClean(visitor, outcome);
  });

  test("the token does not follow a redirect of the API", async (t) => {
    const sink = await startSink();
    t.after(() => sink.close());
    const { visitor } = await start(t);
    await signIn(visitor);
    const to = encodeURIComponent(`${sink.origin}/landing`);
    await call(visitor, `(await auth.fetch("/rest/v1.0/redirect?to=${to}")).status`);
    const secrets = await visitor.ask("return [...witness.secrets]");
    for (const request of sink.requests) {
      assert.ok(!secrets.some((secret) => JSON.stringify(request).includes(secret)), "the token arrived elsewhere");
    }
  });

  test("the answer to a renewal is lost: in doubt, one renewal, the access token goes on", async (t) => {
    const { visitor, sandbox } = await start(t);
    await signIn(visitor);
    await visitor.ask("witness.loses = '/oauth/token'");
    const lost = await call(visitor, "auth.refresh()");
    assert.equal(lost.error, "reauth_required");
    assert.equal(lost.isTyped, true);
    await visitor.ask("witness.loses = undefined");
    assert.equal((await call(visitor, "auth.session.status")).value, "in_doubt");
    assert.equal((await call(visitor, "auth.refresh()")).error, "reauth_required");
    assert.equal((await call(visitor, "(await auth.fetch('/rest/v1.0/me')).status")).value, 200);
    assert.equal(tokenRequests(sandbox).filter(({ grantType }) => grantType === "refresh_token").length, 1);
    await isClean(visitor, lost);
  });

  test("the answer to the code is lost: the code is not sent again", async (t) => {
    const { visitor, sandbox } = await start(t);
    sandbox.switches.set({ cors: false });
    const outcome = await signIn(visitor);
    assert.equal(outcome.error, "network_error");
    assert.equal(tokenRequests(sandbox).length, 1);
    await isClean(visitor, outcome);
    assert.deepEqual(await call(visitor, "auth.handleRedirect()"), { value: { handled: false } });
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("many renewals at once are one", async (t) => {
    const { visitor, sandbox } = await start(t);
    await signIn(visitor);
    sandbox.expireAccessTokens();
    const { value } = await call(
      visitor,
      "Promise.all(Array.from({ length: 8 }, async () => (await auth.fetch('/rest/v1.0/me')).status))",
    );
    assert.deepEqual(value, Array(8).fill(200));
    assert.equal(tokenRequests(sandbox).length, 2);
  });

  test("a token that lives two seconds is renewed with the next call", async (t) => {
    const { visitor, sandbox } = await start(t, { switches: { accessTokenTtl: 2 } });
    await signIn(visitor);
    await until("it has expired", async () => (await call(visitor, "auth.session.status")).value === "expired");
    assert.equal((await call(visitor, "auth.session.signedIn")).value, true);
    sandbox.switches.set({ accessTokenTtl: 5400 });
    assert.equal((await call(visitor, "(await auth.fetch('/rest/v1.0/me')).status")).value, 200);
    assert.equal(tokenRequests(sandbox).length, 2);
  });

  test("an expired session ends where only a live access token can be revoked: no token works afterwards", async (t) => {
    const switches = { accessTokenTtl: 2, signOutTrap: true, noReuseDetection: true };
    const { visitor, sandbox } = await start(t, { switches });
    await signIn(visitor);
    await until("it has expired", async () => (await call(visitor, "auth.session.status")).value === "expired");
    sandbox.switches.set({ accessTokenTtl: 5400 });
    assert.deepEqual(await call(visitor, "auth.signOut()"), { value: { outcome: "revoked" } });
    assert.equal(tokenRequests(sandbox).length, 2, "it was renewed, to be revoked");
    const secrets = await visitor.ask("return [...witness.secrets]");
    assert.ok(secrets.length >= 6, "the witness saw code, verifier and both pairs of tokens");
    for (const token of secrets) {
      const headers = { authorization: `Bearer ${token}` };
      assert.equal((await fetch(`${sandbox.origin}/rest/v1.0/me`, { headers })).status, 401);
      const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, client_id: sandbox.clientId });
      assert.equal((await fetch(`${sandbox.origin}/oauth/token`, { method: "POST", body })).status, 400);
    }
    await isClean(visitor);
  });

  test("signing out while a renewal is under way ends signed out", async (t) => {
    const { visitor, sandbox } = await start(t);
    await signIn(visitor);
    const { value } = await call(
      visitor,
      `(async () => {
      const renewal = attempt(() => auth.refresh());
      const { outcome } = await auth.signOut();
      return { outcome, renewal: (await renewal).error, status: auth.session.status };
    })()`,
    );
    assert.equal(value.status, "signed_out");
    assert.equal(value.renewal, "session_ended");
    await isClean(visitor);
    const tried = await call(
      visitor,
      `Promise.all([...witness.secrets].map(async (token) =>
      (await witness.realFetch("${sandbox.origin}/rest/v1.0/me", { headers: { authorization: "Bearer " + token } })).status))`,
    );
    assert.ok(
      tried.value.every((status) => status === 401),
      "a token still works",
    );
  });

  test("a listener that calls back into the client", async (t) => {
    const { visitor } = await start(t);
    await signIn(visitor);
    const { value } = await call(
      visitor,
      `(async () => {
      const seen = [];
      auth.subscribe(() => { seen.push(auth.session.status); auth.refresh().catch(() => {}); throw new Error("a listener's own"); });
      await auth.signOut();
      return seen;
    })()`,
    );
    assert.deepEqual(value, ["signed_out"]);
    const faults = await visitor.ask("return witness.faults");
    // Chromium keeps quiet about the message, for the listener came from the driver.
    assert.equal(faults.length, 1, faults.join("\n"));
  });

  test("a page whose policy forbids WebAssembly", async (t) => {
    const { visitor } = await start(t, { policy: POLICY.replace(" 'wasm-unsafe-eval'", "") });
    for (const expression of ["sdk.ready()", "auth.ready()", "auth.signIn()", "auth.fetch('/rest/v1.0/me')"]) {
      const { error, phase, isTyped } = await call(visitor, expression);
      assert.deepEqual({ error, phase, isTyped }, { error: "wasm_blocked", phase: "start", isTyped: true }, expression);
    }
  });

  test("a browser without WebAssembly", async (t) => {
    // importScripts, in the worker, takes no Trusted Types.
    const { visitor } = await start(t, { policy: WORKER_POLICY.replace("require-trusted-types-for 'script'; ", "") });
    const outcomes = await call(
      visitor,
      `(async () => {
      const { config } = JSON.parse(localStorage.app);
      const entries = await Promise.all(["index", "worker"].map((name) => import("/package/" + name + ".js?none")));
      delete globalThis.WebAssembly;
      const [page, worker] = [entries[0].createProcoreAuth(config),
        entries[1].createProcoreAuth({ ...config, workerUrl: "/support/worker-without-wasm.js" })];
      const calls = [entries[0].ready(), ...[page, worker].flatMap((client) =>
        [client.ready(), client.signIn(), client.signInWithPopup(), client.refresh(), client.fetch("/rest/v1.0/me")])];
      const found = (await page.diagnose()).filter(({ severity }) => severity === "error");
      return [await Promise.all(calls.map((one) => attempt(() => one))), found.map(({ check, code }) => [check, code])];
    })()`,
    );
    const [calls, findings] = outcomes.value;
    // Firefox loads the entries into a realm of the driver's, so `isTyped` would say nothing of them.
    for (const { error, phase } of calls) assert.deepEqual([error, phase], ["wasm_blocked", "start"]);
    assert.deepEqual(findings, [["webassembly", "wasm_blocked"]]);
  });

  // A282
  test("a script whose core was changed on its way", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "procore-spa-auth-"));
    t.after(() => rmSync(folder, { recursive: true }));
    cpSync(packed.dist, folder, { recursive: true });
    const script = readFileSync(join(packed.dist, "index.js"), "utf8");
    const [first] = /asm[^_-]{5}/.exec(script);
    for (const [found, changed] of [
      // The module's first word; and a piece of its code.
      [first, first.replace("asm", "asn")],
      [script.slice(40_000, 41_000), ""],
    ]) {
      assert.ok(script.includes(found));
      writeFileSync(join(folder, "index.js"), script.replace(found, () => changed));
      const { visitor } = await new Apps(browser, () => ({ dist: folder })).start(t);
      for (const expression of ["sdk.ready()", "auth.ready()", "auth.signIn()"]) {
        const { error, phase, isTyped } = await call(visitor, expression);
        assert.deepEqual({ error, phase, isTyped }, { error: "wasm_integrity", phase: "start", isTyped: true }, expression);
      }
    }
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
