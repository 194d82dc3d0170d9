// An app of Next.js with procore-spa-auth/react, built by both of its bundlers and served by it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { Person, declareScenarios } from "./person.mjs";
import { QUIET, declareHydration, startFramework, startServedSite } from "./served.mjs";
import { install, runTool } from "./site.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const NEXT = "next/dist/bin/next";
/** Next.js 16 takes Turbopack by itself; Next.js 15 takes webpack, and has no word for it. */
const BUNDLERS = { next: { turbopack: [], webpack: ["--webpack"] }, "next-15": { turbopack: ["--turbopack"], webpack: [] } };

for (const [version, bundlers] of Object.entries(BUNDLERS)) {
  describe(version, () => {
    let folder;
    before(async () => (folder = await install(version, packed, "next")));

    for (const [bundler, flags] of Object.entries(bundlers)) {
      describe(bundler, () => {
        let framework;
        before(async () => {
          const env = { ...QUIET, DIST_DIR: `.next-${bundler}` };
          await runTool(folder, [NEXT, "build", ...flags], env);
          framework = await startFramework(folder, [`node_modules/${NEXT}`, "start", "-H", "127.0.0.1", "-p", "0"], env);
        });
        after(() => framework?.close());

        inOneEngine(`${version} by ${bundler}`, (browser) => declareAll(browser, (t) => startServedSite(t, folder, framework)));
      });
    }
  });
}

function declareAll(browser, start) {
  declareScenarios(test, browser, start);
  declareHydration(test, browser, start);

  test("nothing in the page sees the response in its URL, nor puts it back", async (t) => {
    const site = await start(t);
    const person = new Person(browser.driver, site);
    await person.forget();
    await person.visit("/projects/7");
    await person.signInThere();
    await person.isInsideAt("/projects/7");
    const seen = (await person.ask("return document.body.dataset.reported")).trim().split(" ");
    assert.deepEqual([...new Set(seen)], [`${site.origin}/callback`, `${site.origin}/projects/7`]);
    assert.equal(await person.ask("return localStorage.getItem('complaints')"), null);
  });
}
