// An app of React with TanStack Router and TanStack Query.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { Person, declareScenarios } from "./person.mjs";
import { build, compile, install, startSite } from "./site.mjs";

let packed, folder;

before(async () => {
  packed = await pack();
  folder = await install("tanstack", packed);
  await build(folder);
});
after(() => packed?.remove());

test("the app compiles", () => compile(folder));

const COMPANIES = "/rest/v1.0/companies";
const KIM = "kim@example.com";

inOneEngine("TanStack", (browser) => {
  declareScenarios(test, browser, (t) => startSite(t, folder));

  /** Somebody who is inside, in the only tab, with what they have asked for. */
  const inside = async (t) => {
    const person = new Person(browser.driver, await startSite(t, folder));
    t.after(() => person.closeOthers());
    await person.forget();
    await person.visit("/one");
    await person.signInThere();
    await person.shows("me", "Pat Rivera");
    return person;
  };

  test("no loader asks the API before somebody is signed in", async (t) => {
    const person = new Person(browser.driver, await startSite(t, folder));
    const asked = () => person.site.sandbox.requests.filter(({ path, method }) => path === COMPANIES && method === "GET");
    await person.forget();
    await person.visit("/one");
    await until("the login page is there", () => person.ask("return Boolean(document.getElementById('password'))"));
    assert.equal(asked().length, 0);
    await person.signInThere();
    await person.isInsideAt("/one");
    assert.ok(asked().length > 0);
    assert.deepEqual(asked().filter(({ status }) => status !== 200), []);
  });

  test("a sign-out leaves nothing in the cache, in this tab and in the other", async (t) => {
    const person = await inside(t);
    const first = await person.driver.getWindowHandle();
    await person.driver.switchTo().newWindow("tab");
    await person.visit("/two");
    await person.shows("me", "Pat Rivera");
    assert.equal((await person.ask("return kept()")).length, 2);
    await person.click("sign-out");
    await person.isOutside();
    assert.deepEqual(await person.ask("return kept()"), []);
    await person.driver.switchTo().window(first);
    await person.isOutside();
    assert.deepEqual(await person.ask("return kept()"), []);
  });

  test("who signs in after another sees nothing of theirs, in a tab that stayed open", async (t) => {
    const person = await inside(t);
    const first = await person.driver.getWindowHandle();
    await person.driver.switchTo().newWindow("tab");
    await person.visit("/two");
    await person.shows("me", "Pat Rivera");
    const [[pats]] = await person.ask("return kept()");
    // Without a sign-out: the session is replaced.
    await person.forget();
    await person.visit("/two");
    await person.shows("me", "Pat Rivera");
    await person.ask("signIn()");
    await person.signInThere({ email: KIM });
    await person.shows("me", "Kim Okafor");
    await person.driver.switchTo().window(first);
    await person.shows("me", "Kim Okafor");
    const shown = await person.ask("return shown");
    const [[kims]] = await person.ask("return kept()");
    assert.notEqual(kims, pats);
    assert.deepEqual([...new Set(shown)], [`${pats} Pat Rivera`, `${kims} Kim Okafor`]);
    await until("only Kim's is kept", async () => (await person.ask("return kept()")).every(([session]) => session === kims));
  });
});
