// The site in browsers: on a phone, in the dark, searched; and what it asks for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { By } from "selenium-webdriver";
import { site } from "../../site/build.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { startPages } from "../support/servers.mjs";

const PAGES = ["index.html", "docs/keep-the-secret-out.html", "SECURITY.html", "api/interfaces/procore-spa-auth.ProcoreAuth.html"];

let server;
before(async () => (server = await startPages({ folders: { "/": site }, policy: "" })));
after(() => server.close());

inOneEngine("site", (browser) => {
  const open = async (page) => {
    await browser.driver.get(`${server.origin}/${page}`);
    await until("the navigation is there", () => browser.driver.executeScript("return document.querySelectorAll('#tsd-nav-container a').length > 0"));
  };

  test("a phone shows every page without scrolling aside, but for what is in a box of its own", async () => {
    await browser.driver.manage().window().setRect({ width: 400, height: 800 });
    for (const page of PAGES) {
      await open(page);
      const [shown, wanted] = await browser.driver.executeScript("return [document.documentElement.clientWidth, document.documentElement.scrollWidth]");
      assert.ok(wanted <= shown, `${page}: ${wanted} pixels of ${shown}`);
    }
    await browser.driver.manage().window().setRect({ width: 1280, height: 900 });
  });

  test("the dark is dark", async () => {
    await open("index.html");
    const brightness = (theme) =>
      browser.driver.executeScript(
        `document.documentElement.dataset.theme = arguments[0];
         return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)`,
        theme,
      );
    assert.ok((await brightness("dark")) < 200);
    assert.ok((await brightness("light")) > 600);
  });

  for (const [words, page] of [
    ["signInWithPopup", "/api/interfaces/procore-spa-auth.ProcoreAuth.html#signinwithpopup"],
    ["contestants", "/docs/performance.html"],
  ]) {
    test(`a search for ${words} finds where that is told`, async () => {
      await open("SECURITY.html");
      await browser.driver.executeScript("document.getElementById('tsd-search-trigger').click()");
      await browser.driver.findElement(By.id("tsd-search-input")).sendKeys(words);
      const results = () => browser.driver.executeScript("return [...document.querySelectorAll('#tsd-search-results a')].map((link) => link.href)");
      await until(`${page} is found`, async () => (await results()).includes(server.origin + page));
    });
  }

  test("rustdoc is there, from any page", async () => {
    await open("docs/token-mediator.html");
    await browser.driver.executeScript("document.querySelector('a[href$=\"rust/procore_spa_auth/index.html\"]').click()");
    await until("the crate's page is there", async () => (await browser.driver.getTitle()).startsWith("procore_spa_auth - Rust"));
  });

  test("no other host was asked for anything", () => assert.deepEqual(browser.sentinel.reached, []));
});
