// The sign-in by popup of the client for Rust apps: real windows, a real server, a user who clicks.
//
// What takes long, and is decided by src/protocol/login_window.rs, which has tests of its own, is in the long form.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { startSite } from "../popup/site.mjs";
import { Windows } from "../popup/windows.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { buildApp, startApp } from "./page.mjs";

const inLongForm = process.env.LONG || process.env.ENGINES ? test : () => {};

let app, site;
before(async () => {
  app = await buildApp("tests/rust-apps/probe");
  site = await startSite();
});
after(() => site?.close());

inOneEngine("the popup of the client for Rust apps", (browser) => {
  let windows;

  async function start(t, { change, headers, switches = {} } = {}) {
    windows = await Windows.of(browser.driver);
    const started = await startApp(t, browser, app, change, headers);
    started.sandbox.switches.set(switches);
    return started;
  }

  /** Clicks; the user is then in the window that has opened. */
  const openPopup = () => windows.openByClick("popup");

  const isAtLogin = (visitor) =>
    until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));

  /** Answers with what has come of the last one of `count`. */
  const ended = (visitor, count = 1) =>
    until("the sign-in is over", () => visitor.ask("return popups.length === arguments[0] && popups.at(-1)", count));

  const isClosed = (popup) => until("the window is closed", async () => !(await windows.isOpen(popup)));
  const statusOf = async (visitor) => (await visitor.call("probe.session")).value.status;
  const authorizations = (sandbox) => sandbox.requests.filter(({ path, method }) => path === "/oauth/authorize" && method === "GET");

  afterEach(async () => {
    await windows.closeOthers();
    assert.deepEqual(browser.sentinel.reached, []);
  });

  for (const responseMode of ["query", "fragment"]) {
    test(`signs in, with the response in the ${responseMode}`, async (t) => {
      const { visitor, sandbox } = await start(t, { change: (options) => ({ ...options, responseMode }) });
      // Whatever a page begins with, in the window that comes back nothing of that happens.
      await visitor.ask("localStorage.setItem('starting', 'auto')");
      const popup = await openPopup();
      await visitor.signInThere({ isPopup: true });
      await isClosed(popup);
      await windows.backToMain();
      assert.deepEqual(await ended(visitor), { value: { handled: true, returnTo: "/", warning: null } });
      const login = new URL(await visitor.ask("return loginUrl"));
      assert.equal(login.origin, sandbox.origin, "opened in the click's own turn, and with its final URL");
      assert.equal(await visitor.ask("return storedMeanwhile"), "{}", "state and verifier stay in memory");
      assert.equal(await visitor.url(), `${visitor.page}/start`, "the page was not left");
      assert.equal(tokenRequests(sandbox).length, 1);
      assert.equal(authorizations(sandbox).length, 1, "the popup has not begun a sign-in of its own");
      assert.deepEqual(await visitor.ask("return events"), [["ready", "signed_out"], ["signed_in", "fresh"]]);
      assert.equal((await visitor.call("probe.user()")).value.name, "Pat Rivera");
      await visitor.ask("localStorage.clear()");
      await visitor.holdsNothingOf(sandbox);
    });
  }

  test("the user says no, or closes the window, and is signed in at the third try", async (t) => {
    const { visitor, sandbox } = await start(t);
    const denied = await openPopup();
    await visitor.signInThere({ answer: "deny", isPopup: true });
    await isClosed(denied);
    await windows.backToMain();
    const { error, phase } = await ended(visitor);
    assert.deepEqual([error, phase], ["access_denied", "redirect"]);

    await openPopup();
    await until("the consent page is there", () => visitor.ask("return Boolean(document.getElementById('allow'))"));
    await windows.popupIsSeen();
    await windows.close();
    const closed = await ended(visitor, 2);
    assert.deepEqual([closed.error, closed.phase, closed.retryable], ["popup_closed", "authorize", true]);
    assert.equal(await statusOf(visitor), "signed_out");
    assert.equal(tokenRequests(sandbox).length, 0);

    const popup = await openPopup();
    await visitor.signInThere({ passwords: [], isPopup: true });
    await isClosed(popup);
    await windows.backToMain();
    assert.equal((await ended(visitor, 3)).value?.handled, true);
  });

  test("is blocked where nobody has clicked", async (t) => {
    const { visitor, sandbox } = await start(t);
    const { error, retryable } = await visitor.call("probe.openPopup().ended()");
    assert.deepEqual([error, retryable], ["popup_blocked", true]);
    assert.equal((await windows.handles()).length, 1);
    assert.equal(sandbox.requests.length, 0);
  });

  test("takes too long, or is given up: the window closes", async (t) => {
    const { visitor } = await start(t);
    await visitor.ask("window.milliseconds = 300");
    await windows.click("popup");
    const { error, phase, retryable } = await ended(visitor);
    assert.deepEqual([error, phase, retryable], ["timeout", "authorize", true]);
    await until("the window is closed", async () => (await windows.handles()).length === 1);

    await visitor.ask("window.milliseconds = undefined; window.isHeld = true");
    const given = await openPopup();
    await isAtLogin(visitor);
    await windows.backToMain();
    await visitor.ask("popup.free()");
    await isClosed(given);
    assert.equal(await statusOf(visitor), "signed_out");
  });

  inLongForm("the page that opened the window is reloaded: the window says so, and nothing else begins there", async (t) => {
    const { visitor, sandbox } = await start(t);
    const popup = await openPopup();
    await isAtLogin(visitor);
    await windows.backToMain();
    await visitor.reload();
    await visitor.driver.switchTo().window(popup);
    await visitor.signInThere();
    const { error, phase, retryable } = await visitor.ask("return outcome");
    assert.deepEqual([error, phase, retryable], ["opener_reloaded", "authorize", true]);
    assert.equal(await visitor.ask("return atOnce"), `${visitor.page}/callback`, "scrubbed all the same");
    assert.equal((await visitor.call("probe.handleRedirect()")).error, "opener_reloaded", "asked again, it is a popup still");
    await windows.backToMain();
    assert.equal(await statusOf(visitor), "signed_out");
    assert.equal(tokenRequests(sandbox).length, 0);
  });

  for (const [what, more] of [
    ["the login page", { switches: { loginCoop: "same-origin" } }],
    ["the app", { headers: { "cross-origin-opener-policy": "same-origin" } }],
  ]) {
    inLongForm(`the opener policy of ${what} cuts the window off`, async (t) => {
      const { visitor, sandbox } = await start(t, more);
      await openPopup();
      await visitor.signInThere({ isPopup: true });
      // The window can't close itself now, and has nobody to hand the response to.
      await visitor.arrived();
      const { error, retryable } = await visitor.ask("return outcome");
      assert.deepEqual([error, retryable], ["opener_severed", false]);
      assert.equal(await visitor.url(), `${visitor.page}/callback`);
      await windows.backToMain();
      assert.equal((await ended(visitor)).error, "opener_severed");
      assert.equal(await statusOf(visitor), "signed_out");
      assert.equal(tokenRequests(sandbox).length, 0);
    });
  }

  test("two windows at once: each brings back its own", async (t) => {
    const { visitor, sandbox } = await start(t);
    const first = await openPopup();
    await isAtLogin(visitor);
    await windows.backToMain();
    const second = await openPopup();
    await isAtLogin(visitor);
    for (const [popup, count] of [[second, 1], [first, 2]]) {
      await browser.driver.switchTo().window(popup);
      await visitor.signInThere({ isPopup: true });
      await isClosed(popup);
      await windows.backToMain();
      assert.equal((await ended(visitor, count)).value?.handled, true);
    }
    assert.equal(tokenRequests(sandbox).length, 2);
  });

  inLongForm("hears nobody but the window, and no other kind of message", async (t) => {
    const { visitor, sandbox } = await start(t);
    await visitor.ask("document.body.append(Object.assign(document.createElement('iframe'), { src: '/start', id: 'inner' }))");
    await until("the frame is there", () => visitor.ask("return frames[0]?.document.body?.innerText.includes('known')"));
    const popup = await openPopup();
    await isAtLogin(visitor);
    await windows.backToMain();
    const state = new URL(await visitor.ask("return loginUrl")).searchParams.get("state");
    assert.match(state, /^popup-[\w-]{43}$/);
    await visitor.driver.switchTo().window(popup);
    const url = `${visitor.page}/callback?code=forged&state=${state}`;
    // A page of this origin in the window itself, which sends what is no response, or another sign-in's.
    await visitor.driver.get(`${visitor.page}/start`);
    await visitor.arrived();
    await windows.backToMain();
    await visitor.ask("window.heard = 0; addEventListener('message', () => (window.heard += 1))");
    const good = { type: "procore:auth", url };
    const bad = [null, "text", [], {}, { ...good, more: 1 }, { ...good, type: "other" }, { ...good, url: 1 }, { ...good, url: "not a url" }, { ...good, url: url + "a".repeat(70_000) }];
    const others = [{ ...good, url: url.replace(state, `popup-${"x".repeat(43)}`) }, { ...good, url: url.replace(visitor.page, "https://evil.example") }];
    await visitor.ask("postMessage(arguments[0], '*')", good);
    await visitor.driver.switchTo().frame(visitor.driver.findElement({ id: "inner" }));
    await visitor.ask("parent.postMessage(arguments[0], '*')", good);
    await visitor.driver.switchTo().window(popup);
    await visitor.ask("arguments[0].forEach((message) => opener.postMessage(message, '*'))", [...bad, ...others]);
    await windows.backToMain();
    await until("all is heard", () => visitor.ask("return heard >= arguments[0]", 2 + bad.length + others.length));
    assert.deepEqual(await visitor.ask("return popups"), []);
    // What it has brought is what its end tells of.
    await visitor.driver.switchTo().window(popup);
    await windows.popupIsSeen();
    await windows.close();
    assert.equal((await ended(visitor)).error, "redirect_mismatch");
    assert.equal(tokenRequests(sandbox).length, 0);
  });

  inLongForm("from a frame of another site, where storage is partitioned; and not where its sandbox forbids windows", async (t) => {
    const { visitor, sandbox } = await start(t);
    const enter = async () => {
      await browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
      await until("the app is there", () => visitor.ask("return document.getElementById('status')?.textContent === 'known'"));
    };
    const frame = (attributes = "") =>
      `${site.login}/frame?attributes=${encodeURIComponent(attributes)}&src=${encodeURIComponent(`${visitor.page}/start`)}`;
    await windows.goTo(frame(), "frame");
    await enter();
    assert.equal((await visitor.call("probe.signIn('{}')")).error, "sign_in_framed");
    const popup = await openPopup();
    await visitor.signInThere({ isPopup: true });
    await isClosed(popup);
    await windows.backToMain();
    await enter();
    assert.equal((await ended(visitor)).value?.handled, true);
    assert.equal((await visitor.call("probe.user()")).value.name, "Pat Rivera");
    assert.equal(tokenRequests(sandbox).length, 1);

    // Browsers tell only of frames in pages of this origin.
    await visitor.driver.get(`${visitor.page}/start`);
    await visitor.arrived();
    await visitor.ask("document.body.prepend(Object.assign(document.createElement('iframe'), { src: '/start', id: 'framed', sandbox: 'allow-scripts allow-same-origin' }))");
    await enter();
    await windows.click("popup");
    const { error, text } = await ended(visitor);
    assert.equal(error, "popup_blocked");
    assert.match(text, /\[allow-forms allow-popups\]$/);
    await browser.driver.switchTo().defaultContent();
  });

  inLongForm("a callback page that a stranger has opened, or nobody, is scrubbed, and tells nobody anything", async (t) => {
    const { visitor, sandbox } = await start(t);
    const callback = `${visitor.page}/callback?code=abc&state=popup-${"s".repeat(43)}`;
    await windows.goTo(`${site.login}/stranger?src=${encodeURIComponent(callback)}`, "stranger");
    const opened = await windows.openByClick("open");
    await visitor.arrived();
    assert.equal(await visitor.ask("return outcome.error"), "opener_reloaded");
    assert.equal(await visitor.url(), `${visitor.page}/callback`);
    await windows.backToMain();
    assert.equal(await windows.isOpen(opened), true, "nobody said that it has the response, so it is not closed");
    await windows.ask("window.postMessage('last', '*')");
    await until("a message comes through", () => windows.ask("return heard.length > 0"));
    assert.deepEqual(await windows.ask("return heard.map(({ data }) => data)"), ["last"]);

    await visitor.open(`/callback?a=1&code=abc&state=popup-${"s".repeat(43)}`);
    assert.equal(await visitor.ask("return atOnce"), `${visitor.page}/callback?a=1`);
    assert.equal((await visitor.ask("return outcome")).error, "opener_severed");
    assert.equal(tokenRequests(sandbox).length, 0);
  });
});
