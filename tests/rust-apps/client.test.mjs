// The client for Rust apps (`features = ["app"]`) in real browsers, called from JavaScript by a small program: probe/.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { startSink } from "../support/servers.mjs";
import { buildApp, startApp } from "./page.mjs";

let app;
before(async () => (app = await buildApp("tests/rust-apps/probe")));

inTwoEngines("the client for Rust apps", (browser) => {
  const start = (t, change) => startApp(t, browser, app, change);

  async function signIn(visitor, options = {}, there = {}) {
    await visitor.ask("probe.signIn(arguments[0]).catch(() => {})", JSON.stringify(options));
    await visitor.signInThere(there);
    return visitor.ask("return outcome");
  }

  async function signedIn(t, change) {
    const started = await start(t, change);
    await signIn(started.visitor);
    return started;
  }

  const fetching = (given) => `probe.fetch(${JSON.stringify(given)})`;
  const statusOf = async (visitor, given) => {
    const { value, error } = await visitor.call(fetching(given));
    return value?.status ?? error;
  };
  const me = { target: "/rest/v1.0/me" };

  test("nothing is known at first, and then that nobody is signed in", async (t) => {
    const { visitor } = await start(t);
    assert.equal(await visitor.ask("return statusAtOnce"), "unknown");
    assert.deepEqual(await visitor.ask("return outcome"), { value: { handled: false, returnTo: null, warning: null } });
    assert.deepEqual(await visitor.ask("return events"), [["ready", "signed_out"]]);
    assert.equal(await statusOf(visitor, me), "not_signed_in");
    assert.deepEqual((await visitor.call("probe.signOut()")).value, { outcome: "nothing", warning: null });
  });

  test("signs in, scrubs at once, goes on to where the user was, and says who it is", async (t) => {
    const { visitor, redirectUri } = await start(t);
    const outcome = await signIn(visitor, { returnTo: "/work?tab=1#part" });
    assert.deepEqual(outcome, { value: { handled: true, returnTo: "/work?tab=1#part", warning: null } });
    assert.equal(await visitor.ask("return atOnce"), redirectUri);
    assert.deepEqual(await visitor.ask("return events"), [["signed_in", "fresh"]]);
    const { value } = await visitor.call("probe.user()");
    assert.deepEqual(value, { id: "1001", login: "pat@example.com", name: "Pat Rivera" });
    const { value: session } = await visitor.call("probe.session");
    assert.match(session.id, /^\d+$/);
    assert.deepEqual([session.signedIn, session.renewable, session.environment], [true, true, "sandbox"]);
  });

  test("a refusal is an error, and no sign-in", async (t) => {
    const { visitor, redirectUri } = await start(t);
    const { error, phase } = await signIn(visitor, {}, { answer: "deny" });
    assert.deepEqual([error, phase], ["access_denied", "redirect"]);
    assert.equal(await visitor.ask("return atOnce"), redirectUri);
    await until("it is known", async () => (await visitor.ask("return events.length")) === 1);
    assert.deepEqual(await visitor.ask("return events"), [["ready", "signed_out"]]);
  });

  test("a response that nobody has asked for is refused and left alone", async (t) => {
    const { visitor, redirectUri, sandbox } = await start(t);
    await visitor.open("/callback?code=forged&state=forged");
    assert.equal((await visitor.ask("return outcome")).error, "no_transaction");
    assert.equal(await visitor.url(), `${redirectUri}?code=forged&state=forged`);
    assert.equal(tokenRequests(sandbox).length, 0);
  });

  test("a 401 is worth one renewal and one more try", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    sandbox.switches.set({ apiStatus: { status: 401 } });
    assert.equal(await statusOf(visitor, me), 200);
    assert.equal(tokenRequests(sandbox).length, 2);
    sandbox.switches.set({ apiStatus: { status: 401 } });
    assert.equal(await statusOf(visitor, me), 401, "a token that is new is not at fault");
    assert.equal(tokenRequests(sandbox).length, 2);
    assert.deepEqual((await visitor.ask("return events")).map(([word]) => word), ["signed_in", "refreshed"]);
  });

  test("waits where the API asks for it, unless the caller would rather not", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    const busy = (status) => sandbox.switches.set({ apiStatus: { status, headers: { "retry-after": "1", "x-rate-limit-reset": "0" } } });
    busy(429);
    assert.equal(await statusOf(visitor, { ...me, withoutWaiting: true }), 429);
    busy(429);
    assert.equal(await statusOf(visitor, me), 200);
    busy(503);
    const post = { target: "/rest/v1.0/echo", method: "POST", body: "x" };
    assert.equal(await statusOf(visitor, post), 503, "it may have been done");
    busy(503);
    assert.equal(await statusOf(visitor, { ...post, isIdempotent: true }), 200);
  });

  test("the token goes to the environment's own API, in a header, and nowhere else", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    const before = sandbox.requests.length;
    for (const [given, code] of [
      [{ target: "https://evil.example/rest/v1.0/me" }, "resource_origin_forbidden"],
      [{ target: "//evil.example/" }, "resource_origin_forbidden"],
      [{ target: "/rest/v1.0/me?access_token=x" }, "token_in_url"],
      [{ target: "/rest/v1.0/me?client_secret=x" }, "config_secret_forbidden"],
      [{ ...me, header: "aUTHORIZATION" }, "param_reserved"],
      [{ ...me, companyId: "1e3" }, "company_id_invalid"],
      [{ ...me, body: "a GET has none" }, "config_invalid"],
    ]) {
      assert.equal(await statusOf(visitor, given), code, JSON.stringify(given));
    }
    assert.equal(sandbox.requests.length, before);
  });

  test("the company's ID goes with the request, and follows no redirect to another origin", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    const sink = await startSink();
    t.after(sink.close);
    const companyId = "8589934593";
    assert.equal(await statusOf(visitor, { target: "/rest/v1.0/projects", companyId }), 200);
    const redirect = (to) => `/rest/v1.0/redirect?to=${encodeURIComponent(to)}`;
    assert.equal(await statusOf(visitor, { target: redirect(`${sink.origin}/file`), companyId }), 200);
    const { headers } = sink.requests.find(({ url }) => url === "/file");
    assert.deepEqual([headers.authorization, headers["procore-company-id"]], [undefined, undefined]);
    const back = redirect(`${sandbox.origin}/rest/v1.0/projects`);
    assert.equal(await statusOf(visitor, { target: back, companyId }), 200, "on the API again it is sent whole");
  });

  test("says when no answer came, and works again afterwards", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    sandbox.switches.set({ down: true });
    const { error, phase, retryable } = await visitor.call(fetching(me));
    assert.deepEqual([error, phase, retryable], ["network_error", "api", true]);
    sandbox.switches.set({ down: false });
    await visitor.call("probe.giveUp('/rest/v1.0/me')");
    assert.equal(await statusOf(visitor, me), 200);
  });

  test("an answer that is not what was asked for is said to be so", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    for (const [status, body] of [[200, {}], [200, []], [404, { id: 1 }]]) {
      sandbox.switches.set({ apiStatus: { status, body } });
      const { error, phase, text } = await visitor.call("probe.user()");
      assert.deepEqual([error, phase], ["answer_unexpected", "api"]);
      assert.ok(text.endsWith(`[${status}]`), text);
    }
  });

  test("signs out: both tokens are revoked, and a listener that was dropped hears nothing", async (t) => {
    const { visitor, sandbox } = await signedIn(t);
    assert.deepEqual((await visitor.call("probe.refresh()")).value.status, "fresh");
    await visitor.ask("listening.free()");
    assert.deepEqual((await visitor.call("probe.signOut()")).value, { outcome: "revoked", warning: null });
    assert.equal(sandbox.requests.filter(({ path, method }) => path === "/oauth/revoke" && method === "POST").length, 2);
    assert.deepEqual((await visitor.ask("return events")).map(([word]) => word), ["signed_in", "refreshed"]);
    assert.equal(await statusOf(visitor, me), "not_signed_in");
    await visitor.holdsNothingOf(sandbox);
  });

  test("without persist a session is the tab's own, and any sign-out ends all of them", async (t) => {
    const { visitor } = await signedIn(t);
    const tabs = await visitor.openTab(t);
    assert.equal((await visitor.call("probe.session")).value.status, "signed_out");
    await visitor.ask("probe.signIn('{}')");
    await visitor.signInThere({ passwords: [] });
    await visitor.call("probe.signOut()");
    await tabs.first();
    await until("it has ended here, too", async () => (await visitor.call("probe.session")).value.status === "signed_out");
  });

  test("an app that goes round is stopped at the fourth time", async (t) => {
    const { visitor } = await start(t);
    await signIn(visitor, {}, { answer: "deny" });
    for (let round = 0; round < 2; round += 1) await signIn(visitor, {}, { answer: "deny", passwords: [] });
    const { error, text } = await visitor.call("probe.signIn('{}')");
    assert.equal(error, "sign_in_loop");
    assert.match(text, /\[access_denied\]$/);
  });

  test("the login page is not gone to in a frame", async (t) => {
    const { visitor } = await start(t);
    await visitor.ask("document.body.append(Object.assign(document.createElement('iframe'), { src: '/start', id: 'frame' }))");
    await until("the frame is there", () => visitor.ask("return frames[0]?.document.body?.innerText.includes('known')"));
    assert.equal((await visitor.call("frames[0].probe.signIn('{}')")).error, "sign_in_framed");
  });

  test("the server's metadata are read first", async (t) => {
    const discovering = ({ credentials, servers: { sandbox } }) => {
      const { customAuthorizationServer, issuer, apiOrigin } = sandbox;
      return { credentials, servers: { sandbox: { customAuthorizationServer, issuer, apiOrigin, discover: true } } };
    };
    const { visitor, sandbox } = await start(t, discovering);
    assert.equal((await signIn(visitor)).value.handled, true);
    assert.equal(await statusOf(visitor, me), 200);
    sandbox.switches.set({ down: true });
    await visitor.reload();
    const outcome = await visitor.ask("return outcome");
    assert.deepEqual([outcome.error, outcome.phase], ["network_error", "config"]);
    sandbox.switches.set({ down: false });
    assert.deepEqual(await visitor.call("probe.ready()"), { value: null }, "it is asked again");
  });

  test("a token mediator adds the secret, and the page never has it", async (t) => {
    const { visitor, secret } = await start(t, (options) => ({ ...options, tokenMediator: "/oauth/token", persist: true }));
    assert.equal((await signIn(visitor)).value.handled, true);
    assert.equal(await statusOf(visitor, me), 200);
    await visitor.reload();
    assert.equal((await visitor.call("probe.refresh()")).value.status, "fresh");
    assert.equal(await statusOf(visitor, me), 200);
    const storage = await visitor.ask("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])");
    assert.ok(!storage.includes(secret));
    assert.deepEqual((await visitor.call("probe.signOut()")).value.outcome, "revoked");
  });

  test("a secret is refused wherever it is offered", async (t) => {
    const { visitor } = await start(t);
    const code = async (options) => (await visitor.call(`new globalThis.Probe(${JSON.stringify(JSON.stringify(options))})`)).error;
    const credentials = (more) => ({ credentials: { sandbox: { clientId: "c", redirectUris: [`${visitor.page}/cb`], ...more } } });
    assert.match(await code(credentials({ clientSecret: "s" })), /unknown field/);
    assert.match(await code({ ...credentials(), appSecret: "s" }), /unknown field/);
    assert.equal(await code({ credentials: { sandbox: { clientId: "c", redirectUris: ["https://other.example/cb"] } } }), "config_redirect_not_this_origin");
  });

  const persist = (options) => ({ ...options, persist: true });

  test("persist: a reload keeps the session, encrypted, and sends nothing for it", async (t) => {
    const { visitor, sandbox } = await signedIn(t, persist);
    const { value: before } = await visitor.call("probe.session");
    await visitor.reload();
    assert.deepEqual(await visitor.ask("return events"), [["signed_in", "fresh"]]);
    assert.equal((await visitor.call("probe.session")).value.id, before.id, "the same session");
    assert.equal(await statusOf(visitor, me), 200);
    assert.equal(tokenRequests(sandbox).length, 1);
    const entry = await visitor.call(ENTRY);
    assert.deepEqual(entry.value.key, { type: "secret", extractable: false });
    assert.doesNotMatch(entry.value.text, /token|refresh/i);
  });

  test("persist: a response that this tab has had before is scrubbed, and no error while somebody is signed in", async (t) => {
    const { visitor, sandbox, redirectUri } = await signedIn(t, persist);
    const spent = new URL(await visitor.ask("return performance.getEntriesByType('navigation')[0].name"));
    const { code, state } = Object.fromEntries(spent.searchParams);
    assert.ok(code && state);
    const remembered = await visitor.ask("return sessionStorage.getItem('procore-spa-auth.spent')");
    assert.deepEqual(remembered.split(",").filter(Boolean), [state.slice(0, 8)], "as the npm package has it, and no state");

    const again = `${spent.pathname}${spent.search}&tab=1`;
    await visitor.open(again);
    assert.deepEqual(await visitor.ask("return outcome"), { value: { handled: false, returnTo: null, warning: null } });
    assert.equal(await visitor.ask("return atOnce"), `${redirectUri}?tab=1`);
    assert.equal(await statusOf(visitor, me), 200);

    await visitor.call("probe.signOut()");
    await visitor.open(again);
    assert.equal((await visitor.ask("return outcome")).error, "no_transaction");
    assert.equal(await visitor.url(), `${redirectUri}?tab=1`);
    // Another library's is left alone.
    const foreign = `/callback?code=foreign&state=${"x".repeat(43)}`;
    await visitor.open(foreign);
    assert.equal((await visitor.ask("return outcome")).error, "no_transaction");
    assert.equal(await visitor.url(), visitor.page + foreign);
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("without persist a reload finds nobody signed in, and nothing is remembered of a response", async (t) => {
    const { visitor } = await signedIn(t);
    assert.equal(await visitor.ask("return sessionStorage.getItem('procore-spa-auth.spent')"), null);
    const spent = new URL(await visitor.ask("return performance.getEntriesByType('navigation')[0].name"));
    await visitor.open(`${spent.pathname}${spent.search}`);
    assert.equal((await visitor.ask("return outcome")).error, "no_transaction");
  });

  test("persist: tabs share the session, its renewals and its end", async (t) => {
    const { visitor, sandbox } = await signedIn(t, persist);
    const { value: session } = await visitor.call("probe.session");
    const tabs = await visitor.openTab(t);
    assert.equal((await visitor.call("probe.session")).value.id, session.id);
    await tabs.first();
    await visitor.ask("window.renewal = attempt(() => probe.refresh())");
    await tabs.second();
    assert.equal((await visitor.call("probe.refresh()")).value.status, "fresh");
    await tabs.first();
    const { value: renewed } = await visitor.call("await window.renewal");
    assert.equal(renewed.value?.status, "fresh", JSON.stringify(renewed));
    assert.equal(await statusOf(visitor, me), 200);
    // No refresh token was sent twice, which would have ended the session.
    assert.ok(tokenRequests(sandbox).every(({ status }) => status === 200));
    await tabs.second();
    assert.equal(await statusOf(visitor, me), 200);
    assert.deepEqual((await visitor.call("probe.signOut()")).value.outcome, "revoked");
    await tabs.first();
    await until("the end is heard", async () => (await visitor.ask("return events.at(-1)[0]")) === "signed_out");
    assert.equal((await visitor.call(ENTRY)).value, null);
    await visitor.reload();
    assert.equal((await visitor.call("probe.session")).value.status, "signed_out");
  });

  test("persist: somebody else has the lock of those who are here: nobody waits for it without end", async (t) => {
    const { visitor, sandbox } = await start(t, persist);
    const tabs = await visitor.openTab(t);
    const name = `procore-spa-auth-app sandbox:${sandbox.clientId} here`;
    const forEver = `navigator.locks.request("${name}", () => (held(true), new Promise(() => {})))`;
    await visitor.call(`new Promise((held) => void ${forEver})`);
    await tabs.first();
    assert.equal((await signIn(visitor)).value?.handled, true);
    await visitor.reload();
    assert.equal((await visitor.call("probe.session")).value.status, "fresh");
    assert.equal(await statusOf(visitor, me), 200);
    assert.equal((await visitor.call("probe.signOut()")).value.outcome, "revoked");
  });

  test("persist: a new tab takes up what the last one has left a moment ago", async (t) => {
    const { visitor, sandbox } = await signedIn(t, persist);
    await visitor.driver.get(`${sandbox.origin}/oauth/authorize`);
    await visitor.openTab(t);
    assert.equal((await visitor.call("probe.session")).value.status, "fresh");
    assert.equal(await statusOf(visitor, me), 200);
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("persist: what is damaged is removed, and nobody is signed in by it", async (t) => {
    const { visitor } = await signedIn(t, persist);
    await visitor.call(`(${DAMAGE})()`);
    await visitor.reload();
    assert.equal((await visitor.call("probe.session")).value.status, "signed_out");
    assert.equal((await visitor.call(ENTRY)).value, null);
  });

  test("persist: where there is no database, a tab goes on by itself", async (t) => {
    const { visitor, sandbox } = await start(t, persist);
    await visitor.ask("sessionStorage.setItem('is-database-broken', '1')");
    await visitor.reload();
    assert.deepEqual(await visitor.ask("return events"), [["ready", "signed_out"]]);
    assert.deepEqual((await signIn(visitor)).value.handled, true);
    assert.equal(await statusOf(visitor, me), 200);
    assert.equal(tokenRequests(sandbox).length, 1);
  });
});

const OPEN = `await new Promise((resolve, reject) => {
  const opening = indexedDB.open("procore-spa-auth-app", 1);
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => reject(opening.error);
})`;

const asked = (mode, request) => `await new Promise((resolve, reject) => {
  const table = database.transaction("sessions", "${mode}").objectStore("sessions");
  const asking = ${request};
  asking.onsuccess = () => resolve(asking.result);
  asking.onerror = () => reject(asking.error);
})`;

/** What lies in the database: the key's facts, and everything else as text; nothing where it is empty. */
const ENTRY = `(async () => {
  const database = ${OPEN};
  const [entry] = ${asked("readonly", "table.getAll()")};
  database.close();
  if (!entry) return null;
  const { type, extractable } = entry.key;
  return { key: { type, extractable }, text: JSON.stringify(entry) + new TextDecoder().decode(entry.data) };
})()`;

const DAMAGE = `async () => {
  const database = ${OPEN};
  const [slot] = ${asked("readonly", "table.getAllKeys()")};
  const [entry] = ${asked("readonly", "table.getAll()")};
  new Uint8Array(entry.data)[3] ^= 1;
  ${asked("readwrite", "table.put(entry, slot)")};
  database.close();
}`;
