// The redirect that comes back: to another page than it was to, with a router that listens, to two parts of one page, again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { startSink } from "../support/servers.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inTwoEngines("arrivals", (browser) => {
  const apps = new Apps(browser, () => packed);
  const call = (expression) => apps.call(expression);

  /** An app whose login page never comes: the page stays where it is, and `sink` sees where it would have gone. */
  async function stranded(t, way, options = {}) {
    const sink = await startSink();
    t.after(() => sink.close());
    const server = {
      customAuthorizationServer: true,
      issuer: sink.origin,
      authorizationEndpoint: `${sink.origin}/oauth/authorize`,
      tokenEndpoint: `${sink.origin}/oauth/token`,
      revocationEndpoint: `${sink.origin}/oauth/revoke`,
      tokenInfoEndpoint: `${sink.origin}/oauth/token/info`,
      apiOrigin: sink.origin,
    };
    return { ...(await apps.start(t, { way, options: { servers: { sandbox: server }, ...options } })), sink };
  }

  /** Begins a sign-in, and waits until the page would have gone. Answers with its state. */
  async function leave({ visitor, sink }, options = {}) {
    const before = sink.departures.length;
    // With all scripts there: what a page loads while it leaves is lost, and Firefox does not load it again where the page stays.
    await call("auth.authorize('/rest/v1.0/me')");
    // A user would click for it; Firefox and WebKit count a driver's script as the page's own doing.
    await visitor.ask("sessionStorage.removeItem('procore-spa-auth.rounds'); void auth.signIn(arguments[0])", options);
    await until("the page leaves", () => sink.departures.length > before);
    return new URL(sink.departures[before], sink.origin).searchParams.get("state");
  }

  const codesSent = ({ sink }) => sink.requests.filter(({ method, url }) => method === "POST" && url === "/oauth/token");
  const stored = ({ visitor }) =>
    visitor.ask("return Object.keys(sessionStorage).filter((key) => key.startsWith('procore-spa-auth:'))");

  /** What came of the page that a URL is. `path` is from the app's folder on. */
  async function arrive({ visitor, redirectUri }, path) {
    await visitor.open(new URL(redirectUri).pathname.replace(/\/callback$/, "") + path);
    return visitor.ask("return outcome");
  }

  for (const way of ["code", "worker"]) {
    test(`${way}: the app's server has moved the redirect URI's page`, async (t) => {
      const app = await stranded(t, way);
      const { origin, redirectUri, visitor } = app;
      for (const path of ["/en/callback", "/callback/", "/callback/index.html", "/CALLBACK", "/elsewhere"]) {
        const state = await leave(app);
        const outcome = await arrive(app, `${path}?tab=1&code=the-code&state=${state}#/route`);
        assert.deepEqual([outcome.error, outcome.phase], ["redirect_mismatch", "redirect"], JSON.stringify(outcome));
        assert.ok(outcome.text.includes(`[${origin}/${way}${path}`), outcome.text);
        assert.ok(outcome.text.includes(`instead of ${redirectUri}]`), outcome.text);
        assert.ok(![state, "the-code"].some((part) => outcome.text.includes(part)), outcome.text);
        const [message] = outcome.text.split("\n");
        assert.ok(!message.includes("tab=1"), message);
        assert.equal(await visitor.url(), `${origin}/${way}${path}?tab=1#/route`);
        assert.deepEqual(await stored(app), [], "the record is spent");
        // A reload is an ordinary page, from where the user may sign in.
        await visitor.open(`/${way}${path}?tab=1`);
        assert.deepEqual(await visitor.ask("return outcome"), { value: { handled: false } });
      }
      assert.deepEqual(codesSent(app), []);
    });

    test(`${way}: a response that a router has moved into a hash route`, async (t) => {
      const app = await stranded(t, way);
      for (const [before, after] of [
        ["/callback#/cb?code=the-code&tab=1&state=", "/callback#/cb?tab=1"],
        ["/start#!/code=the-code&state=", "/start#!/"],
      ]) {
        const state = await leave(app);
        // By way of another page, for to the browser this would be the same one.
        await app.visitor.open(`/${way}/away`);
        const outcome = await arrive(app, before + state);
        assert.equal(outcome.error, "redirect_mismatch");
        assert.equal(await app.visitor.url(), `${app.origin}/${way}${after}`);
        assert.deepEqual(await stored(app), []);
      }
    });

    test(`${way}: whoever listens to the scrubbing and asks again, from inside it, gets the same answer`, async (t) => {
      const app = await stranded(t, way);
      const state = await leave(app);
      const url = `${app.redirectUri}?code=C&state=${state}&iss=${encodeURIComponent(app.sink.origin)}`;
      await app.visitor.ask("history.pushState(null, '', arguments[0])", url);
      const { value } = await call(`(async () => {
        const asked = [];
        let most = 20;
        const ask = () => {
          if (most-- < 0) return;
          asked.push(attempt(() => auth.handleRedirect()), attempt(() => auth.handleRedirect(location.href)));
        };
        const { replaceState } = history;
        history.replaceState = function (...args) {
          ask();
          replaceState.apply(this, args);
          ask();
        };
        for (const event of ["navigate", "currententrychange"]) globalThis.navigation?.addEventListener(event, ask);
        for (const event of ["popstate", "hashchange"]) addEventListener(event, ask);
        const first = await attempt(() => auth.handleRedirect());
        return [first, ...(await Promise.all(asked))].map(({ error, value }) => error ?? value);
      })()`);
      assert.ok(value.length > 4, JSON.stringify(value));
      assert.deepEqual([...new Set(value.map((outcome) => JSON.stringify(outcome)))], ['"token_missing_access_token"']);
      assert.equal(codesSent(app).length, 1);
      assert.equal(await app.visitor.url(), app.redirectUri);
    });

    test(`${way}: two parts of a page with one configuration are signed in by one response`, async (t) => {
      const { visitor, sandbox } = await apps.start(t, { way, hasTwin: true });
      const outcome = await apps.signIn(visitor);
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      assert.deepEqual(await visitor.ask("return [auth, twin].map(({ session }) => session.signedIn)"), [true, true]);
      assert.equal(tokenRequests(sandbox).length, 1);
      const { config } = JSON.parse(await visitor.ask("return localStorage.getItem('app')"));
      const late = `sdk.createProcoreAuth(${JSON.stringify(config)})`;
      assert.deepEqual(await call(`${late}.handleRedirect()`), { value: { handled: false } });
      assert.deepEqual(await call(`${late}.session.signedIn`), { value: true });
      const other = `sdk.createProcoreAuth(${JSON.stringify({ ...config, scope: "other" })})`;
      assert.deepEqual(await call(`${other}.session.signedIn`), { value: false }, "another one has its own");
    });

    test(`${way}: a sign-in returns to where the user is, unless told otherwise`, async (t) => {
      const app = await apps.start(t, { way });
      const { visitor } = app;
      // The login page would remember the user.
      const extraParams = { prompt: "login" };
      const signIn = (options, there) => apps.signIn(visitor, { extraParams, ...options }, there);
      for (const path of ["/work?tab=1&code=03#part", "/work#/costs?page=2&code=03-100&state=open", "/callback?tab=1"]) {
        await visitor.open(`/${way}${path}`);
        assert.equal((await signIn()).value?.returnTo, `/${way}${path}`);
      }
      // In a single-page app, the page is not the one that was loaded.
      await visitor.ask("history.pushState(null, '', arguments[0])", `/${way}/later?x#y`);
      assert.equal((await signIn()).value?.returnTo, `/${way}/later?x#y`);
      await visitor.ask("history.pushState(null, '', arguments[0])", `/${way}/later?x#y`);
      assert.equal((await signIn({ returnTo: "?z" })).value?.returnTo, `/${way}/later?z`);
      assert.equal((await signIn({ returnTo: "/" })).value?.returnTo, "/");
      // The redirect URI's page by itself is no place to be.
      await visitor.open(`/${way}/callback`);
      assert.equal((await signIn()).value?.returnTo, `/${way}/`);
      // And after a refusal, the user is still on the way to where they were.
      await visitor.open(`/${way}/work?tab=1`);
      const denied = await signIn({}, { answer: "deny" });
      assert.equal(denied.error, "access_denied");
      assert.equal((await signIn()).value?.returnTo, `/${way}/work?tab=1`);
    });

    test(`${way}: a response that this tab has had before`, async (t) => {
      const { visitor, sandbox, redirectUri } = await apps.start(t, { way, options: { persist: "tab" } });
      const outcome = await apps.signIn(visitor);
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      const spent = await visitor.ask("return performance.getEntriesByType('navigation')[0].name");
      assert.match(spent, /[?&]code=/);
      const again = new URL(spent);
      await visitor.open(`${again.pathname}${again.search}&tab=1`);
      assert.deepEqual(await visitor.ask("return outcome"), { value: { handled: false } }, "signed in is signed in");
      assert.equal(await visitor.url(), `${redirectUri}?tab=1`);
      assert.equal(await visitor.ask("return auth.session.signedIn"), true);

      await call("auth.signOut()");
      await visitor.open(`${again.pathname}${again.search}&tab=1`);
      assert.equal((await visitor.ask("return outcome")).error, "no_transaction");
      assert.equal(await visitor.url(), `${redirectUri}?tab=1`);
      // Another library's is left alone.
      const foreign = `${again.pathname}?code=foreign&state=${"x".repeat(43)}`;
      await visitor.open(foreign);
      assert.equal((await visitor.ask("return outcome")).error, "no_transaction");
      assert.equal(await visitor.url(), visitor.page + foreign);
      assert.equal(tokenRequests(sandbox).length, 1);
    });
  }

  test("a hash route on the redirect URI is a page like any other, whatever its parameters are called", async (t) => {
    for (const responseMode of ["query", "fragment"]) {
      const app = await apps.start(t, { options: { responseMode } });
      const route = "/code/callback#/costs?page=2&code=03-100&state=open&error=x";
      await app.visitor.open(route);
      assert.deepEqual(await app.visitor.ask("return outcome"), { value: { handled: false } });
      assert.equal(await app.visitor.url(), app.origin + route);
      const outcome = await apps.signIn(app.visitor);
      assert.deepEqual(outcome, { value: { handled: true, returnTo: route, warnings: [] } });
    }
  });

  test("a hash route beside the response is no part of it", async (t) => {
    const app = await stranded(t, "code");
    const state = await leave(app);
    const iss = encodeURIComponent(app.sink.origin);
    const outcome = await arrive(app, `/callback?code=C&state=${state}&iss=${iss}#/costs?page=2&code=03&state=open`);
    assert.equal(outcome.error, "token_missing_access_token", "the code was redeemed");
    assert.equal(codesSent(app).length, 1);
    assert.equal(await app.visitor.url(), `${app.redirectUri}#/costs?page=2&code=03&state=open`);
  });

  test("implicit: a hash router has rewritten the fragment", async (t) => {
    const app = await stranded(t, "implicit");
    for (const [before, after] of [
      ["#/access_token=the-token&token_type=bearer&state=", "#/"],
      ["#!/access_token=the-token&tab=1&state=", "#!/tab=1"],
      ["#/route?access_token=the-token&tab=1&state=", "#/route?tab=1"],
    ]) {
      const state = await leave(app);
      await app.visitor.open("/implicit/away");
      const outcome = await arrive(app, `/callback${before}${state}`);
      assert.equal(outcome.error, "redirect_mismatch");
      assert.match(outcome.text, /router/);
      assert.ok(!/the-token/.test(outcome.text), outcome.text);
      assert.equal(await app.visitor.url(), app.redirectUri + after);
      assert.deepEqual(await stored(app), []);
    }
    // An error may come in the query although the token would in the fragment.
    const state = await leave(app);
    const iss = encodeURIComponent(app.sink.origin);
    const refused = await arrive(app, `/callback?error=access_denied&state=${state}&iss=${iss}#/costs?code=03`);
    assert.equal(refused.error, "access_denied");
    assert.equal(await app.visitor.url(), `${app.redirectUri}#/costs?code=03`);
  });

  test("a parameter that is none to the core is none to the page", async (t) => {
    const app = await stranded(t, "code");
    const state = await leave(app);
    const iss = encodeURIComponent(app.sink.origin);
    const outcome = await arrive(app, `/callback??state=X&code=C&state=${state}&iss=${iss}`);
    assert.equal(outcome.error, "token_missing_access_token", "the code was redeemed");
    assert.equal(await app.visitor.url(), `${app.redirectUri}??state=X`);
  });

  test("half a character in what the app says costs no step", async (t) => {
    const app = await stranded(t, "code");
    const half = "String.fromCharCode(0xd800)";
    await call("auth.authorize('/rest/v1.0/me')");
    const before = app.sink.departures.length;
    await app.visitor.ask(`void auth.signIn({ returnTo: "/x" + ${half}, extraParams: { hint: ${half} } })`);
    await until("the page leaves", () => app.sink.departures.length > before);
    assert.match(app.sink.departures[before], /&hint=%EF%BF%BD$/);
    assert.match((await app.visitor.ask("return witness.said")).join(), /returnto_rejected/);
    const record = await app.visitor.ask("return Object.values(sessionStorage).find((text) => text.includes('returnTo'))");
    assert.equal(JSON.parse(record).returnTo, "/");
    assert.deepEqual(await call(`auth.handleRedirect("${app.origin}/x?" + ${half})`), { value: { handled: false } });
    assert.equal((await call(`auth.fetch("/rest/v1.0/me?" + ${half})`)).error, "not_signed_in");
  });
});
