// The window by itself, pkg/src/page/login-window.ts: how it opens, whom it hears, each of its ends, and what it leaves behind.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { startSite } from "./site.mjs";
import { Windows } from "./windows.mjs";

const STATE = `popup-${"s".repeat(43)}`;
const OTHER = `popup-${"o".repeat(43)}`;

let site;
before(async () => (site = await startSite()));
after(() => site?.close());

const callback = ({ state = STATE, query = "", fragment } = {}) =>
  fragment
    ? `${site.app}/callback?${query}#access_token=abc&state=${state}`
    : `${site.app}/callback?${query}code=abc&state=${state}`;
const login = (to, query = "") => `${site.login}/login?${query}&to=${encodeURIComponent(to)}`;
const message = (url, more = "") => `({ type: "procore:auth", url: ${JSON.stringify(url)}${more} })`;

inTwoEngines("window", (browser) => {
  let windows;

  /** A page of the app's, ready to be clicked. */
  async function openApp(query = "") {
    windows = await Windows.of(browser.driver);
    await windows.goTo(`${site.app}/app?${query}`, "ready");
  }

  /** Clicks, with the login page's URL and the options as JavaScript; the user is then in the window. */
  async function signIn(url, options = "{}") {
    await windows.ask(
      "window.next = [arguments[0], arguments[1], Function('return ' + arguments[2])()]",
      url,
      STATE,
      options,
    );
    return windows.openByClick("sign-in");
  }

  async function goOn() {
    await windows.shows("login");
    await windows.click("go-on");
  }

  async function post(expression) {
    await windows.ask("window.next = arguments[0]", expression);
    await windows.click("post");
  }

  const outcomeHere = () =>
    until("the sign-in is over", () => windows.ask("return outcomes.at(-1)?.isOver && outcomes.at(-1)"));

  async function outcome() {
    await windows.backToMain();
    return outcomeHere();
  }

  async function endsAs(code) {
    const { error } = await outcome();
    assert.equal(error?.code, code);
    assert.equal(error.name, "ProcoreAuthError");
    return error;
  }

  /** Nothing of the sign-in is left: no listener, no timer, no channel. */
  async function leavesNothing() {
    const left = await windows.ask("return open_");
    assert.deepEqual(left, { message: 0, abort: 0, intervals: 0, timeouts: 0, channels: 0 });
  }

  /** The user has seen the login page, and the opener has seen that it is there. */
  async function seeLogin() {
    await windows.shows("login");
    await windows.popupIsSeen();
  }

  afterEach(async () => {
    await windows.closeOthers();
    if (await windows.ask("return document.title === 'ready'")) await leavesNothing();
  });

  for (const fragment of [false, true]) {
    test(`brings back the response in the ${fragment ? "fragment" : "query"}, and closes`, async () => {
      await openApp();
      const back = callback({ fragment });
      const popup = await signIn(login(back));
      await goOn();
      assert.deepEqual(await outcome(), { isOver: true, value: back });
      assert.deepEqual(await windows.ask("return relayedThere"), [true, true], "asked again, it is a popup still");
      await until("the window is closed", async () => !(await windows.isOpen(popup)));
    });
  }

  test("has no name that another page could have taken, and knows its opener", async () => {
    await openApp();
    await signIn(login(callback()));
    await windows.shows("login");
    assert.deepEqual(await windows.ask("return [window.name, opener === null]"), ["", false]);
    await windows.close();
    await outcome();
  });

  test("is blocked where no user has clicked", async () => {
    await openApp();
    await windows.ask("window.begin('/login', 'popup-x')");
    const error = await endsAs("popup_blocked");
    assert.deepEqual([error.phase, error.retryable], ["authorize", true]);
  });

  test("is closed by the user", async () => {
    await openApp();
    await signIn(login(callback()));
    await seeLogin();
    await windows.close();
    await endsAs("popup_closed");
  });

  test("times out, and closes", async () => {
    await openApp();
    await windows.ask("window.next = [arguments[0], arguments[1], { timeoutSeconds: 0.5 }]", login(callback()), STATE);
    await windows.click("sign-in");
    await endsAs("timeout");
    await until("the window is closed", async () => (await windows.handles()).length === 1);
  });

  test("times out at once where the time is no number", async () => {
    await openApp();
    await windows.ask("window.open = () => document.body.appendChild(document.createElement('iframe')).contentWindow");
    await windows.ask("window.begin('/login', 'popup-x', { timeoutSeconds: 'soon' })");
    await endsAs("timeout");
  });

  test("is aborted, and closes", async () => {
    await openApp();
    const popup = await signIn(login(callback()), "{ signal: (window.controller = new AbortController()).signal }");
    await windows.backToMain();
    await windows.ask("window.controller.abort(new RangeError('enough'))");
    const { error } = await outcomeHere();
    assert.deepEqual([error.name, error.message], ["RangeError", "enough"]);
    await until("the window is closed", async () => !(await windows.isOpen(popup)));
  });

  test("does not open if it is aborted already", async () => {
    await openApp();
    await windows.ask("window.begin('/login', 'popup-x', { signal: AbortSignal.abort(new RangeError('enough')) })");
    const { error } = await outcomeHere();
    assert.equal(error.message, "enough");
    assert.equal((await windows.handles()).length, 1);
  });

  // [what, the app's policy, the login page's, the callback's]
  for (const [what, app, there, back] of [
    ["the login page", "", "coop=same-origin", ""],
    ["the login page, although it allows popups", "", "coop=same-origin-allow-popups", ""],
    ["the app's page", "coop=same-origin", "", ""],
    ["the callback page", "", "", "coop=same-origin&"],
    ["all pages of the app, although they allow popups", "coop=same-origin-allow-popups", "", "coop=same-origin-allow-popups&"],
  ]) {
    test(`is severed by the opener policy of ${what}`, async () => {
      await openApp(app);
      await signIn(login(callback({ query: back }), there));
      await goOn();
      await windows.shows("relayed");
      const seen = await windows.ask("return { url: location.href, relayed, opener, history: history.state }");
      assert.equal(seen.url, callback({ query: back }).replace(/&?code=.*/, "").replace(/\?$/, ""), "scrubbed");
      assert.deepEqual(seen.relayed, Array(2).fill("ProcoreAuthError opener_severed"));
      assert.equal(seen.opener, null);
      const error = await endsAs("opener_severed");
      assert.equal(error.retryable, false);
    });
  }

  for (const [what, app, there] of [
    ["the login page's", "", "coop=same-origin"],
    ["the app's", "coop=same-origin", ""],
  ]) {
    test(`is severed at once by ${what} opener policy, and does not look closed`, async () => {
      await openApp(app);
      const popup = await signIn(login(callback(), there));
      await endsAs("opener_severed");
      assert.equal(await windows.isOpen(popup), true, "nobody has closed it");
    });
  }

  test("is not severed by an app's page that allows popups", async () => {
    await openApp("coop=same-origin-allow-popups");
    await signIn(login(callback()));
    await goOn();
    assert.equal((await outcome()).value, callback());
  });

  test("severed after the login page was there, it looks closed", async () => {
    await openApp();
    await signIn(login(login(callback(), "coop=same-origin")));
    await seeLogin();
    await goOn();
    await endsAs("popup_closed");
  });

  test("severed by a login page that forgets its opener, it is told by the callback page", async () => {
    await openApp();
    const popup = await signIn(login(callback(), "forgets"));
    await goOn();
    await endsAs("opener_severed");
    await until("the window is closed", async () => !(await windows.isOpen(popup)));
  });

  test("hears nobody but the window", async () => {
    await openApp();
    const good = message(callback());
    await windows.ask("const frame = document.createElement('iframe'); frame.id = 'inner'; frame.src = '/poster'; document.body.append(frame)");
    // Another origin's page in the window itself, then an opaque one, then the callback page.
    const opaque = `${site.app}/poster?csp=${encodeURIComponent("sandbox allow-scripts")}&to=${encodeURIComponent(callback())}`;
    const popup = await signIn(`${site.login}/poster?to=${encodeURIComponent(opaque)}`);
    await windows.shows("poster");
    await post(good);
    await windows.click("go-on");
    await until("the opaque page is there", () => windows.ask("return origin === 'null' && document.readyState === 'complete'"));
    await post(good);
    // Another window of the app's own origin.
    await windows.backToMain();
    await browser.driver.switchTo().frame(browser.driver.findElement({ id: "inner" }));
    await post(good);
    await browser.driver.switchTo().defaultContent();
    // The app's page itself.
    await windows.ask(`window.postMessage(${good}, "*")`);
    const isStillOpen = () => browser.driver.executeAsyncScript("setTimeout(() => arguments[0](!outcomes.at(-1).isOver), 300)");
    assert.ok(await isStillOpen(), "somebody else was heard");
    await browser.driver.switchTo().window(popup);
    await windows.click("go-on");
    assert.equal((await outcome()).value, callback());
  });

  test("hears no other kind of message from the window", async () => {
    await openApp();
    await signIn(`${site.app}/poster`);
    await windows.shows("poster");
    const url = callback();
    for (const expression of [
      "'string'",
      "null",
      "undefined",
      "42",
      "[]",
      "({})",
      `({ type: 'procore:auth' })`,
      `({ type: 'procore:auth', url: 1 })`,
      `({ type: 'procore:auth', url: [${JSON.stringify(url)}] })`,
      `({ type: 'procore:auth', url: 'not a url' })`,
      `({ type: 'other', url: ${JSON.stringify(url)} })`,
      message(url, ", more: 1"),
      `[${message(url)}]`,
      `new Map(Object.entries${message(url)})`,
      `Object.defineProperty({ type: 'procore:auth' }, 'url', { get: () => ${JSON.stringify(url)} })`,
      `({ type: 'procore:auth', url: ${JSON.stringify(url)} + '&a=' + 'a'.repeat(70000) })`,
      "(() => { const data = { type: 'procore:auth', url: {} }; data.url.data = data; return data; })()",
      "Array.from({ length: 1e6 }, (_, index) => ({ index }))",
    ]) {
      await post(expression);
    }
    // A good one after all of them is heard: nothing has broken.
    await post(message(url));
    assert.equal((await outcome()).value, url);
  });

  test("is as safe from messages that the page makes up itself", async () => {
    await openApp();
    const faults = await windows.ask(
      `
      const faults = [];
      window.addEventListener("error", ({ message }) => faults.push(message));
      const source = document.body.appendChild(document.createElement("iframe")).contentWindow;
      window.open = () => source;
      window.controller = new AbortController();
      window.begin("x", arguments[0], { signal: controller.signal });
      const throws = () => {
        throw new Error("read");
      };
      for (const data of [
        new Proxy({}, { get: throws, ownKeys: throws, getPrototypeOf: throws }),
        { type: "procore:auth", get url() { return throws(); } },
        { type: "procore:auth", url: { length: 1, toString: throws } },
      ]) {
        window.dispatchEvent(new MessageEvent("message", { data, origin: location.origin, source }));
      }
      controller.abort(new RangeError("enough"));
      return faults;
    `,
      STATE,
    );
    assert.deepEqual(faults, []);
    assert.equal((await outcomeHere()).error.message, "enough");
  });

  for (const [what, make, code] of [
    ["another sign-in", () => callback({ state: OTHER }), "state_mismatch"],
    ["no sign-in", () => `${site.app}/callback?code=abc`, "state_mismatch"],
    ["another site", () => `${site.login}/callback?code=abc&state=${STATE}`, "redirect_mismatch"],
  ]) {
    test(`does not take the response to ${what}, and says so in the end`, async () => {
      await openApp();
      await signIn(`${site.app}/poster`);
      await windows.shows("poster");
      await post(message(make()));
      await windows.backToMain();
      assert.equal(await windows.ask("return outcomes.at(-1).isOver"), false, "it goes on listening");
      const popup = (await windows.handles()).find((handle) => handle !== windows.main);
      await browser.driver.switchTo().window(popup);
      await windows.close();
      const error = await endsAs(code);
      assert.equal(error.phase, "redirect");
      assert.ok(!error.message.includes("abc") && !error.message.includes(OTHER));
    });
  }

  test("takes the right response after a wrong one, and of two right ones the first", async () => {
    await openApp();
    await signIn(`${site.app}/poster`);
    await windows.shows("poster");
    await post(message(callback({ state: OTHER })));
    await windows.ask("window.next = arguments[0]", `(post(${JSON.stringify(message(`${callback()}&n=1`))}), ${message(`${callback()}&n=2`)})`);
    await windows.click("post");
    assert.equal((await outcome()).value, `${callback()}&n=1`);
  });

  test("is deaf once it is over", async () => {
    await openApp();
    await windows.ask("window.frame = document.createElement('iframe'); frame.src = '/poster'; document.body.append(frame)");
    await until("the frame is there", () => windows.ask("return frame.contentDocument.title === 'poster'"));
    // A frame stands for the window, so that it is there to speak after the end.
    await windows.ask(
      "window.open = () => frame.contentWindow; return window.begin('x', arguments[0], { timeoutSeconds: 0 })",
      STATE,
    );
    await endsAs("timeout");
    await windows.ask("frame.contentWindow.next = arguments[0]; frame.contentDocument.getElementById('post').click()", message(callback()));
    const { error } = await browser.driver.executeAsyncScript("setTimeout(() => arguments[0](outcomes.at(-1)), 100)");
    assert.equal(error.code, "timeout");
  });

  test("leaves no listener, timer or channel behind after 1,000 sign-ins", async () => {
    await openApp();
    const ends = await browser.driver.executeAsyncScript(`
      const [state, good, done] = arguments;
      const frame = document.createElement("iframe");
      frame.src = "/poster";
      frame.onload = async () => {
        // What a window looks like from outside, in each of its ends; the good one is a real window of this origin.
        const fake = (more) => ({ closed: false, close() {}, location: { href: "https://login.example/" }, ...more });
        const KINDS = [
          () => null,
          () => fake({ closed: true }),
          () => ({ ...fake(), get closed() { return (this.asked = (this.asked ?? 0) + 1) > 5; } }),
          () => fake(),
          () => fake(),
          () => frame.contentWindow,
        ];
        const all = [];
        for (let index = 0; index < 1000; index += 1) {
          const kind = index % KINDS.length;
          window.open = KINDS[kind];
          const controller = new AbortController();
          const one = state.slice(0, -4) + String(index).padStart(4, "0");
          all.push(window.begin("x", one, { signal: controller.signal, timeoutSeconds: kind === 3 ? 0 : 600 }));
          if (kind === 4) controller.abort(new RangeError("aborted"));
          if (kind === 5) {
            frame.contentWindow.next = "(" + JSON.stringify({ type: "procore:auth", url: good.replace(state, one) }) + ")";
            frame.contentDocument.getElementById("post").click();
          }
        }
        await Promise.all(all);
        frame.remove();
        const counts = {};
        for (const { value, error } of outcomes) {
          const end = value ? "good" : (error.code ?? error.message);
          counts[end] = (counts[end] ?? 0) + 1;
        }
        done({ counts, begun, outcomes: outcomes.length });
      };
      document.body.append(frame);
    `, STATE, callback());
    assert.deepEqual(ends.counts, {
      popup_blocked: 167,
      opener_severed: 167,
      popup_closed: 167,
      timeout: 167,
      aborted: 166,
      good: 166,
    });
    // The counter counts. Time-outs are WebDriver's own, in some engines.
    const { timeouts, ...begun } = ends.begun;
    // Each that has a window listens twice: also for messages that come before the script.
    assert.deepEqual(begun, { message: 2 * 833, abort: 833, intervals: 833, channels: 833 });
    await leavesNothing();
  });

  test("works from a frame of another site, where storage is partitioned", async () => {
    await openApp();
    await windows.ask("localStorage.setItem('first-party', 'seen')");
    await windows.goTo(`${site.login}/frame?src=${encodeURIComponent(`${site.app}/app`)}`, "frame");
    await browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
    await windows.shows("ready");
    assert.equal(await windows.ask("return localStorage.getItem('first-party')"), null, "storage is not partitioned");
    const popup = await signIn(login(callback()));
    await goOn();
    await until("the window is closed", async () => !(await windows.isOpen(popup)));
    await windows.backToMain();
    await browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
    assert.equal((await outcomeHere()).value, callback());
    await leavesNothing();
  });

  test("framed, it does not hear the page around it", async () => {
    windows = await Windows.of(browser.driver);
    await windows.goTo(`${site.login}/frame?src=${encodeURIComponent(`${site.app}/app`)}`, "frame");
    await browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
    await windows.shows("ready");
    await signIn(login(callback()));
    await windows.backToMain();
    await post(message(callback()));
    await browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
    const isOver = await browser.driver.executeAsyncScript("setTimeout(() => arguments[0](outcomes.at(-1).isOver), 300)");
    assert.equal(isOver, false);
  });

  test("framed by a page with the strictest opener policy, it gets no window to hold", async () => {
    windows = await Windows.of(browser.driver);
    await windows.goTo(`${site.login}/frame?coop=same-origin&src=${encodeURIComponent(`${site.app}/app`)}`, "frame");
    await browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
    await windows.shows("ready");
    await signIn(login(callback()));
    // The window is there, and nobody holds it.
    await goOn();
    await windows.shows("relayed");
    assert.equal((await windows.ask("return relayed"))[0], "ProcoreAuthError opener_severed");
    await windows.backToMain();
    await browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
    assert.equal((await outcomeHere()).error.code, "popup_blocked");
    await leavesNothing();
  });

  test("a callback page that a stranger has opened tells it nothing, and keeps nothing", async () => {
    windows = await Windows.of(browser.driver);
    await windows.goTo(`${site.login}/stranger?src=${encodeURIComponent(callback())}`, "stranger");
    const opened = await windows.openByClick("open");
    await windows.shows("relayed");
    assert.equal(await windows.ask("return location.href"), `${site.app}/callback`);
    await windows.backToMain();
    assert.equal(await windows.isOpen(opened), true, "nobody said that it has the response, so it is not closed");
    await windows.ask("window.postMessage('last', '*')");
    await until("a message comes through", () => windows.ask("return heard.length > 0"));
    assert.deepEqual(await windows.ask("return heard.map(({ data }) => data)"), ["last"]);
  });

  test("a callback page opened by nobody is scrubbed and severed; a page that is none is left alone", async () => {
    windows = await Windows.of(browser.driver);
    const relayed = async (url) => {
      await windows.goTo(url, "relayed");
      return windows.ask("return [location.href, ...relayed]");
    };
    assert.deepEqual(await relayed(callback({ query: "a=1&" })), [
      `${site.app}/callback?a=1`,
      "ProcoreAuthError opener_severed",
      "ProcoreAuthError opener_severed",
    ]);
    for (const url of [
      `${site.app}/callback?code=abc&state=${"s".repeat(43)}`,
      `${site.app}/callback?code=abc&state=popup-short`,
      `${site.app}/callback?code=abc&state=x-${STATE}`,
      `${site.app}/callback?popup=${STATE}`,
    ]) {
      assert.deepEqual(await relayed(url), [url, false, false]);
    }
  });
});
