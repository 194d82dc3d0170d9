// An app of SvelteKit, with procore-spa-auth/svelte.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { declareScenarios } from "./person.mjs";
import { declareHydration, startListener, startServedSite } from "./served.mjs";
import { POLICY, build, check, inNode, install, startSite } from "./site.mjs";

let packed, folder, framework;

before(async () => {
  packed = await pack();
  folder = await install("svelte", packed);
  await build(folder);
  await build(folder, { env: { SERVED: "true", VITE_SERVED: "true" } });
  framework = await startListener(folder, "served/handler.js", "handler");
});
after(async () => {
  await framework?.close();
  await packed?.remove();
});

test("the app compiles, and the adapter keeps what its types promise", () => check(folder, "svelte"));

test("a server renders what is known there, nothing, and asks nobody", async () => {
  const { page, admitted } = await inNode(
    folder,
    `import { get } from "svelte/store";
    import { createProcoreAuth } from "procore-spa-auth";
    import { procoreAuth } from "procore-spa-auth/svelte";
    globalThis.fetch = () => { throw new Error("fetched"); };
    const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } };
    const session = procoreAuth(createProcoreAuth({ credentials, persist: "tab" }));
    const admitted = await session.requireSession(new URL("https://app.example.com/inside"));
    console.log(JSON.stringify({ page: get(session).status, admitted }));`,
  );
  assert.deepEqual([page, admitted], ["unknown", true]);
});

/** SvelteKit's page starts by a script in it. */
const policy = POLICY.replace("script-src", "script-src 'unsafe-inline'");
/** And reads out where it goes, in an element with a style of its own. */
const servedPolicy = `${POLICY}; style-src-attr 'unsafe-inline'`;

for (const signIn of ["auto", "manual"]) {
  inOneEngine(`Svelte, ${signIn}`, (browser) => declareScenarios(test, browser, (t) => startSite(t, folder, { signIn, policy })));

  inOneEngine(`Svelte, ${signIn}, rendered by a server`, (browser) => {
    const start = (t) => startServedSite(t, folder, framework, { signIn, policy: servedPolicy });
    declareScenarios(test, browser, start);
    declareHydration(test, browser, start);
  });
}
