// The way through a token mediator, in real browsers: the secret is demanded, and is nowhere in the page; the session is in a cookie
// that no script can read, and is taken up after a reload and in a new tab.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { exampleMediator, keptIn } from "../support/mediator.mjs";
import { pack } from "../support/package.mjs";
import { startApp, startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const STATUS = "(await auth.refresh()).status";
const SEEN = "[auth.session.status, auth.session.id ?? null]";

/** None of the tokens that have passed is good for anything any more. */
async function allAreDead({ line, sandbox }) {
  for (const token of line.secrets) {
    const { status } = await fetch(`${sandbox.origin}/rest/v1.0/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(status, 401, "a token still works");
  }
}

/** A request on the way to the mediator has another cookie, once. */
const withCookie = (app, change) =>
  once(app, (request, response, mediator) => {
    const at = request.rawHeaders.findIndex((name) => name.toLowerCase() === "cookie") + 1;
    request.rawHeaders[at] = request.headers.cookie = change(request.headers.cookie);
    return mediator(request, response);
  });

/** Something else in the mediator's place, once. */
const once = (app, answer) => {
  const { mediator } = app;
  app.mediator = (request, response) => {
    app.mediator = mediator;
    return answer(request, response, mediator);
  };
};
/** An answer that breaks off. One that does not begin makes some browsers ask again by themselves. */
const cut = (_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write("{", () => response.socket.end());
};
const say = (status, type, body) => (_, response) => response.writeHead(status, { "content-type": type }).end(body);

for (const way of ["page", "worker"]) {
  inOneEngine(`token mediator, ${way}`, (browser) => {
    const mediate = (settings) => keptIn(browser.engine, exampleMediator(settings));
    const more = { way, options: {}, mediate };
    const start = (t) => startApp(t, browser, packed, more);
    const signedIn = (t, others) => startSignedIn(t, browser, packed, { ...more, ...others });
    const seen = async (tab) => (await tab.call(SEEN)).value;

    test("signed in, renewed, reloaded, in a new tab, signed out; the page holds neither secret nor refresh token", async (t) => {
      const app = await signedIn(t);
      const { first, line, sandbox } = app;
      const [, id] = await seen(first);
      assert.match(id, /^[\w-]{22,128}$/);
      assert.equal(await first.me(), 200);
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      assert.deepEqual(await seen(first), ["fresh", id]);

      await first.reload();
      assert.deepEqual(await seen(first), ["fresh", id]);
      assert.deepEqual(await first.events(), ["signed_in"]);
      assert.equal(await first.me(), 200);
      const second = await app.newTab();
      assert.deepEqual(await seen(second), ["fresh", id]);
      assert.equal(await second.me(), 200);

      // What the mediator sent, and the page must not have.
      const { client_secret: secret } = line.tokens[0];
      const kept = line.tokens.map(({ refresh_token: token }) => token).filter(Boolean);
      assert.ok(secret && kept.length > 0);
      const storage = await first.ask("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])");
      for (const value of [secret, ...kept]) assert.ok(!storage.includes(value));
      assert.deepEqual(line.sentTwice, []);

      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      for (const tab of [first, second]) assert.equal(await tab.status(), "signed_out");
      await allAreDead(app);
      const asked = app.mediated.length;
      await first.reload();
      assert.deepEqual([await first.status(), app.mediated.length], ["signed_out", asked], "nobody is asked after a sign-out");
      assert.ok(sandbox.requests.length > 0);
    });

    test("signed out after a reload, before anything else: it ends at the mediator and the server", async (t) => {
      const app = await signedIn(t);
      await app.first.reload();
      assert.deepEqual(await app.first.call("auth.signOut()"), { value: { outcome: "revoked" } });
      await allAreDead(app);
      await app.first.reload();
      assert.equal(await app.first.status(), "signed_out");
    });

    test("nobody is asked for a visitor who never signed in here, nor where resume is off", async (t) => {
      const app = await start(t);
      assert.deepEqual([await app.first.status(), app.mediated], ["signed_out", []]);
      const off = await signedIn(t, { options: { resume: false } });
      const asked = off.mediated.length;
      await off.first.reload();
      assert.deepEqual([await off.first.status(), off.mediated.length], ["signed_out", asked]);
      assert.deepEqual(await off.first.call("auth.signOut()"), { value: { outcome: "nothing" } });
    });

    test("two users in two tabs: nothing of the first is renewed or sent as the second", async (t) => {
      const app = await signedIn(t);
      const [first, second] = [app.first, await app.newTab(null)];
      const [, id] = await seen(first);
      await second.open();
      assert.equal((await second.signInHere()).value?.handled, true);
      const [, other] = await seen(second);
      assert.notEqual(other, id);
      // The first tab's cookie is the second one's now.
      const { error } = await first.call(STATUS);
      assert.equal(error, "session_ended");
      assert.equal(await first.status(), "signed_out");
      assert.deepEqual(await seen(second), ["fresh", other]);
      assert.equal(await second.me(), 200);
      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      await allAreDead(app);
    });

    test("the cookie is gone, damaged, or of another application: the session ends with the next renewal, and a sign-in makes another", async (t) => {
      let foreign;
      const other = await signedIn(t);
      withCookie(other, (cookie) => (foreign = cookie));
      assert.deepEqual(await other.first.call(STATUS), { value: "fresh" });
      for (const lose of [
        (driver) => driver.manage().deleteAllCookies(),
        (_, app) => withCookie(app, (cookie) => `${cookie.slice(0, -4)}AAAA`),
        (_, app) => withCookie(app, () => foreign),
      ]) {
        const app = await signedIn(t);
        const { first, line } = app;
        await first.focus();
        await lose(browser.driver, app);
        const sent = line.refreshes;
        assert.equal((await first.call(STATUS)).error, "reauth_required");
        assert.deepEqual([await first.status(), line.refreshes], ["signed_out", sent]);
        assert.equal((await first.signIn()).value?.handled, true);
        assert.equal(await first.me(), 200);
      }
    });

    test("a cookie that another site of the domain has put in front is not taken for the mediator's", async (t) => {
      const app = await signedIn(t);
      for (const inject of [(name) => `a=1&${name}=AAAA`, (name) => `%${name.charCodeAt(0).toString(16)}${name.slice(1)}=AAAA`]) {
        withCookie(app, (cookie) => `${inject(cookie.split("=", 1)[0])}; ${cookie}`);
        assert.deepEqual(await app.first.call(STATUS), { value: "fresh" });
      }
      assert.deepEqual(app.line.sentTwice, []);
    });

    test("the server is slow, fails, or repeats what it was sent: waited for, in doubt, and nothing of it is shown", async (t) => {
      const { first, line } = await signedIn(t);
      const held = line.holdAnswer();
      await first.begin(STATUS);
      await held.arrived();
      assert.equal(await first.status(), "fresh");
      held.open();
      assert.deepEqual(await first.outcome(), { value: "fresh" });

      for (const status of [400, 500, 503]) {
        let sent;
        line.plan((call) => {
          sent = ["client_secret", "refresh_token"].map((name) => call.form.get(name));
          const body = JSON.stringify({ error: "invalid_request", error_description: sent.join(" "), client_secret: sent });
          call.reply({ status, headers: { "content-type": "application/json" }, body });
        });
        const { error, text } = await first.call(STATUS);
        assert.ok(error, "it is not renewed");
        const shown = text + (await first.ask("return document.documentElement.outerHTML + JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"));
        for (const secret of sent) assert.ok(secret && !shown.includes(secret), `${status}: it is shown`);
        assert.equal((await first.signIn()).value?.handled, true);
        assert.equal(await first.me(), 200);
      }
      assert.deepEqual(line.sentTwice, []);
    });

    test("the mediator is down, or somebody else answers in its place: nothing is lost, and it is said", async (t) => {
      const app = await signedIn(t);
      const { first } = app;
      const faults = {
        mediator_unknown: [say(502, "text/html", "<h1>Bad Gateway</h1>"), say(403, "text/html", "<h1>Blocked</h1>"), say(404, "text/plain", "")],
        temporarily_unavailable: [say(503, "application/json", '{"version":2,"error":"temporarily_unavailable"}')],
        rate_limited: [say(429, "application/json", '{"version":2,"error":"rate_limited"}')],
        network_error: [cut],
      };
      for (const [code, answers] of Object.entries(faults)) {
        for (const answer of answers) {
          once(app, answer);
          assert.equal((await first.call(STATUS)).error, code);
          assert.equal(await first.me(), 200);
          assert.deepEqual(await first.call(STATUS), { value: "fresh" }, code);
        }
      }
      // At a start: nobody is signed in, and the next start asks again.
      once(app, say(503, "application/json", '{"version":2,"error":"temporarily_unavailable"}'));
      await first.reload();
      assert.equal(await first.status(), "signed_out");
      await first.reload();
      assert.equal(await first.status(), "fresh");
      assert.deepEqual(app.line.sentTwice, []);
    });

    test("a mediator of version 1 is named, and nobody is signed in by it", async (t) => {
      const app = await start(t);
      app.mediator = say(200, "application/json", '{"access_token":"AT","token_type":"bearer","refresh_token":"RT"}');
      const { error, phase } = await app.first.signInHere();
      assert.deepEqual([error, phase, await app.first.status()], ["mediator_unknown", "token", "signed_out"]);
    });

    test("the server does not answer a renewal: in doubt, and the refresh token is not sent again", async (t) => {
      const app = await signedIn(t);
      const { first, line } = app;
      line.plan((call) => call.drop());
      const { error } = await first.call(STATUS);
      assert.ok(error, "it is not renewed");
      assert.equal(await first.me(), 200);
      assert.equal((await first.call(STATUS)).error, "reauth_required");
      await until("nobody is signed in", async () => (await first.status()) === "signed_out");
      assert.deepEqual(line.sentTwice, []);
    });

    test("kept for all tabs too: both know the session by one name", async (t) => {
      const app = await signedIn(t, { options: { persist: "tab" }, count: 2 });
      const [first, second] = app.tabs;
      const [, id] = await seen(first);
      assert.deepEqual(await seen(second), ["fresh", id]);
      await second.call(STATUS);
      await first.hears("refreshed");
      assert.deepEqual(await seen(first), ["fresh", id]);
      await first.reload();
      assert.deepEqual(await seen(first), ["fresh", id]);
      assert.deepEqual(await second.call("auth.signOut()"), { value: { outcome: "revoked" } });
      assert.equal(await first.status(), "signed_out");
      await allAreDead(app);
    });

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
