// The demo's audit: a leaking file is named, a clean one is not, and nothing leaves the page.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { By } from "selenium-webdriver";
import { containers } from "../audit/corpus/containers.mjs";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { Visitor, startDemo } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed, home;
before(async () => {
  packed = await pack();
  home = mkdtempSync(join(tmpdir(), "demo-audit-"));
});
after(() => {
  packed?.remove();
  if (home) rmSync(home, { recursive: true, force: true });
});

inEveryEngine("audit in the demo", (browser) => {
  async function visit(t) {
    const demo = await startDemo(t, packed.dist);
    const visitor = new Visitor(browser.driver, demo.page);
    await visitor.open();
    await visitor.ask(`
      window.violations = [];
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => violations.push(violatedDirective + " " + blockedURI));
    `);
    return { demo, visitor };
  }

  const REQUESTED = "return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => path.includes('/audit/'))";

  /** What the list shows, once the search is over. */
  async function listed(visitor) {
    const isOver = "return document.getElementById('audit-sample').disabled === false && document.getElementById('audit-summary').textContent";
    const summary = await until("the search is over", () => visitor.ask(isOver));
    const rows = await visitor.ask(
      "return [...document.querySelectorAll('#audit-list li')].map(({ dataset, innerText }) => ({ ...dataset, innerText }))",
    );
    return { summary, rows };
  }

  /** As a user chooses files. */
  async function choose(visitor, ...names) {
    await visitor.ask("document.getElementById('audit-summary').textContent = ''");
    await browser.driver.findElement(By.id("audit-files")).sendKeys(names.map((name) => join(home, name)).join("\n"));
    return listed(visitor);
  }

  test("the sample is found, and the auditor is not loaded before it", async (t) => {
    const { visitor } = await visit(t);
    assert.deepEqual(await visitor.ask(REQUESTED), []);
    await visitor.click("audit-sample");
    const { summary, rows } = await listed(visitor);
    assert.match(summary, /^1 error.*nothing was sent\.$/);
    const [row] = rows.filter(({ severity }) => severity === "error");
    assert.equal(row.kind, "client-secret");
    assert.match(row.innerText, /sample-bundle\.js:1:\d+/);
    assert.match(row.innerText, /Developer Portal/);
    assert.deepEqual((await visitor.ask(REQUESTED)).sort(), ["/procore-spa-auth/audit/core.js", "/procore-spa-auth/audit/core_bg.wasm"]);
    assert.deepEqual(await visitor.ask("return violations"), []);
    assert.equal(await visitor.text("error-code"), "");
  });

  test("files that are chosen: each leak is named where it is, no value is shown, and none leaves the page", async (t) => {
    const { demo, visitor } = await visit(t);
    const secret = randomBytes(32).toString("hex");
    for (const [file, make] of Object.values(containers)) writeFileSync(join(home, file), make(secret));
    writeFileSync(join(home, "clean.js"), `globalThis.auth=createProcoreAuth({clientId:"CID"});`);
    const before = demo.sandbox.requests.length + demo.production.requests.length;

    const clean = await choose(visitor, "clean.js");
    assert.match(clean.summary, /^Nothing found\. 1 file, \d+ bytes; nothing was sent\.$/);
    assert.deepEqual(clean.rows, []);

    const names = ["app.js.map", "app-1.0.0.tgz", "all.zip", "index.html", "app.wasm", ".env.production"];
    const { rows } = await choose(visitor, ...names);
    const errors = rows.filter(({ severity }) => severity === "error").map(({ innerText }) => innerText);
    for (const name of names) assert.ok(errors.some((text) => text.includes(name)), `${name}: ${errors.join("\n")}`);
    assert.ok(errors.some((text) => text.includes("app-1.0.0.tgz!package/dist/app.js")));
    assert.ok(!(await visitor.residue()).includes(secret), "the page shows the secret");

    writeFileSync(join(home, "broken.zip"), "PK\x03\x04 and no more");
    const broken = await choose(visitor, "broken.zip");
    assert.match(broken.summary, /^1 not looked into\./);
    assert.deepEqual(broken.rows.map(({ severity, kind }) => [severity, kind]), [["unread", "broken-archive"]]);

    assert.equal(demo.sandbox.requests.length + demo.production.requests.length, before);
    assert.deepEqual(browser.sentinel.reached, []);
    assert.deepEqual(await visitor.ask("return violations"), []);
  });

  test("files that are dropped are searched, too", async (t) => {
    const { visitor } = await visit(t);
    const secret = randomBytes(32).toString("hex");
    await visitor.ask(`
      const transfer = new DataTransfer();
      transfer.items.add(new File(["x.append('client_secret','" + arguments[0] + "')"], "dropped.js"));
      const place = document.getElementById("audit-drop");
      for (const type of ["dragenter", "dragover", "drop"]) {
        place.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
      }
    `, secret);
    const { summary, rows } = await listed(visitor);
    assert.match(summary, /^1 error/);
    assert.match(rows[0].innerText, /dropped\.js:1:/);
  });

  test("at phone width the page is not wider than the window", async (t) => {
    const { visitor } = await visit(t);
    const { driver } = browser;
    const { width, height } = await driver.manage().window().getRect();
    await driver.manage().window().setRect({ width: 400, height: 800 });
    t.after(() => driver.manage().window().setRect({ width, height }));
    await visitor.click("audit-sample");
    await listed(visitor);
    assert.ok(await visitor.ask("return document.documentElement.scrollWidth <= innerWidth"), "the page is too wide");
  });
});
