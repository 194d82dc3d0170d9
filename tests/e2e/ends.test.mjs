// How sessions end: what a sign-out says is true, a session that replaces another one lives, and whoever waits is told why.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";

const ME = "/rest/v1.0/me";
const FETCHED = `(await auth.fetch("${ME}")).status`;
/** Doorkeeper's default migration: a used refresh token lives until the new access token is used. */
const DOORKEEPER = { oldRefreshTokenLives: true, signOutTrap: true, noReuseDetection: true };

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

for (const way of ["api", "api-worker"]) {
  inOneEngine(`ends-${way}`, (browser) => {
    const apps = new Apps(browser, () => packed);

    const signedIn = async (t, switches = {}, options = {}) => {
      const app = await apps.start(t, { way, switches, options });
      assert.equal((await apps.signIn(app.visitor)).value?.handled, true);
      return app;
    };
    const value = async (expression) => (await apps.call(expression)).value;
    const expired = () => until("it has expired", async () => (await value("auth.session.status")) === "expired");
    const infos = ({ requests }) => requests.filter(({ path, method }) => path === "/oauth/token/info" && method === "GET");

    // What the app does, then whether the token is over when it signs out.
    for (const [name, lifetime, steps, isOver, uses] of [
      ["renewed, and signed out", 5400, ["auth.refresh()"], false, 1],
      ["renewed twice, and signed out", 5400, ["auth.refresh()", "auth.refresh()"], false, 2],
      ["renewed, used, and signed out", 5400, ["auth.refresh()", FETCHED], false, 0],
      ["over, and signed out", 2, [], true, 1],
      // In one breath, for it is soon due again.
      ["over again half a minute before it might be, and signed out", 2, [`(await auth.refresh(), ${FETCHED})`], true, 1],
    ]) {
      test(`${name}: no token of it is alive`, async (t) => {
        const { sandbox } = await signedIn(t, { ...DOORKEEPER, accessTokenTtl: lifetime });
        for (const step of steps) assert.ok(await value(step), step);
        if (isOver) await expired();
        sandbox.switches.set({ accessTokenTtl: 5400 });
        assert.deepEqual(await value("auth.signOut()"), { outcome: "revoked" });
        assert.equal(sandbox.liveTokens(), 0);
        assert.equal(infos(sandbox).length, uses);
      });
    }

    test("what can't be shown to be dead is not called so", async (t) => {
      const { sandbox } = await signedIn(t, DOORKEEPER, { persist: "tab" });
      await value("auth.refresh()");
      sandbox.expireAccessTokens();
      // The next renewal goes on without.
      await value("auth.refresh()");
      assert.equal(await value(FETCHED), 200);
      assert.deepEqual(await value("auth.signOut()"), { outcome: "revoke_pending" });
    });

    test("a renewed token that is over is renewed, and its 401 is not handed out", async (t) => {
      const { sandbox } = await signedIn(t, { accessTokenTtl: 2 });
      for (let calls = 0; calls < 2; calls++) {
        await expired();
        assert.equal(await value(FETCHED), 200);
      }
      assert.equal(sandbox.requests.filter(({ path, status }) => path === ME && status === 401).length, 0);
    });

    for (const persist of [undefined, "tab"]) {
      test(`signed in again where both sign-ins are one grant: the new session lives, persist ${persist}`, async (t) => {
        const { visitor, sandbox } = await signedIn(t, { oneGrant: true }, persist ? { persist } : {});
        if (persist) {
          const outcome = await apps.signIn(visitor, { extraParams: { prompt: "login" } });
          assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
        } else {
          await visitor.ask("window.tap = { page: {} }");
          const windows = await apps.openPopup(visitor, t);
          await visitor.signInThere({ passwords: [], isPopup: true });
          await windows.backToMain();
          await until("the popup has signed in", () => visitor.ask("return tap.page.popup?.value?.handled"));
        }
        assert.equal(await value(FETCHED), 200);
        assert.equal(await value("(await auth.refresh()).status"), "fresh");
        assert.equal(await value(FETCHED), 200);
        assert.deepEqual(await value("auth.signOut()"), { outcome: "revoked" });
        assert.equal(sandbox.liveTokens(), 0);
      });
    }

    test("signed in again where each sign-in is a grant: the tokens of both end with the sign-out", async (t) => {
      const { visitor, sandbox } = await signedIn(t, DOORKEEPER, { persist: "tab" });
      await apps.signIn(visitor, { extraParams: { prompt: "login" } });
      assert.equal(await value(FETCHED), 200);
      assert.deepEqual(await value("auth.signOut()"), { outcome: "revoked" });
      assert.equal(sandbox.liveTokens(), 0);
    });

    for (const when of ["after a 401", "before the call"]) {
      test(`a renewal is refused ${when}: every call learns that the user has to sign in`, async (t) => {
        const { visitor, sandbox } = await signedIn(t, { accessTokenTtl: when === "before the call" ? 2 : 5400 });
        if (when === "before the call") await expired();
        else sandbox.expireAccessTokens();
        sandbox.switches.set({ tokenStatus: { status: 400, body: { error: "invalid_grant" } } });
        const ended = await value(`Promise.all([1, 2, 3].map(() => attempt(() => auth.fetch("${ME}"))))`);
        for (const { error, phase } of ended) {
          assert.equal(error, "reauth_required");
          assert.ok(["api", "refresh"].includes(phase), phase);
        }
        assert.equal((await visitor.ask("return events")).at(-1), "reauth_required");
      });
    }

    test("a call that waits for something else learns the same", async (t) => {
      const { visitor, sandbox } = await signedIn(t);
      const throttled = { status: 429, headers: { "retry-after": "50", "x-rate-limit-reset": "" } };
      sandbox.switches.set({ apiStatus: throttled, tokenStatus: { status: 400, body: { error: "invalid_grant" } } });
      const begin = `attempt(() => auth.fetch("${ME}")).then((ended) => (window.ended = ended))`;
      await visitor.ask(begin);
      await until("it is told to wait", () => sandbox.requests.some(({ path, status }) => path === ME && status === 429));
      assert.equal(await value(`(await auth.fetch("${ME}", { onThrottle: "return" })).status`), 200);
      assert.equal((await apps.call("auth.refresh()")).error, "reauth_required");
      const { error, phase } = await until("it has ended", () => visitor.ask("return window.ended"));
      assert.deepEqual([error, phase], ["reauth_required", "api"]);
    });
  });
}
