// An app of Vue and Vue Router, with procore-spa-auth/vue.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { declareScenarios } from "./person.mjs";
import { build, check, inNode, install, startSite, writeBased } from "./site.mjs";

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

/** The base of a router, a path of the origin, and what that router has it as. */
const WITHIN = [
  ["", "/one?a#b", "/one?a#b"],
  ["/app", "/app/one?a#b", "/one?a#b"],
  ["/app", "/app", "/"],
  ["/app", "/app?a", "/?a"],
  ["/app", "/apple", "/apple"],
  ["/app", "/elsewhere", "/elsewhere"],
  // Of a router that keeps its paths in the fragment.
  ["/app/#", "/app/#/one", "/one"],
  ["/app/#", "/app/", "/"],
];

test("the way back is a path as the router has it", async () => {
  const gone = await inNode(
    folder,
    `import { procoreAuth } from "procore-spa-auth/vue";
    globalThis.document = {};
    const gone = [];
    for (const [base, path] of ${JSON.stringify(WITHIN)}) {
      let back;
      const auth = { session: {}, subscribe() {}, start: ({ navigate }) => ((back = navigate), new Promise(() => {})) };
      const $router = { options: { history: { base } }, replace: (to) => gone.push(to) };
      procoreAuth(auth).install({ config: { globalProperties: { $router } }, provide() {} });
      back(path);
    }
    console.log(JSON.stringify(gone));`,
  );
  assert.deepEqual(gone, WITHIN.map(([, , expected]) => expected));
});

for (const signIn of ["auto", "manual"]) {
  inOneEngine(`Vue, ${signIn}`, (browser) => declareScenarios(test, browser, (t) => startSite(t, folder, { signIn })));

  inOneEngine(`Vue, ${signIn}, in a folder`, (browser) => {
    const pageOf = () => writeBased(folder, "/app");
    declareScenarios(test, browser, (t) => startSite(t, folder, { signIn, base: "/app", pageOf }));
  });
}
