// An app of Nuxt with procore-spa-auth/vue, whose pages a server renders.

import { after, before, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { declareScenarios } from "./person.mjs";
import { QUIET, declareHydration, startListener, startServedSite } from "./served.mjs";
import { POLICY, install, runTool } from "./site.mjs";

let packed, folder, framework;

before(async () => {
  packed = await pack();
  folder = await install("nuxt", packed);
  await runTool(folder, ["nuxt/bin/nuxt.mjs", "build"], QUIET);
  framework = await startListener(folder, ".output/server/index.mjs", "listener");
});
after(async () => {
  await framework?.close();
  await packed?.remove();
});

/** What Nuxt's pages fetch ahead, Firefox judges by this. */
const policy = POLICY.replace("default-src 'none'", "default-src 'self'");

for (const signIn of ["auto", "manual"]) {
  inOneEngine(`Nuxt, ${signIn}`, (browser) => {
    const start = (t) => startServedSite(t, folder, framework, { signIn, policy });
    declareScenarios(test, browser, start);
    declareHydration(test, browser, start);
  });
}
