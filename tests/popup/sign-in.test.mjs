// Whole sign-ins by popup: the packed package, a real authorization server, a user who clicks.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { Visitor, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { POLICY, openDoor, pages, startPages } from "../support/servers.mjs";
import { startServer } from "../../www/server/index.mjs";
import { startSite } from "./site.mjs";
import { Windows } from "./windows.mjs";

const here = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
const RISK = "I accept that tokens in the URL can leak";

let packed, site;
before(async () => {
  packed = await pack();
  site = await startSite();
});
after(async () => {
  await site?.close();
  await packed?.remove();
});

inEveryEngine("popup", (browser) => {
  let windows;

  /** An app of this test's own, with its server. */
  async function start(t, { entry = "index", options = {}, switches = {}, headers = {}, policy = POLICY, hold } = {}) {
    const door = await openDoor();
    t.after(door.close);
    const { origin } = door;
    const redirectUri = `${origin}/callback`;
    const server = await startServer({ ports: { sandbox: 0, production: 0 }, pageOrigins: [origin] });
    t.after(() => server.close());
    const { sandbox } = server.environments;
    sandbox.switches.set(switches);
    const folders = { "/package/": packed.dist, "/support/": pages, "/popup/": here };
    await startPages({ door, folders, fallback: join(here, "app.html"), headers, policy, hold });

    windows = await Windows.of(browser.driver);
    const visitor = new Visitor(browser.driver, origin);
    await visitor.open("/start");
    await visitor.forget();
    const paths = {
      issuer: "",
      authorizationEndpoint: "/oauth/authorize",
      tokenEndpoint: "/oauth/token",
      revocationEndpoint: "/oauth/revoke",
      tokenInfoEndpoint: "/oauth/token/info",
      apiOrigin: "",
    };
    const endpoints = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, sandbox.origin + path]));
    const config = {
      credentials: { sandbox: { clientId: sandbox.clientId, redirectUris: [redirectUri] } },
      servers: { sandbox: { customAuthorizationServer: true, ...endpoints } },
      ...options,
    };
    const remember = () => visitor.ask("localStorage.setItem('app', arguments[0])", JSON.stringify({ config, entry }));
    await remember();
    await visitor.open("/start");
    await ready(visitor);
    return { visitor, sandbox, origin, remember };
  }

  const call = (visitor, expression) =>
    visitor.driver.executeAsyncScript(
      `const done = arguments[0]; attempt(async () => ${expression}).then(done, (error) => done({ error: String(error) }))`,
    );

  const ready = async (visitor) => assert.deepEqual(await call(visitor, "(await auth.ready(), 1)"), { value: 1 });

  /** Clicks; the user is then in the window that has opened. */
  async function openPopup(visitor, options = "{}") {
    await visitor.ask(`window.next = ${options}`);
    return windows.openByClick("sign-in");
  }

  const ended = (visitor) => until("the sign-in is over", () => visitor.ask("return window.popup"));

  async function isClosed(popup) {
    await until("the window is closed", async () => !(await windows.isOpen(popup)));
  }

  async function isSignedOut(visitor) {
    assert.equal((await call(visitor, "auth.session.signedIn")).value, false);
  }

  async function isClean(visitor, ...more) {
    assert.deepEqual(await visitor.ask("return witness.faults"), []);
    const leaks = await visitor.driver.executeAsyncScript(
      "const [more, done] = arguments; witness.leaks(more).then(done)",
      JSON.stringify(more),
    );
    assert.deepEqual(leaks, []);
  }

  afterEach(async () => {
    await windows.closeOthers();
    assert.deepEqual(browser.sentinel.reached, []);
  });

  const ENTRIES = [
    ["index", {}, {}],
    ["worker", {}, { policy: `${POLICY.replace("types 'none'", "types procore-spa-auth")}; worker-src blob:` }],
    ["index", { responseMode: "fragment" }, {}],
    ["implicit", { allowImplicit: RISK }, {}],
  ];
  for (const [entry, options, more] of ENTRIES) {
    test(`signs in: ${entry} ${JSON.stringify(options)}`, async (t) => {
      const { visitor, sandbox, origin } = await start(t, { entry, options, ...more });
      const popup = await openPopup(visitor);
      await visitor.signInThere({ isPopup: true });
      await isClosed(popup);
      await windows.backToMain();
      const outcome = await ended(visitor);
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      assert.equal(await visitor.ask("return openedInTurn"), true, "opened inside the click");
      assert.equal(await visitor.ask("return storedMeanwhile"), "{}", "state and verifier stay in memory");
      assert.equal(await visitor.url(), `${origin}/start`, "the page was not left");
      assert.equal(tokenRequests(sandbox).length, entry === "implicit" ? 0 : 1);
      const asked = sandbox.requests.filter(({ path }) => path === "/oauth/authorize");
      assert.equal(asked.length, 1, "the popup has not started a sign-in of its own");
      assert.deepEqual(await call(visitor, "[auth.session.signedIn, (await auth.fetch('/rest/v1.0/me')).status]"), {
        value: [true, 200],
      });
      await isClean(visitor, outcome);
    });
  }

  test("a login that is over before the script is here which waits for it", async (t) => {
    let release;
    const first = new Promise((resolve) => (release = resolve));
    let asked = 0;
    const hold = (path) => (path === "/package/popup.js" && ++asked === 1 ? first : undefined);
    t.after(() => release());
    const { visitor } = await start(t, { hold });
    await visitor.ask("addEventListener('message', () => (window.hasHeard = true))");
    const popup = await openPopup(visitor);
    await visitor.signInThere({ isPopup: true });
    await windows.backToMain();
    // WebKit asks once for both windows, so there the response waits as well.
    const isAskedTwice = browser.engine !== "webkit";
    if (isAskedTwice) await until("the response is here", () => visitor.ask("return window.hasHeard"));
    assert.equal(await visitor.ask("return window.popup"), null, "nobody has looked at it yet");
    release();
    assert.equal((await ended(visitor)).value?.handled, true);
    await isClosed(popup);
    if (isAskedTwice) assert.equal(asked, 2);
    await isClean(visitor);
  });

  test("the script that waits for a login is not there: the window closes, and it is said why", async (t) => {
    const hold = (path) => {
      if (path === "/package/popup.js") throw new Error("not served");
    };
    const { visitor } = await start(t, { hold });
    await visitor.ask("window.next = {}");
    await windows.click("sign-in");
    const { error, phase } = await ended(visitor);
    assert.deepEqual([error, phase], ["network_error", "start"]);
    await until("no window is left", async () => (await browser.driver.getAllWindowHandles()).length === 1);
    await isSignedOut(visitor);
  });

  test("the page that opened the window is reloaded meanwhile: the window says so, and is not closed without a word", async (t) => {
    const { visitor } = await start(t);
    const popup = await openPopup(visitor);
    await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));
    await windows.backToMain();
    await visitor.driver.navigate().refresh();
    await visitor.arrived();
    await ready(visitor);
    await visitor.driver.switchTo().window(popup);
    await visitor.signInThere();
    const { error, phase, isTyped } = await until("it says so", () => visitor.ask("return window.outcome"));
    assert.deepEqual([error, phase, isTyped], ["opener_reloaded", "authorize", true]);
    assert.equal(new URL(await visitor.url()).search, "", "scrubbed all the same");
    await windows.backToMain();
    await isSignedOut(visitor);
  });

  test("the user says no", async (t) => {
    const { visitor, sandbox } = await start(t);
    const popup = await openPopup(visitor);
    await visitor.signInThere({ answer: "deny", isPopup: true });
    await isClosed(popup);
    await windows.backToMain();
    const outcome = await ended(visitor);
    assert.equal(outcome.error, "access_denied");
    assert.equal(tokenRequests(sandbox).length, 0);
    await isSignedOut(visitor);
    await isClean(visitor, outcome);
  });

  test("the user closes the window, tries again, and is signed in", async (t) => {
    const { visitor, sandbox } = await start(t);
    await openPopup(visitor);
    await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));
    await windows.popupIsSeen();
    await windows.close();
    assert.equal((await ended(visitor)).error, "popup_closed");
    await isSignedOut(visitor);

    const popup = await openPopup(visitor);
    await visitor.signInThere({ isPopup: true });
    await isClosed(popup);
    await windows.backToMain();
    assert.equal((await ended(visitor)).value?.handled, true);
    assert.equal(tokenRequests(sandbox).length, 1);
  });

  test("nobody has clicked", async (t) => {
    const { visitor, sandbox } = await start(t);
    assert.equal((await call(visitor, "auth.signInWithPopup()")).error, "popup_blocked");
    assert.equal((await windows.handles()).length, 1);
    assert.equal(sandbox.requests.length, 0);
  });

  test("it takes too long, or is given up", async (t) => {
    const { visitor } = await start(t);
    await visitor.ask("window.next = { timeoutSeconds: 0.3 }");
    await windows.click("sign-in");
    const outcome = await ended(visitor);
    assert.deepEqual([outcome.error, outcome.phase], ["timeout", "authorize"]);
    await until("the window is closed", async () => (await windows.handles()).length === 1);

    const given = await openPopup(visitor, "{ signal: (window.controller = new AbortController()).signal }");
    await windows.backToMain();
    await visitor.ask("window.controller.abort(new RangeError('enough'))");
    assert.equal((await ended(visitor)).error, "RangeError");
    await isClosed(given);
    await isSignedOut(visitor);
  });

  for (const [what, more] of [
    ["the login page", { switches: { loginCoop: "same-origin" } }],
    ["the login page, although it allows popups", { switches: { loginCoop: "same-origin-allow-popups" } }],
    ["the app", { headers: { "cross-origin-opener-policy": "same-origin" } }],
    ["the app, although it allows popups,", { headers: { "cross-origin-opener-policy": "same-origin-allow-popups" } }],
  ]) {
    test(`the opener policy of ${what} cuts the window off`, async (t) => {
      const { visitor, sandbox, origin } = await start(t, more);
      await openPopup(visitor);
      await visitor.signInThere({ isPopup: true });
      // The window can't close itself now, and has nobody to hand the response to.
      await visitor.arrived();
      assert.equal((await visitor.ask("return outcome")).error, "opener_severed");
      assert.equal(await visitor.url(), `${origin}/callback`);
      await isClean(visitor, await visitor.ask("return outcome"));
      await windows.backToMain();
      assert.equal((await ended(visitor)).error, "opener_severed");
      await isSignedOut(visitor);
      assert.equal(tokenRequests(sandbox).length, 0);
    });
  }

  test("from a frame of another site, where storage is partitioned", async (t) => {
    // Firefox refuses Web Locks there, so that a session can not be kept; it is had all the same.
    const { visitor, sandbox, origin, remember } = await start(t, { options: { persist: "tab" } });
    const framed = `${origin}/start?companyId=8589934593&projectId=42`;
    const enter = () => browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
    await windows.goTo(`${site.login}/frame?src=${encodeURIComponent(framed)}`, "frame");
    await enter();
    assert.equal(await visitor.ask("return localStorage.getItem('app')"), null, "storage is not partitioned");
    // The frame's own storage, which no popup sees.
    await remember();
    await visitor.ask("location.reload()");
    await until("the app is there", () => visitor.ask("return typeof auth === 'object' && document.body.dataset.ready"));
    await ready(visitor);
    const context = "sdk.embeddedContext({ allowedParents: [arguments[0]] })";
    assert.deepEqual(await visitor.ask(`return ${context}`, site.login), {
      isEmbedded: true,
      parentOrigin: site.login,
      companyId: "8589934593",
      projectId: "42",
    });

    const popup = await openPopup(visitor);
    await visitor.signInThere({ isPopup: true });
    await isClosed(popup);
    await windows.backToMain();
    await enter();
    assert.equal((await ended(visitor)).value?.handled, true);
    assert.deepEqual(await call(visitor, "(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
    assert.equal(tokenRequests(sandbox).length, 1);
    await isClean(visitor);
  });

  test("two windows at once: each brings back its own", async (t) => {
    const { visitor, sandbox } = await start(t);
    const first = await openPopup(visitor);
    await windows.backToMain();
    const second = await openPopup(visitor);
    for (const [popup, count] of [
      [second, 1],
      [first, 2],
    ]) {
      await browser.driver.switchTo().window(popup);
      await visitor.signInThere({ isPopup: true });
      await isClosed(popup);
      await windows.backToMain();
      await until("one more is over", () => visitor.ask("return popups.length === arguments[0]", count));
    }
    assert.deepEqual(await visitor.ask("return popups.map(({ value }) => value?.handled)"), [true, true]);
    assert.equal(tokenRequests(sandbox).length, 2);
    await isClean(visitor);
  });
});
