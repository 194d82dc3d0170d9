// Where a page is shown, and what its URL says of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inTwoEngines } from "../support/browsers.mjs";
import { startSite } from "./site.mjs";
import { Windows } from "./windows.mjs";

let site;
before(async () => (site = await startSite()));
after(() => site?.close());

inTwoEngines("embedded", (browser) => {
  let windows;

  const enter = () => browser.driver.switchTo().frame(browser.driver.findElement({ id: "framed" }));
  const context = (options = {}) => windows.ask("return context(arguments[0])", options);

  /** The page of the app's, inside pages of `around`, the outermost first. */
  async function show(path, around = [], more = "") {
    windows = await Windows.of(browser.driver);
    const page = `${site.app}/embedded?${path}`;
    const url = around.reduceRight((src, origin) => `${origin}/frame?${more}&src=${encodeURIComponent(src)}`, page);
    await windows.goTo(url, around.length ? "frame" : "ready");
    for (const _ of around) await enter();
    await windows.shows("ready");
  }

  test("on its own, and with what is no ID left out", async () => {
    await show("companyId=8589934593&projectId=42");
    assert.deepEqual(await context({ allowedParents: [] }), {
      isEmbedded: false,
      companyId: "8589934593",
      projectId: "42",
    });
    const ids = {
      "?companyId=1": "1",
      "https://app.example/a?b=c&companyId=12345678901234567890#x": "12345678901234567890",
      "?companyId=%31": "1",
      "?companyId=123456789012345678901": undefined,
      "?companyId=": undefined,
      "?companyId": undefined,
      "?companyId=0": undefined,
      "?companyId=01": undefined,
      "?companyId=-1": undefined,
      "?companyId=1.5": undefined,
      "?companyId=1e3": undefined,
      "?companyId=%EF%BC%91": undefined,
      "?companyId=1%0A": undefined,
      "?companyId=+1": undefined,
      "?companyId=1&companyId=1": undefined,
      "?companyId=1&companyId=2": undefined,
      "?companyid=1": undefined,
      "?companyId={{procore.company.id}}": undefined,
      "?companyId=%7B%7Bprocore.company.id%7D%7D": undefined,
      "?companyId=%": undefined,
      "#companyId=1": undefined,
      "#/a?companyId=1": undefined,
      "": undefined,
      "not a url": undefined,
    };
    for (const [url, companyId] of Object.entries(ids)) {
      const expected = { isEmbedded: false, ...(companyId && { companyId }) };
      assert.deepEqual(await context({ url }), expected, url);
    }
    assert.equal(await windows.ask("return Object.isFrozen(context())"), true);
    assert.equal(await windows.ask("return context({ url: new URL('?projectId=7', location) }).projectId"), "7");
  });

  for (const browserOf of ["package", "older"]) {
    test(`in a frame of another site${browserOf === "older" ? ", in a browser that has no list" : ""}`, async () => {
      await show(`browser=${browserOf}&companyId=1`, [site.login]);
      const expected = { isEmbedded: true, parentOrigin: site.login, companyId: "1" };
      assert.deepEqual(await context(), expected);
      assert.deepEqual(await context({ allowedParents: ["https://app.procore.com", site.login] }), expected);
      for (const allowedParents of [
        [],
        [`${site.login}/`],
        [site.login.toUpperCase()],
        ["*"],
        ["null"],
        ["https://app.procore.com"],
        [site.app],
        [site.login.slice(0, -1)],
        // A text is one origin, and not whatever is a part of it.
        `${site.login}.example`,
        `${site.app} ${site.login}`,
        site.login.slice(0, -1),
      ]) {
        const refused = await context({ allowedParents });
        assert.deepEqual([refused.name, refused.code, refused.phase], ["ProcoreAuthError", "framing_not_allowed", "start"]);
        assert.ok(refused.message.includes(`[${site.login}]`), refused.message);
      }
      assert.deepEqual(await context({ allowedParents: site.login }), expected);
      for (const allowedParents of [1, true, {}, { includes: "x" }, [1], [null], [[site.login]]]) {
        assert.equal((await context({ allowedParents })).code, "config_invalid", JSON.stringify(allowedParents));
      }
    });
  }

  test("in a frame in a frame: every page around counts", async () => {
    await show("", [site.login, site.app]);
    assert.deepEqual(await context(), { isEmbedded: true, parentOrigin: site.app });
    assert.equal((await context({ allowedParents: [site.app] })).code, "framing_not_allowed");
    assert.equal((await context({ allowedParents: [site.login] })).code, "framing_not_allowed");
    assert.deepEqual(await context({ allowedParents: [site.app, site.login] }), {
      isEmbedded: true,
      parentOrigin: site.app,
    });
  });

  test("who does not say who it is, is nobody that is allowed", async () => {
    // Two deep, the referrer tells of one page only; and a page may send none.
    for (const [around, more] of [
      [[site.login, site.login], ""],
      [[site.login], "referrer=no-referrer"],
    ]) {
      await show("browser=older", around, more);
      assert.deepEqual(await context(), { isEmbedded: true });
      const refused = await context({ allowedParents: [site.login, site.app] });
      assert.equal(refused.code, "framing_not_allowed");
      assert.ok(refused.message.includes("[unknown]"));
    }
  });

  test("a frame that has moved on by itself does not take its own page for the one around it", async () => {
    await show("browser=older", [site.login]);
    await windows.ask("document.title = 'left'");
    await windows.click("again");
    await windows.shows("ready");
    assert.equal(await windows.ask("return document.referrer.startsWith(location.origin)"), true);
    assert.deepEqual(await context(), { isEmbedded: true });
    assert.equal((await context({ allowedParents: [site.app] })).code, "framing_not_allowed");
  });
});
