// The whole life of a client whose secrets are in a worker.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { startSink } from "../support/servers.mjs";

/** For a worker that loads another script, which Trusted Types would have to be told of. */
const LOOSE = "default-src 'self'; connect-src *; script-src 'self' 'wasm-unsafe-eval'";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inOneEngine("worker", (browser) => {
  const apps = new Apps(browser, () => packed);
  const call = (expression) => apps.call(expression);
  const start = (t, more) => apps.start(t, { way: "tapped", ...more });

  async function signedIn(t, more) {
    const app = await start(t, more);
    const outcome = await apps.signIn(app.visitor);
    assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
    return app;
  }

  /** An app whose login page never comes: the page stays where it is, and `sink` sees who would have gone. */
  async function stranded(t) {
    const sink = await startSink();
    t.after(() => sink.close());
    const server = {
      customAuthorizationServer: true,
      issuer: sink.origin,
      authorizationEndpoint: `${sink.origin}/oauth/authorize`,
      tokenEndpoint: `${sink.origin}/oauth/token`,
      revocationEndpoint: `${sink.origin}/oauth/revoke`,
      apiOrigin: sink.origin,
    };
    const app = await start(t, { options: { servers: { sandbox: server } } });
    return { ...app, sink };
  }

  /** Begins a sign-in, and waits until the page would have gone. Answers with its state. */
  async function leave({ visitor, sink }) {
    const before = sink.departures.length;
    await visitor.ask("void auth.signIn()");
    await until("the page leaves", () => sink.departures.length > before);
    return new URL(sink.departures[before], sink.origin).searchParams.get("state");
  }

  const codesSent = ({ sink }) => sink.requests.filter(({ url }) => url === "/oauth/token");

  /** The pending sign-ins in the database, by state. */
  const pending = async () => {
    const { value } = await call("tap.database()");
    const records = Object.entries(value).filter(([key]) => key.startsWith("procore-spa-auth:"));
    return Object.fromEntries(records.map(([key, record]) => [key.split(":")[1], JSON.parse(record)]));
  };

  test("signs in, calls the API, renews, signs out; the page itself asks no login server", async (t) => {
    const { visitor, sandbox, redirectUri } = await start(t, { way: "worker" });
    assert.deepEqual(await visitor.ask("return outcome"), { value: { handled: false } });
    const outcome = await apps.signIn(visitor, { returnTo: "/worker/work?tab=1#part" });
    assert.deepEqual(outcome, { value: { handled: true, returnTo: "/worker/work?tab=1#part", warnings: [] } });
    for (const seen of ["atOnce", "seenByBystander"]) assert.equal(await visitor.ask(`return ${seen}`), redirectUri);
    assert.deepEqual(await call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
    assert.deepEqual(await call("(await auth.refresh()).status"), { value: "fresh" });
    await apps.isClean(visitor);
    assert.deepEqual(await call("auth.signOut()"), { value: { outcome: "revoked" } });
    const { error, text } = await call("auth.fetch('/rest/v1.0/me')");
    assert.equal(error, "not_signed_in");
    assert.match(text, /Nobody is signed in/, "what it says is loaded by the page");
    assert.deepEqual(await visitor.ask("return events"), ["signed_in", "refreshed", "signed_out"]);
    assert.deepEqual(await visitor.ask("return witness.sent"), []);
    assert.equal(tokenRequests(sandbox).length, 2);
    await apps.isClean(visitor, outcome);
  });

  test("errors are those of the page, whole", async (t) => {
    const { visitor, sandbox } = await start(t, { way: "worker" });
    const denied = await apps.signIn(visitor, {}, { answer: "deny" });
    assert.deepEqual([denied.error, denied.phase, denied.isTyped], ["access_denied", "redirect", true]);
    await apps.signIn(visitor, { extraParams: { prompt: "login" } });
    sandbox.switches.set({ down: true });
    const { value } = await call(`auth.fetch("/rest/v1.0/me").catch((error) => {
      const { name, code, phase, retryable, cause } = error;
      return { name, code, phase, retryable, cause: cause?.name, isTyped: sdk.isProcoreAuthError(error) };
    })`);
    const facts = { name: "ProcoreAuthError", code: "network_error", phase: "api", retryable: true };
    assert.deepEqual(value, { ...facts, cause: "TypeError", isTyped: true });
  });

  test("a pending sign-in is in the database, and the tab has a note without its verifier", async (t) => {
    const app = await stranded(t);
    const state = await leave(app);
    const record = (await pending())[state];
    assert.equal(record.redirectUri, app.redirectUri);
    const url = new URL(app.sink.departures[0], app.sink.origin);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(record.verifier));
    assert.equal(Buffer.from(digest).toString("base64url"), url.searchParams.get("code_challenge"));
    const note = JSON.parse(await app.visitor.ask(`return sessionStorage.getItem("procore-spa-auth:${state}")`));
    assert.deepEqual(Object.keys(note).sort(), ["clientId", "created", "redirectUri"]);
  });

  test("many sign-ins at once: each has its record before any of them leaves", async (t) => {
    const app = await stranded(t);
    await app.visitor.ask("for (let left = 5; left > 0; left -= 1) void auth.signIn()");
    const answered = "return tap.heard().map(([, { result }]) => result?.url).filter(Boolean)";
    const urls = await until("all have their URL", async () => {
      const urls = await app.visitor.ask(answered);
      return urls?.length === 5 && urls;
    });
    const states = urls.map((url) => new URL(url).searchParams.get("state"));
    assert.equal(new Set(states).size, 5);
    const records = await pending();
    assert.deepEqual(Object.keys(records).sort(), states.toSorted());
    for (const [state, record] of Object.entries(records)) assert.equal(record.state, state);
    const notes = await app.visitor.ask("return Object.keys(sessionStorage).filter((key) => key.startsWith('procore-spa-auth:'))");
    assert.equal(notes.length, 5);
  });

  test("what is old, damaged or too much is swept out; what is young stays", async (t) => {
    const app = await stranded(t);
    const young = await leave(app);
    const record = JSON.stringify((await pending())[young]);
    const now = Math.floor(Date.now() / 1000);
    const aged = (seconds) => JSON.stringify({ ...JSON.parse(record), created: now - seconds });
    await app.visitor.ask("sessionStorage.setItem('procore-spa-auth:old', JSON.stringify({ created: 1 }))");
    const stored = { old: aged(601), future: aged(-3600), damaged: "{", almost: aged(590) };
    for (const [key, value] of Object.entries(stored)) {
      await call(`tap.store(${JSON.stringify(`procore-spa-auth:${key}`)}, ${JSON.stringify(value)})`);
    }
    const next = await leave(app);
    assert.deepEqual(Object.keys(await pending()).sort(), ["almost", next, young].sort());
    assert.equal(await app.visitor.ask("return sessionStorage.getItem('procore-spa-auth:old')"), null);

    for (let index = 0; index < 110; index += 1) {
      await call(`tap.store("procore-spa-auth:many-${index}", ${JSON.stringify(aged(300 - index))})`);
    }
    const last = await leave(app);
    const kept = await pending();
    assert.equal(Object.keys(kept).length, 100);
    assert.ok(kept[last] && kept[next] && kept["many-109"] && !kept["many-0"]);
  });

  test("a new page sweeps, too, and makes no database where there is none", async (t) => {
    const app = await start(t);
    await call("auth.ready()");
    const names = (await call("(await indexedDB.databases()).map(({ name }) => name)")).value;
    assert.deepEqual(names, []);
    const other = await stranded(t);
    await leave(other);
    await call(`tap.store("procore-spa-auth:old", JSON.stringify({ created: 1 }))`);
    await other.visitor.open("/tapped/start");
    await until("it is swept out", async () => !("procore-spa-auth:old" in (await call("tap.database()")).value));
    assert.equal(Object.keys(await pending()).length, 1);
    assert.ok(app);
  });

  test("a record is used once: by one of two workers that ask at once, and by nobody after a reload", async (t) => {
    const app = await stranded(t);
    const state = await leave(app);
    const config = JSON.parse(await app.visitor.ask("return localStorage.getItem('app')")).config;
    const url = `${app.redirectUri}?code=C&state=${state}&iss=${encodeURIComponent(app.sink.origin)}`;
    const { value } = await call(`(async () => {
      // Of two configurations, for a page has one client of each.
      const twice = ["a", "b"].map((scope) => sdk.createProcoreAuth({ ...${JSON.stringify(config)}, scope }));
      await Promise.all(twice.map((auth) => auth.ready()));
      const outcomes = await Promise.all(twice.map((auth) => attempt(() => auth.handleRedirect("${url}"))));
      return outcomes.map(({ error }) => error);
    })()`);
    assert.deepEqual(value.toSorted(), ["no_transaction", "token_missing_access_token"]);
    assert.equal(codesSent(app).length, 1);
    assert.equal((await call(`auth.handleRedirect(${JSON.stringify(url)})`)).error, "no_transaction");
    // As the page of a duplicated tab: with a copy of the note.
    await app.visitor.open(new URL(url).pathname + new URL(url).search);
    assert.equal((await app.visitor.ask("return outcome")).error, "no_transaction");
    assert.equal(codesSent(app).length, 1);
  });

  test("a response that this tab has not asked for is not used, whoever else waits for it", async (t) => {
    const app = await stranded(t);
    const state = await leave(app);
    const url = `${app.redirectUri}?code=C&state=`;
    assert.equal((await call(`auth.handleRedirect("${url}forged")`)).error, "state_mismatch");
    await app.visitor.ask("sessionStorage.clear()");
    assert.equal((await call(`auth.handleRedirect("${url}${state}")`)).error, "no_transaction");
    assert.ok((await pending())[state]);
    assert.deepEqual(codesSent(app), []);
  });

  test("another client's record stays for that client", async (t) => {
    const app = await stranded(t);
    const state = await leave(app);
    const { config } = JSON.parse(await app.visitor.ask("return localStorage.getItem('app')"));
    const other = structuredClone(config);
    other.credentials.sandbox.clientId = "another-client";
    const url = `${app.redirectUri}?code=C&state=${state}&iss=${encodeURIComponent(app.sink.origin)}`;
    const foreign = `sdk.createProcoreAuth(${JSON.stringify(other)})`;
    assert.equal((await call(`${foreign}.handleRedirect("${url}")`)).error, "issuer_changed");
    assert.equal((await call(`auth.handleRedirect("${url}")`)).error, "token_missing_access_token");
    assert.equal(codesSent(app).length, 1);
  });

  test("two tabs sign in at once", async (t) => {
    const { visitor, sandbox } = await start(t);
    const { driver } = browser;
    const first = await driver.getWindowHandle();
    await visitor.ask("auth.signIn()");
    await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));
    await driver.switchTo().newWindow("tab");
    const second = await driver.getWindowHandle();
    t.after(async () => {
      await driver.switchTo().window(second);
      await driver.close();
      await driver.switchTo().window(first);
    });
    await visitor.open("/tapped/start");
    const outcome = await apps.signIn(visitor);
    assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
    await driver.switchTo().window(first);
    await visitor.signInThere();
    assert.equal((await visitor.ask("return outcome")).value?.handled, true);
    assert.equal(tokenRequests(sandbox).length, 2);
    assert.deepEqual(await call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
  });

  test("a reload signs out, and the redirect that it came by is good for nothing", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    const url = await visitor.ask("return performance.getEntriesByType('navigation')[0].name");
    assert.match(url, /[?&]code=/);
    await visitor.open("/tapped/start");
    assert.equal(await visitor.ask("return auth.session.status"), "signed_out");
    await visitor.open(url.slice(visitor.page.length));
    assert.equal((await visitor.ask("return outcome")).error, "no_transaction");
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("without a database, a sign-in is refused before the page is left", async (t) => {
    const { visitor } = await start(t, { options: { workerUrl: "/support/worker-without-database.js" }, policy: LOOSE });
    for (const signIn of ["auth.signIn()", "Promise.all([auth.signIn(), auth.signIn()])"]) {
      const { error, phase, isTyped } = await call(signIn);
      assert.deepEqual([error, phase, isTyped], ["storage_unavailable", "authorize", true]);
    }
    assert.equal(await visitor.url(), `${visitor.page}/tapped/start`);
    assert.deepEqual(await visitor.ask("return { ...sessionStorage }"), {});
  });

  test("the session grows old in the page without being asked", async (t) => {
    const { visitor } = await signedIn(t, { switches: { accessTokenTtl: 20 } });
    const asked = () => visitor.ask("return tap.heard().filter(([way]) => way === 'to').length");
    const before = await asked();
    const seen = new Set();
    await until("it has expired", async () => {
      seen.add(await visitor.ask("return auth.session.status"));
      return seen.has("expired");
    });
    assert.deepEqual([...seen], ["fresh", "refresh_due", "expired"]);
    assert.equal(await asked(), before, "the page had to ask");
  });

  test("a popup's URL is there in the very turn of the click, and again after use", async (t) => {
    const { visitor } = await start(t);
    const { value } = await call(`(async () => {
      const opened = [];
      tap.page.open = (url) => (opened.push(url), null);
      const prepared = () => tap.heard().filter(([, { result }]) => result?.state?.startsWith("popup-")).length;
      const seen = [];
      await auth.ready();
      for (let round = 1; round <= 3; round += 1) {
        while (prepared() < round) await new Promise((next) => setTimeout(next));
        const { error } = await (() => {
          const work = attempt(() => auth.signInWithPopup());
          seen.push(opened.length);
          return work;
        })();
        seen.push(error);
      }
      return { seen, different: new Set(opened.map((url) => new URL(url).searchParams.get("state"))).size };
    })()`);
    assert.deepEqual(value.seen, [1, "popup_blocked", 2, "popup_blocked", 3, "popup_blocked"]);
    assert.equal(value.different, 3);
    // A device that has slept: the timer that renews it stood still.
    const slept = await call(`(async () => {
      await auth.ready();
      const { Date } = tap.page;
      const { now } = Date;
      Date.now = () => now() + 300_000;
      let isOpened = false;
      tap.page.open = () => (isOpened = true, null);
      const work = attempt(() => auth.signInWithPopup());
      const atOnce = isOpened;
      Date.now = now;
      return [atOnce, (await work).error, isOpened];
    })()`);
    assert.deepEqual(slept, { value: [false, "popup_blocked", true] });
    // It has woken up: the click finds a new one.
    const woken = await call(`(async () => {
      await auth.ready();
      const { Date } = tap.page;
      const { now } = Date;
      Date.now = () => now() + 300_000;
      const said = () => tap.heard().filter(([, { operation }]) => operation === "drop").length;
      const before = said();
      tap.page.dispatchEvent(new tap.page.Event("online"));
      while (said() === before) await new Promise((next) => setTimeout(next));
      let isOpened = false;
      tap.page.open = () => (isOpened = true, null);
      const work = attempt(() => auth.signInWithPopup());
      const atOnce = isOpened;
      Date.now = now;
      await work;
      return atOnce;
    })()`);
    assert.deepEqual(woken, { value: true });
    assert.ok(visitor);
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
