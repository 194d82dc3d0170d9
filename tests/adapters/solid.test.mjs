// An app of Solid and Solid Router, with procore-spa-auth/solid.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { declareGuarded, declareScenarios } from "./person.mjs";
import { build, check, inNode, install, startSite } from "./site.mjs";

let packed, folder;

before(async () => {
  packed = await pack();
  folder = await install("solid", packed);
  await build(folder);
});
after(() => packed?.remove());

test("the app compiles, and the adapter keeps what its types promise", () => check(folder, "solid"));

test("a server renders what is known there, nothing, and asks nobody", async () => {
  const { page, threw } = await inNode(
    folder,
    `import { createComponent } from "solid-js";
    import { renderToString } from "solid-js/web";
    import { createProcoreAuth } from "procore-spa-auth";
    import { ProcoreAuthProvider, RequireSession, useProcoreAuth } from "procore-spa-auth/solid";
    globalThis.fetch = () => { throw new Error("fetched"); };
    const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } };
    const auth = createProcoreAuth({ credentials, persist: "tab" });
    const Status = () => useProcoreAuth().status();
    const guarded = () => createComponent(RequireSession, { get fallback() { return createComponent(Status, {}) }, children: "inside" });
    const page = renderToString(() => createComponent(ProcoreAuthProvider, { auth, get children() { return guarded() } }));
    let threw;
    try { renderToString(() => createComponent(Status, {})); } catch (error) { threw = error.message; }
    console.log(JSON.stringify({ page, threw }));`,
  );
  assert.equal(page, "unknown");
  assert.match(threw, /there is no <ProcoreAuthProvider>/);
});

inOneEngine("Solid", (browser) => {
  declareScenarios(test, browser, (t) => startSite(t, folder));
  declareGuarded(test, browser, (t, site) => startSite(t, folder, site));
});
