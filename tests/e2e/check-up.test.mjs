// The demo page's check-up: what it shows of a server that is in order, and of one that is not.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Key } from "selenium-webdriver";
import { Windows } from "../popup/windows.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { Visitor, startDemo, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

inOneEngine("check-up in the demo", (browser) => {
  let windows;
  afterEach(() => windows?.closeOthers());

  async function visit(t) {
    const demo = await startDemo(t, packed.dist);
    const visitor = new Visitor(browser.driver, demo.page);
    windows = await Windows.of(browser.driver);
    await visitor.open();
    await visitor.forget();
    return { demo, visitor };
  }

  /** What is listed, as `{ severity: [code, …] }`, once the check-up is over. */
  async function listed(visitor) {
    await until("the check-up is over", () =>
      visitor.ask(`return document.getElementById("check-up-run").disabled === false
        && document.querySelectorAll("#check-up-list li").length > 0`),
    );
    const rows = await visitor.ask(
      "return [...document.querySelectorAll('#check-up-list li')].map(({ dataset, innerText }) => ({ ...dataset, innerText }))",
    );
    for (const { severity, innerText } of rows) assert.match(innerText, /\w/, severity);
    return rows.reduce((all, row) => ({ ...all, [row.severity]: [...(all[row.severity] ?? []), row] }), {});
  }

  const names = (rows = []) => rows.map(({ check, code }) => `${check}: ${code}`);

  test("a server in order: no error, no warning, by the keyboard and at phone width", async (t) => {
    const { demo, visitor } = await visit(t);
    const { driver } = browser;
    const { width, height } = await driver.manage().window().getRect();
    await driver.manage().window().setRect({ width: 400, height: 800 });
    t.after(() => driver.manage().window().setRect({ width, height }));
    await visitor.ask("document.getElementById('check-up-run').focus()");
    await driver.actions().sendKeys(Key.ENTER).perform();
    const found = await listed(visitor);
    assert.deepEqual(names(found.error), []);
    assert.deepEqual(names(found.warning), []);
    assert.deepEqual(names(found.unknown).sort(), ["pkce: not_checked", "registration: not_checked"]);
    assert.match(await visitor.text("check-up-summary"), /^2 not known, \d+ in order\.$/);
    assert.ok(await visitor.ask("return document.documentElement.scrollWidth <= innerWidth"), "the page is too wide");
    // Refused, with this client's ID and with one that nobody has.
    assert.ok(tokenRequests(demo.sandbox).every(({ status }) => status === 400 || status === 401));
    assert.equal(demo.production.requests.length, 0, "the other environment was asked");
  });

  test("what a switch breaks is found, the worst first", async (t) => {
    const { demo, visitor } = await visit(t);
    demo.sandbox.switches.set({ cors: false });
    await visitor.click("check-up-run");
    const found = await listed(visitor);
    assert.deepEqual(names(found.error), [
      "token_endpoint: cors_blocked",
      "revocation_endpoint: cors_blocked",
      "api: cors_blocked",
    ]);
    const first = "return document.querySelector('#check-up-list li').dataset.severity";
    assert.equal(await visitor.ask(first), "error");
    assert.match(await visitor.text("check-up-summary"), /^3 errors, /);
  });

  async function checkUpBySignIn(visitor, there = {}) {
    // A click goes to where the button is, and the page scrolls smoothly.
    const scroll = "document.getElementById('check-up-popup').scrollIntoView({ behavior: 'instant', block: 'center' })";
    await visitor.ask(scroll);
    const popup = await windows.openByClick("check-up-popup");
    await visitor.signInThere({ isPopup: true, ...there });
    await until("the window is closed", async () => !(await windows.isOpen(popup)));
    await windows.backToMain();
  }

  test("with a sign-in: the redirect URI is registered, and verifiers are compared", async (t) => {
    const { visitor } = await visit(t);
    await checkUpBySignIn(visitor);
    const found = await listed(visitor);
    assert.deepEqual([...names(found.error), ...names(found.warning), ...names(found.unknown)], []);
    assert.ok(names(found.ok).includes("pkce: ok") && names(found.ok).includes("registration: ok"));
    assert.equal(await visitor.text("session-status"), "signed_out");
  });

  test("a session that is there stays, whatever the server does with the verifier", async (t) => {
    const { demo, visitor } = await visit(t);
    await visitor.click("sign-in");
    await visitor.signInThere();
    await visitor.shows("session-status", "fresh");
    demo.sandbox.switches.set({ pkceIgnored: true });
    // The server knows the user by now.
    await checkUpBySignIn(visitor, { passwords: [] });
    const found = await listed(visitor);
    assert.deepEqual(names(found.error), ["pkce: pkce_not_enforced"]);
    await visitor.shows("session-status", "fresh");
    await visitor.click("api-send");
    await visitor.shows("api-status", "200");
    await visitor.holdsNothingOf(demo.sandbox);
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
