// The core's second part: what can be done before it is there, what waits for it, and what is said where it does not come.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** The second part's way to the page: held up, not there, or as usual. */
class Way {
  asked = 0;
  /** Of everything that was asked for. */
  paths = [];
  state = "open";
  #waiting = [];

  constructor() {
    this.hold = (path) => {
      this.paths.push(path);
      if (!/-rest\.js$/.test(path)) return undefined;
      this.asked += 1;
      if (this.state === "gone") throw new Error("not served");
      return this.state === "held" ? new Promise((go) => this.#waiting.push(go)) : undefined;
    };
  }

  open() {
    this.state = "open";
    for (const go of this.#waiting.splice(0)) go();
  }
}

inOneEngine("the core in two parts", (browser) => {
  const apps = new Apps(browser, () => packed);

  const start = async (t, { way = "code", state = "open", options } = {}) => {
    const second = new Way();
    second.state = state;
    t.after(() => second.open());
    return { ...(await apps.start(t, { way, options, hold: second.hold })), second };
  };

  for (const way of ["code", "implicit"]) {
    test(`all up to the login page needs the first part alone: ${way}`, async (t) => {
      const { visitor, sandbox, second } = await start(t, { way, state: "held" });
      // There is no response on this page, which the first part says.
      assert.equal((await visitor.ask("return outcome")).value?.handled, false);
      const { value } = await apps.call(`(async () => {
        await auth.ready();
        const { url } = sdk.buildLoginUrl({ clientId: "CID", redirectUris: ["https://app.example/cb"] });
        return [url.startsWith("https://login.procore.com/"), auth.session.status, (await auth.handleRedirect("/?tab=1")).handled];
      })()`);
      assert.deepEqual(value, [true, "signed_out", false]);
      await until("the second part is on its way, although nobody has asked for it", () => second.asked > 0);
      // It comes when the user is back, with the response.
      await visitor.ask("auth.signIn()");
      await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));
      assert.equal(tokenRequests(sandbox).length, 0);
      second.open();
      await visitor.signInThere();
      const outcome = await visitor.ask("return outcome");
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
      await apps.isClean(visitor, outcome);
    });
  }

  test("what needs it waits for it", async (t) => {
    const { visitor, second } = await start(t, { state: "held" });
    await visitor.ask("window.asked = attempt(() => auth.refresh()).then((outcome) => (window.refreshed = outcome))");
    await until("it is asked for", () => second.asked > 0);
    assert.equal(await visitor.ask("return window.refreshed ?? null"), null);
    second.open();
    const { error, phase } = await until("it is there", () => visitor.ask("return window.refreshed"));
    assert.deepEqual([error, phase], ["not_signed_in", "refresh"]);
  });

  test("where it is not there, a login URL is there all the same, and whoever needs more is told why", async (t) => {
    const { visitor, sandbox, second } = await start(t, { state: "gone" });
    for (const call of ["auth.refresh()", "auth.fetch('/rest/v1.0/me')", "sdk.ready()"]) {
      const { error, phase, isTyped } = await apps.call(call);
      assert.deepEqual([error, phase, isTyped], ["network_error", "start", true], call);
    }
    const outcome = await apps.signIn(visitor);
    assert.deepEqual([outcome.error, outcome.phase], ["network_error", "start"], JSON.stringify(outcome));
    assert.equal(new URL(await visitor.url()).search, "", "scrubbed all the same");
    assert.equal(tokenRequests(sandbox).length, 0);
    assert.equal(await visitor.ask("return auth.session.signedIn"), false);
    await apps.isClean(visitor, outcome);
    // On the next page it is.
    second.open();
    await visitor.open("/code/start");
    const again = await apps.signIn(visitor, { extraParams: { prompt: "login" } });
    assert.equal(again.value?.handled, true, JSON.stringify(again));
  });

  test("a kept session that can't be taken up without it is not lost", async (t) => {
    const { visitor, sandbox, second } = await start(t, { options: { persist: "tab" } });
    assert.equal((await apps.signIn(visitor)).value?.handled, true);
    second.state = "gone";
    await visitor.open("/code/start");
    const { error, phase } = await apps.call("auth.ready()");
    assert.deepEqual([error, phase], ["network_error", "start"]);
    second.open();
    await visitor.open("/code/start");
    assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("what calls the API is on its way beside it, where somebody is about to be signed in, and nowhere else", async (t) => {
    const { visitor, sandbox, second } = await start(t, { options: { persist: "tab" } });
    const isAsked = () => second.paths.some((path) => path.endsWith("/calls.js"));
    await apps.call("auth.refresh()");
    await visitor.ask("auth.signIn()");
    await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));
    assert.equal(isAsked(), false, "nobody is");
    second.state = "held";
    const arrived = visitor.signInThere();
    await until("the response's page has asked for it", isAsked);
    assert.equal(tokenRequests(sandbox).length, 0);
    second.open();
    await arrived;
    assert.equal((await visitor.ask("return outcome")).value?.handled, true);
    // The next page takes the session up from where it is kept.
    Object.assign(second, { state: "held", paths: [] });
    const opened = visitor.open("/code/start");
    await until("the next page has asked for it", isAsked);
    second.open();
    await opened;
    assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("it is of no use before the server's metadata are there, where they are asked for", async (t) => {
    const { visitor } = await start(t);
    await visitor.ask(`
      const { fetch } = window;
      window.fetch = async (url, ...more) => {
        if (!window.goOn && String(url).includes("/.well-known/")) await new Promise((go) => (window.goOn = go));
        return fetch(url, ...more);
      };
      const { credentials, servers } = JSON.parse(localStorage.app).config;
      const { customAuthorizationServer, issuer, apiOrigin } = servers.sandbox;
      const sandbox = { customAuthorizationServer, issuer, apiOrigin, discover: true };
      window.other = sdk.createProcoreAuth({ credentials, servers: { sandbox } });
      attempt(() => other.ready());`);
    await until("they are asked for", () => visitor.ask("return Boolean(window.goOn)"));
    const { value, text } = await apps.call(`(async () => {
      const checkUp = other.diagnose();
      // In a later turn: who does not wait for them has gone on without them by then.
      setTimeout(goOn);
      return (await checkUp).filter(({ severity }) => severity !== "ok").map(({ check, code }) => check + ": " + code).sort();
    })()`);
    assert.deepEqual(value, ["pkce: not_checked", "registration: not_checked", "token_info_endpoint: not_checked"], text);
  });

  test("the worker has both parts in itself", async (t) => {
    const { visitor, second } = await start(t, { way: "worker" });
    assert.equal((await apps.signIn(visitor)).value?.handled, true);
    assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
    assert.equal(second.asked, 0);
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
}, { isEager: true });
