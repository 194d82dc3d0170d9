// Somebody who uses an app of tests/adapters, in several tabs, by the ids that all of them have.

import assert from "node:assert/strict";
import { until } from "../support/browsers.mjs";
import { Visitor } from "../support/demo.mjs";

export class Person extends Visitor {
  constructor(driver, site) {
    super(driver, site.origin);
    this.site = site;
    /** Where the app's own paths begin. */
    this.home = site.origin + site.base;
  }

  /** Opens a page of the app, which may leave for the login page. */
  async visit(path) {
    await this.driver.get(this.home + path);
  }

  /** Forgets a login, on a page of that origin without the app. */
  async forget() {
    await this.driver.get(`${this.page}/support/config.js`);
    await super.forget();
  }

  /** Somewhere in the app where it is known who is signed in. */
  async arrived() {
    const script = "return location.origin === arguments[0] && ['sign-in', 'sign-out', 'inside'].some((id) => document.getElementById(id))";
    await until("the app shows a page", () => this.ask(script, this.page));
  }

  /** Waits until the page shows the app inside, at `path`, for Pat. */
  async isInsideAt(path) {
    await this.shows("where", path);
    await this.shows("user", "Pat Rivera");
    assert.equal(await this.url(), this.home + path);
  }

  /** Waits until the page shows the way in. */
  async isOutside() {
    await until("the page shows the way in", () => this.ask("return Boolean(document.getElementById('sign-in'))"));
  }

  /** The API answers, with what the adapter sends. */
  async loads() {
    await this.click("load");
    const shown = () => this.text("companies");
    assert.match(await until("the API's answer is shown", shown), /Northwind Builders/);
    assert.deepEqual(this.site.astray, []);
  }

  async closeOthers() {
    const [first, ...others] = await this.driver.getAllWindowHandles();
    for (const handle of others) {
      await this.driver.switchTo().window(handle);
      await this.driver.close();
    }
    await this.driver.switchTo().window(first);
  }

  /** How many requests of a path, by a method, have come to the authorization server. */
  countOf(path, method = "GET") {
    return this.site.sandbox.requests.filter((request) => request.path === path && request.method === method).length;
  }
}

const DEEP = "/projects/7?tab=docs&page=2#rev-2";
const INSIDE = "/public/inside?tab=2#end";
const AUTHORIZE = "/oauth/authorize";

/**
 * What everybody goes through in every framework: `start(t)` answers with a site whose app goes to the login page by itself, or by its guard.
 * `test` is Node's own.
 */
export function declareScenarios(test, browser, start) {
  const begin = async (t) => {
    const site = await start(t);
    const person = new Person(browser.driver, site);
    t.after(() => person.closeOthers());
    await person.forget();
    return person;
  };

  test("a link into the app leads there, by way of the login page, query and fragment included", async (t) => {
    const person = await begin(t);
    await person.visit(DEEP);
    await person.signInThere();
    await person.isInsideAt(DEEP);
    await person.loads();
    assert.equal(person.countOf("/oauth/token", "POST"), 1);
    assert.equal(person.countOf("/rest/v1.0/me"), 1);
  });

  test("a reload finds the user signed in, without the login page", async (t) => {
    const person = await begin(t);
    await person.visit(DEEP);
    await person.signInThere();
    await person.isInsideAt(DEEP);
    const before = person.countOf(AUTHORIZE);
    await person.driver.navigate().refresh();
    await person.isInsideAt(DEEP);
    assert.equal(person.countOf(AUTHORIZE), before);
  });

  test("a sign-out reaches the other tab, and neither goes to the login page by itself", async (t) => {
    const person = await begin(t);
    await person.visit("/one");
    await person.signInThere();
    await person.isInsideAt("/one");
    const first = await person.driver.getWindowHandle();
    await person.driver.switchTo().newWindow("tab");
    const second = await person.driver.getWindowHandle();
    await person.visit("/two");
    await person.isInsideAt("/two");
    const before = person.countOf(AUTHORIZE);
    await person.click("sign-out");
    await person.isOutside();
    await person.driver.switchTo().window(first);
    await person.isOutside();
    assert.equal(await person.url(), `${person.home}/one`);
    await person.driver.switchTo().window(second);
    assert.equal(await person.url(), `${person.home}/two`);
    await person.driver.navigate().refresh();
    await person.isOutside();
    assert.equal(person.countOf(AUTHORIZE), before);
    // The login page still knows who it is.
    await person.click("sign-in");
    await person.signInThere({ passwords: [] });
    await person.isInsideAt("/two");
    await person.driver.switchTo().window(first);
    await person.isInsideAt("/one");
  });

  test("who says no gets to see that, and can try again", async (t) => {
    const person = await begin(t);
    await person.visit(DEEP);
    await person.signInThere({ answer: "deny" });
    await person.isOutside();
    const before = person.countOf(AUTHORIZE);
    assert.notEqual(await person.text("access_denied"), null, "the error is not shown");
    assert.equal(person.countOf(AUTHORIZE), before);
    await person.click("sign-in");
    await person.signInThere({ passwords: [] });
    await person.isInsideAt(DEEP);
  });
}

/**
 * What a guard does in an app that is open to everybody but for a part, which is mounted twice: `start(t, site)` answers with a
 * site of its `public.html`.
 */
export function declareGuarded(test, browser, start) {
  test("mounted twice, a guard signs in once, when it is shown, brings back, and not again after a sign-out", async (t) => {
    const site = await start(t, { pageOf: () => "public.html", callback: "/public/callback" });
    const person = new Person(browser.driver, site);
    await person.visit("/public/");
    await person.shows("status", "signed_out");
    assert.equal(person.countOf(AUTHORIZE), 0);
    await person.click("inside");
    await person.signInThere();
    await person.isInsideAt(INSIDE);
    assert.equal(person.countOf("/oauth/token", "POST"), 1);
    await person.loads();
    await person.click("sign-out");
    await person.isOutside();
    assert.equal(await person.url(), site.origin + INSIDE);
    assert.equal(person.countOf(AUTHORIZE), 1);
  });
}
