// What went wrong in others' products, each under the name of its advisory, as far as it takes a browser or a server to
// show that it does not go wrong here. tests/advisories.md says what each was.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { By } from "selenium-webdriver";
import { Apps } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { Visitor, startDemo } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { pages, startPages } from "../support/servers.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const PREFIX = "procore-spa-auth:";

/** Would say so in the page's title. */
const MARKUP = `<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script>`;

inOneEngine("advisories", (browser) => {
  const apps = new Apps(browser, () => packed);

  /** The state of a sign-in that was begun in this tab and not finished. */
  async function pending(visitor, page) {
    await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));
    await visitor.open(page);
    const keys = await visitor.ask("return Object.keys(sessionStorage)");
    return keys.find((key) => key.startsWith(PREFIX)).slice(PREFIX.length);
  }

  const hasNoMarkup = async (visitor) =>
    assert.deepEqual(
      await visitor.ask("return [document.title === 'pwned', document.querySelectorAll('img, [onerror]').length]"),
      [false, 0],
    );

  test("CVE-2017-17068: a popup tells no page of another origin what it has brought back", async (t) => {
    const { driver } = browser;
    const { redirectUri } = await apps.start(t);
    const site = await startPages({ folders: {}, fallback: join(pages, "stranger.html"), policy: "" });
    t.after(() => site.close());
    const stranger = new Visitor(driver, site.origin.replace("localhost", "127.0.0.1"));
    await driver.get(stranger.page);
    const main = await driver.getWindowHandle();
    for (const response of ["?code=stolen&state=popup-", "#access_token=stolen&state=popup-", "?code=stolen&state="]) {
      await stranger.ask("window.opened = undefined; window.next = arguments[0]", redirectUri + response + "s".repeat(43));
      await driver.findElement(By.id("open")).click();
      // The window may have closed itself before anybody could look.
      await until("the app has looked at it", async () => {
        const popup = (await driver.getAllWindowHandles()).find((handle) => handle !== main);
        if (!popup) return stranger.ask("return window.opened?.closed");
        await driver.switchTo().window(popup).catch(() => {});
        const isOver = await stranger.ask("return window.outcome !== undefined");
        if (isOver) await driver.close().catch(() => {});
        await driver.switchTo().window(main);
        return isOver;
      });
      // What was said before is heard before.
      await stranger.ask("postMessage('last')");
      await until("it is heard", () => stranger.ask("return heard.includes('last')"));
      assert.deepEqual(await stranger.ask("return heard.splice(0)"), ["last"], response);
    }
  });

  test("CVE-2021-32702: what a redirect says of an error is no markup anywhere", async (t) => {
    const { visitor, redirectUri } = await apps.start(t);
    await visitor.ask("auth.signIn()");
    const state = await pending(visitor, "/code/start");
    const said = { error: MARKUP, error_description: MARKUP, error_uri: "javascript:1" };
    const parameters = new URLSearchParams({ ...said, state });
    await visitor.open(`${redirectUri.slice(visitor.page.length)}?${parameters}`);
    const outcome = await visitor.ask("return outcome");
    assert.deepEqual([outcome.error, outcome.isTyped], ["unknown_error", true]);
    const [message] = outcome.text.split("\n");
    assert.doesNotMatch(message, /[<>]|javascript/);
    assert.equal(await visitor.url(), redirectUri);
    await hasNoMarkup(visitor);
    await apps.isClean(visitor, outcome);
  });

  test("GHSA-9x4v-xfq5-m8x5: the demo's page shows an error as text", async (t) => {
    const demo = await startDemo(t, packed.dist);
    const visitor = new Visitor(browser.driver, demo.page);
    await visitor.open();
    await visitor.forget();
    await visitor.click("sign-in");
    const state = await pending(visitor, "/");
    const parameters = new URLSearchParams({ error: "access_denied", error_description: MARKUP, state });
    await visitor.open(`/callback?${parameters}`);
    await visitor.shows("error-code", "access_denied");
    assert.equal(await visitor.ask("return document.title === 'pwned'"), false);
    assert.equal(await visitor.ask("return document.querySelectorAll('[onerror], img[src=x]').length"), 0);
  });

  test("CVE-2016-6582: what is revoked without a secret is revoked", async (t) => {
    const { visitor, sandbox } = await apps.start(t);
    await apps.signIn(visitor);
    assert.deepEqual(await apps.call("auth.signOut()"), { value: { outcome: "revoked" } });
    const revocations = sandbox.requests.filter(({ path, method }) => path === "/oauth/revoke" && method === "POST");
    assert.deepEqual(
      revocations.map(({ status, headers }) => [status, headers.includes("authorization")]),
      [
        [200, false],
        [200, false],
      ],
    );
    const { value } = await apps.call(`(async () => {
      const named = Object.fromEntries([...witness.names].map(([value, name]) => [name, value]));
      const headers = { authorization: "Bearer " + named.access_token };
      const me = await witness.realFetch("${sandbox.origin}/rest/v1.0/me", { headers });
      const body = new URLSearchParams({
        grant_type: "refresh_token", refresh_token: named.refresh_token, client_id: "${sandbox.clientId}",
      });
      const renewal = await witness.realFetch("${sandbox.origin}/oauth/token", { method: "POST", body });
      return [me.status, renewal.status, (await renewal.json()).error];
    })()`);
    assert.deepEqual(value, [401, 400, "invalid_grant"]);
  });

  test("CVE-2023-34246: the demo's server asks the user each time, for anybody can name a public client", async (t) => {
    const { visitor } = await apps.start(t);
    await apps.signIn(visitor);
    await visitor.ask("auth.signIn()");
    // The user is still known, and is asked all the same.
    await until("the consent page is there", () => visitor.ask("return Boolean(document.getElementById('allow'))"));
    await visitor.click("deny");
    await visitor.arrived();
    assert.equal((await visitor.ask("return outcome")).error, "access_denied");
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
