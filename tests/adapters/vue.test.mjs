// An app of Vue and Vue Router, with procore-spa-auth/vue.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { declareScenarios } from "./person.mjs";
import { build, check, inNode, install, startSite } from "./site.mjs";

let packed, folder;

before(async () => {
  packed = await pack();
  folder = await install("vue", packed);
  await build(folder);
});
after(() => packed?.remove());

test("the app compiles, and the adapter keeps what its types promise", () => check(folder, "vue"));

test("a server renders what is known there, nothing, and asks nobody", async () => {
  const { page, threw } = await inNode(
    folder,
    `import { createSSRApp } from "vue";
    import { renderToString } from "vue/server-renderer";
    import { createProcoreAuth } from "procore-spa-auth";
    import { procoreAuth, useProcoreAuth } from "procore-spa-auth/vue";
    globalThis.fetch = () => { throw new Error("fetched"); };
    const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } };
    const auth = createProcoreAuth({ credentials, persist: "tab" });
    const app = () => createSSRApp({ setup: () => useProcoreAuth(), template: "{{ status }}" });
    const page = await renderToString(app().use(procoreAuth(auth)));
    const threw = await renderToString(app()).catch(({ message }) => message);
    console.log(JSON.stringify({ page, threw }));`,
  );
  assert.equal(page, "unknown");
  assert.match(threw, /does not use procoreAuth/);
});

for (const signIn of ["auto", "manual"]) {
  inOneEngine(`Vue, ${signIn}`, (browser) => declareScenarios(test, browser, (t) => startSite(t, folder, { signIn })));
}
