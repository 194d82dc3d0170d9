// What an app calls when it is loaded, and once somebody is signed in: `start`, `user`, `authorize`, and the renewal ahead of time.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { handIn, startApp, startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** What has come of the call that the page begins with. */
const settled = (tab) =>
  until("the start has ended", () => tab.ask("return globalThis.outcome")).catch(async (error) => {
    throw new Error(`${error.message}; ${JSON.stringify(await tab.ask("return [auth.session, events, { ...sessionStorage }]"))}`);
  });

for (const way of ["page", "worker"]) {
  inOneEngine(`calls, ${way}`, (browser) => {
    const start = (t, more) => startApp(t, browser, packed, { way, ...more });
    const signedIn = (t, more) => startSignedIn(t, browser, packed, { way, ...more });
    const answers = ({ sandbox }, body, status = 200) => sandbox.switches.set({ apiStatus: { status, body } });

    test("user: asked once for each session, with an ID of 64 bits, frozen", async (t) => {
      const app = await signedIn(t, { count: 2 });
      const { first, sandbox } = app;
      const asked = () => sandbox.requests.filter(({ path, method }) => path === "/rest/v1.0/me" && method === "GET").length;
      const before = asked();
      const [one, two] = (await first.call("Promise.all([auth.user(), auth.user()])")).value;
      assert.deepEqual(one, { id: "1001", login: "pat@example.com", name: "Pat Rivera" });
      assert.deepEqual(two, one);
      assert.deepEqual(await first.call("(async () => Object.isFrozen(await auth.user()) && (await auth.user()) === (await auth.user()))()"), { value: true });
      await first.call("auth.refresh()");
      await first.call("auth.user()");
      assert.equal(asked() - before, 1);

      // Another user's session, begun in another tab.
      answers(app, { id: 2, login: "kim@example.com", name: "Kim" });
      const id = (await first.call("auth.session.id")).value;
      await app.tabs[1].signIn();
      await until("the first tab has the new session", async () => (await first.call("auth.session.id")).value !== id);
      assert.equal((await first.call("auth.user()")).value.login, "kim@example.com");
      await first.call("auth.signOut()");
      assert.equal((await first.call("auth.user()")).error, "not_signed_in");
    });

    test("user: what the API says is read as what it is, or refused", async (t) => {
      const app = await signedIn(t);
      const { first } = app;
      const of = async (body, status) => {
        answers(app, body, status);
        const { value, error } = await first.call("auth.user()");
        return value ?? error;
      };
      for (const wrong of [{}, [], null, "me", { id: "x" }, { id: -1 }, { id: 1.5 }, { id: [1] }, { login: "a" }, { __proto__: null, constructor: { id: 1 } }]) {
        assert.equal(await of(wrong), "user_unavailable", JSON.stringify(wrong));
      }
      assert.equal(await of({}, 403), "user_unavailable");
      assert.equal(await of({}, 404), "user_unavailable");
      assert.deepEqual(await of({ id: "9007199254740993", login: 'a"1,2', name: null }), { id: "9007199254740993", login: 'a"1,2', name: "" });
    });

    test("authorize: headers for that very request, renewed if need be, and for no other origin", async (t) => {
      const app = await signedIn(t);
      const { first, sandbox, line } = app;
      const { value } = await first.call("auth.authorize('/rest/v1.0/projects', { companyId: 8589934593n })");
      assert.equal(value.url, `${sandbox.origin}/rest/v1.0/projects`);
      assert.deepEqual(Object.keys(value.headers).sort(), ["Authorization", "Procore-Company-Id"]);
      // What it is for: XMLHttpRequest, with progress.
      const status = `(async () => {
        const { url, headers } = await auth.authorize(new URL("/rest/v1.0/me", ${JSON.stringify(sandbox.origin)}));
        const request = new XMLHttpRequest();
        request.open("GET", url);
        for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
        await new Promise((done) => { request.onloadend = done; request.send(); });
        return request.status;
      })()`;
      assert.deepEqual(await first.call(status), { value: 200 });
      for (const [target, code] of [
        ["https://evil.example/rest", "resource_origin_forbidden"],
        ["//evil.example/rest", "resource_origin_forbidden"],
        ["/rest?access_token=x", "token_in_url"],
      ]) {
        assert.equal((await first.call(`auth.authorize(${JSON.stringify(target)})`)).error, code, target);
      }
      assert.equal((await first.call("auth.authorize('/rest', { companyId: 'x' })")).error, "company_id_invalid");
      assert.equal((await first.call("auth.authorize('/rest', { headers: {} })")).error, "config_unknown_key");

      await first.set({ clocks: { wall: 7_200_000, monotonic: 7_200_000 } });
      const refreshes = line.refreshes;
      assert.ok((await first.call("auth.authorize('/rest/v1.0/me')")).value.headers.Authorization !== value.headers.Authorization);
      assert.equal(line.refreshes, refreshes + 1);
      await first.call("auth.signOut()");
      assert.equal((await first.call("auth.authorize('/rest/v1.0/me')")).error, "not_signed_in");
    });

    test("a call waits for the script that it needs, and belongs to the session that it was made in", async (t) => {
      const { first } = await signedIn(t);
      // The session ends in the very turn of the call.
      const { value } = await first.call(`(async () => {
        const asked = attempt(() => auth.fetch("/rest/v1.0/me"));
        const out = auth.signOut();
        return [await asked, await out];
      })()`);
      assert.ok(value[0].value !== undefined || value[0].error === "session_ended", JSON.stringify(value[0]));
      assert.equal(value[1].outcome, "revoked");
    });

    test("start: to the login page, back to where the user was, and not by itself after a sign-out", async (t) => {
      const app = await start(t, { starting: {} });
      const { first, line } = app;
      const leaves = () => until("the page leaves for the login page", () => line.departures.shift());
      await leaves();
      const deep = `/${way}/start?project=7&x=%20#/part`;
      await first.open(deep);
      await first.open(await first.isSentBack());
      assert.equal((await settled(first)).value?.status, "fresh");
      assert.equal(await first.ask("return location.pathname + location.search + location.hash"), deep);

      const second = await app.newTab();
      await settled(second);
      await first.call("auth.signOut()");
      await second.becomes("signed_out");
      for (const tab of [first, second]) {
        await tab.reload();
        assert.equal((await settled(tab)).value?.status, "signed_out");
      }
      assert.deepEqual(line.departures, []);
      // A tab of its own has not signed out of anything.
      await app.newTab();
      await leaves();
      // Once somebody signs in, the sign-out is over.
      await first.open(await first.signInThere());
      assert.equal((await settled(first)).value?.status, "fresh");
      assert.equal(await first.ask("return sessionStorage.getItem('procore-spa-auth.out')"), null);
    });

    test("start: manual stays, and takes the app's router", async (t) => {
      const app = await start(t, { starting: { signIn: "manual" } });
      const { first, line } = app;
      assert.equal((await settled(first)).value?.status, "signed_out");
      assert.deepEqual(line.departures, []);
      assert.equal((await first.call("auth.start({ signIn: 'never' })")).error, "config_invalid");
      assert.equal((await first.call("auth.start({ signin: 'auto' })")).error, "config_unknown_key");
      const navigated = await first.call("(async () => { const to = []; await auth.start({ signIn: 'manual', navigate: (path) => to.push(path) }); return to; })()");
      assert.deepEqual(navigated, { value: [] });
    });

    for (const code of ["access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required"]) {
      test(`an error of a response says where the user wanted to be: ${code}`, async (t) => {
        const { first, sandbox } = await start(t);
        const deep = `/${way}/start?project=7#/part`;
        await first.open(deep);
        const state = new URLSearchParams((await first.signInThere()).split("?")[1]).get("state");
        await first.open(`/${way}/callback?error=${code}&state=${state}&iss=${encodeURIComponent(sandbox.origin)}`);
        const { error, returnTo } = await first.ask("return outcome");
        assert.deepEqual([error, returnTo], [code, deep]);
        assert.equal((await first.signIn()).value.returnTo, deep);
      });
    }

    test("the refusal of the token endpoint says it, too, and what answers nothing here does not", async (t) => {
      const { first, sandbox } = await start(t);
      const deep = `/${way}/start?project=7#/part`;
      await first.open(deep);
      const response = await first.signInThere();
      const headers = { "content-type": "application/json" };
      sandbox.switches.set({ tokenStatus: { status: 400, body: { error: "invalid_grant" }, headers } });
      await first.open(response);
      const refused = await first.ask("return outcome");
      assert.deepEqual([refused.error, refused.returnTo], ["invalid_grant", deep]);
      const foreign = await first.call(handIn(`/${way}/callback?code=x&state=y`));
      assert.deepEqual([foreign.error, foreign.returnTo], ["no_transaction", null]);
    });
  });
}

inOneEngine("renewal ahead of time", (browser) => {
  test("while the page is looked at, the token is renewed before it is over, and only then", async (t) => {
    const options = { persist: "tab", renewAhead: true };
    const { first, line } = await startSignedIn(t, browser, packed, { options, switches: { accessTokenTtl: 4 } });
    await until("it is renewed twice", () => line.refreshes >= 2);
    await first.call("auth.signOut()");
    const { refreshes } = line;
    await first.reload();
    assert.equal(line.refreshes, refreshes);
  });
});
