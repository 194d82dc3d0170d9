// An app of React and React Router, with procore-spa-auth/react.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { Person, declareGuarded, declareScenarios } from "./person.mjs";
import { build, check, inNode, install, startSite } from "./site.mjs";

let packed, folder;

before(async () => {
  packed = await pack();
  folder = await install("react", packed);
  await build(folder);
  // Only there does StrictMode do everything twice.
  await build(folder, { dist: "dist-development", mode: "development" });
});
after(() => packed?.remove());

test("the app compiles, and the adapter keeps what its types promise", () => check(folder, "react"));

test("a server renders what is known there, nothing, and asks nobody", async () => {
  const { page, threw } = await inNode(folder, `
    import { createElement as h } from "react";
    import { renderToString } from "react-dom/server";
    import { createProcoreAuth } from "procore-spa-auth";
    import { ProcoreAuthProvider, RequireSession, useProcoreAuth } from "procore-spa-auth/react";
    globalThis.fetch = () => { throw new Error("fetched"); };
    const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } };
    const auth = createProcoreAuth({ credentials, persist: "tab" });
    const Status = () => useProcoreAuth().status;
    const inside = h(RequireSession, { fallback: h(Status) }, "inside");
    const page = renderToString(h(ProcoreAuthProvider, { auth }, inside));
    let threw;
    try { renderToString(h(Status)); } catch (error) { threw = error.message; }
    console.log(JSON.stringify({ page, threw }));`);
  assert.equal(page, "unknown");
  assert.match(threw, /there is no <ProcoreAuthProvider>/);
});

test("a response that was taken before anything was rendered is gone on with, also when that is long over", async () => {
  const { said, failed } = await inNode(folder, `
    import { createElement as h } from "react";
    import { renderToString } from "react-dom/server";
    import { ProcoreAuthProvider, takeResponse, useProcoreAuth } from "procore-spa-auth/react";
    globalThis.document = {};
    globalThis.sessionStorage = { getItem() {} };
    const turn = () => new Promise((done) => setImmediate(done));
    const Status = () => useProcoreAuth().status;
    async function play(handleRedirect) {
      const said = [];
      const start = async ({ signIn, navigate }) => void said.push(["start", signIn ?? "auto", Boolean(navigate)].join(" "));
      const auth = { session: { signedIn: false, status: "signed_out", renewable: false }, subscribe() {}, start };
      auth.handleRedirect = async () => (said.push("taken"), handleRedirect());
      takeResponse(auth);
      takeResponse(auth);
      await turn();
      const page = h(ProcoreAuthProvider, { auth, navigate: (to) => void said.push(to) }, h(Status));
      renderToString(page);
      await turn();
      renderToString(page);
      takeResponse(auth);
      await turn();
      return said;
    }
    const said = await play(() => ({ handled: true, returnTo: "/inside" }));
    const failed = await play(() => { throw Object.assign(new Error("no"), { code: "access_denied" }); });
    console.log(JSON.stringify({ said, failed }));`);
  assert.deepEqual(said, ["taken", "/inside", "start auto false"]);
  // Nobody is sent to the login page again.
  assert.deepEqual(failed, ["taken", "start manual false"]);
});

inOneEngine("React", (browser) => {
  declareScenarios(test, browser, (t) => startSite(t, folder));

  // Under StrictMode, too.
  const start = (t, site) => startSite(t, folder, { dist: "dist-development", ...site });
  declareGuarded(test, browser, start);

  test("an effect of a component below the provider does not see the response in the page's URL", async (t) => {
    const site = await start(t, { pageOf: () => "public.html", callback: "/public/callback" });
    const person = new Person(browser.driver, site);
    await person.visit("/public/inside");
    await person.signInThere();
    await person.isInsideAt("/public/inside");
    const reported = (await person.ask("return document.body.dataset.reported")).trim().split(" ");
    assert.ok(reported.length);
    assert.deepEqual([...new Set(reported)], [`${site.origin}/public/callback`]);
  });
});
