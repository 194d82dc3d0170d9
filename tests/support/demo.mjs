// The demo page with its authorization servers, on free ports, and a user who clicks through them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { By } from "selenium-webdriver";
import { demoMediator } from "../../scripts/demo-mediator.mjs";
import { openPageServer } from "../../scripts/page-server.mjs";
import { root } from "../../scripts/run.mjs";
import { startServer } from "../../www/server/index.mjs";
import { until } from "./browsers.mjs";
import { keptIn } from "./mediator.mjs";

export const PAT = { email: "pat@example.com", password: "sandbox-demo" };

/** Starts the demo with the package in `packageDir` for a browser of that `engine`; it ends with the test. */
export async function startDemo(test, packageDir, engine) {
  const { origin: page, serve, close } = await openPageServer(0);
  test.after(close);
  const servers = await startServer({ ports: { sandbox: 0, production: 0 }, pageOrigins: [page] });
  test.after(() => servers.close());
  const { environments } = servers;
  serve({ root: join(root, "www"), packageDir, environments, mediate: keptIn(engine, demoMediator(page, environments)) });
  return { page, ...environments };
}

export const tokenRequests = ({ requests }) =>
  requests.filter(({ path, method }) => path === "/oauth/token" && method === "POST");

/** A visitor in one browser: acts by the pages' ids, waits for what comes of it. */
export class Visitor {
  constructor(driver, page) {
    this.driver = driver;
    this.page = page;
  }

  /** Runs a script in the page; nothing, while the page is just being left. */
  ask(script, ...args) {
    return this.driver.executeScript(script, ...args).catch(() => undefined);
  }

  async forget() {
    await this.driver.manage().deleteAllCookies();
  }

  async open(path = "/") {
    await this.driver.get(this.page + path);
    await this.arrived();
  }

  /** The page is there, and has made of its URL what it would. */
  async arrived() {
    const script = "return location.origin === arguments[0] && document.body?.dataset.ready === 'true'";
    await until("the page is ready", () => this.ask(script, this.page));
  }

  async click(id) {
    await until(`#${id} can be clicked`, () =>
      this.ask("return document.getElementById(arguments[0])?.disabled === false", id),
    );
    // By script: what lies over what in a small window is not what is tested here.
    await this.ask("document.getElementById(arguments[0]).click()", id);
  }

  async type(id, text) {
    const element = await this.driver.findElement(By.id(id));
    await element.clear();
    await element.sendKeys(text);
  }

  text(id) {
    return this.ask("return document.getElementById(arguments[0])?.textContent", id);
  }

  /** Waits until `#id` shows `text`. */
  async shows(id, text) {
    let seen;
    await until(`#${id} shows ${text}`, async () => (seen = await this.text(id)) === text).catch(async (error) => {
      const refusal = await this.text("error-code");
      throw new Error(
        `${error.message}; it shows ${seen}, the page says: ${refusal} ${await this.text("error-message")}`,
      );
    });
  }

  /** At the login page, until back. `answer` is `allow` or `deny`; a popup does not come back, but closes. */
  async signInThere({ answer = "allow", email = PAT.email, passwords = [PAT.password], isPopup = false } = {}) {
    for (const [index, password] of passwords.entries()) {
      // The page after a wrong password is a new one, with the address filled in and the password not.
      const fresh = "const field = document.getElementById('password'); return Boolean(field && !field.dataset.used)";
      await until("the login page is there", () => this.ask(fresh));
      await this.type("email", email);
      await this.type("password", password);
      await this.ask("document.getElementById('password').dataset.used = arguments[0]", index + 1);
      await this.click("sign-in");
    }
    const consent = "return Boolean(document.getElementById('allow'))";
    await until("the consent page is there", () => this.ask(consent)).catch(async ({ message }) => {
      const shown = `
        const fields = [...document.querySelectorAll("input")].map(({ id, value }) => id + "=" + value);
        return [location.href, document.readyState, document.body?.innerText, ...fields].join(" | ")`;
      throw new Error(`${message}; the window shows ${await this.ask(shown)}`);
    });
    await this.click(answer);
    if (!isPopup) await this.arrived();
  }

  url() {
    return this.driver.getCurrentUrl();
  }

  /** Everything that another script of the page, or a look over the shoulder, could read. */
  async residue() {
    return this.driver.executeAsyncScript(`
      const done = arguments[arguments.length - 1];
      (async () => [
        location.href, JSON.stringify(history.state), document.title, window.name, document.cookie,
        document.documentElement.outerHTML,
        ...[...document.querySelectorAll("input, textarea")].map(({ value }) => value),
        JSON.stringify({ ...sessionStorage }), JSON.stringify({ ...localStorage }),
        ...((await indexedDB.databases?.()) ?? []).map(({ name }) => "database " + name),
        ...((await globalThis.caches?.keys()) ?? []).map((name) => "cache " + name),
      ].join("\\n"))().then(done, (error) => done("residue failed: " + error));
    `);
  }

  /** That none of the codes and tokens that these servers know is left anywhere in the page. */
  async holdsNothingOf(...environments) {
    const known = new Set(
      environments.flatMap(({ requests }) =>
        requests.flatMap(({ sent = {}, issued = {} }) => [...Object.values(sent), ...Object.values(issued)]),
      ),
    );
    const text = await this.residue();
    assert.ok(!text.startsWith("residue failed"), text);
    // Every piece of text that could be one, by itself and without what may stand before it.
    const candidates = new Set(text.match(/[\w~.-]{16,}/g)?.flatMap((word) => [word, ...word.split(/[.~]/)]));
    const found = [...candidates].filter((word) =>
      known.has(createHash("sha256").update(word).digest("hex").slice(0, 8)),
    );
    assert.deepEqual(found, [], "a code or token is still in the page");
    assert.doesNotMatch(text, /"procore-spa-auth:/, "a pending sign-in is still in storage");
    assert.doesNotMatch(text, /(database|cache) /, "a database or cache was made");
  }
}
