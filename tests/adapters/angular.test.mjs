// An app of Angular and its router, with procore-spa-auth/angular.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { Person, declareScenarios } from "./person.mjs";
import { QUIET, declareHydration, startListener, startServedSite } from "./served.mjs";
import { POLICY, check, install, runTool, startSite, writeBased } from "./site.mjs";

const NG = "@angular/cli/bin/ng.js";
let packed, folder, framework;

before(async () => {
  packed = await pack();
  folder = await install("angular", packed);
  await runTool(folder, [NG, "build"], QUIET);
  await runTool(folder, [NG, "build", "--configuration", "served"], QUIET);
  framework = await startListener(folder, "served/server/server.mjs", "reqHandler", "served/browser");
});
after(async () => {
  await framework?.close();
  await packed?.remove();
});

test("the app compiles, and the adapter keeps what its types promise", () => check(folder, "angular"));

/** Angular puts the styles of components into the page. */
const policy = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");

for (const signIn of ["auto", "manual"]) {
  inOneEngine(`Angular, ${signIn}`, (browser) => {
    declareScenarios(test, browser, (t) => startSite(t, folder, { signIn, policy }));

    test("requests of HttpClient carry the token to the API, and to nobody else", async (t) => {
      const site = await startSite(t, folder, { signIn, policy });
      const person = new Person(browser.driver, site);
      await person.forget();
      await person.visit("/");
      await person.signInThere();
      await person.loads();
      await until("the page's own server has answered", async () => (await person.text("own"))?.includes("procoreAuthOptions"));
      const asked = site.sandbox.requests.findLast(({ path, method }) => path === "/rest/v1.0/companies" && method === "GET");
      assert.ok(asked.headers.includes("authorization"));
      assert.deepEqual(site.astray, []);
    });
  });

  inOneEngine(`Angular, ${signIn}, in a folder`, (browser) => {
    const pageOf = () => writeBased(folder, "/app");
    declareScenarios(test, browser, (t) => startSite(t, folder, { signIn, policy, base: "/app", pageOf }));
  });

  inOneEngine(`Angular, ${signIn}, rendered by a server`, (browser) => {
    const start = (t) => startServedSite(t, folder, framework, { signIn, policy });
    declareScenarios(test, browser, start);
    declareHydration(test, browser, start);
  });
}
