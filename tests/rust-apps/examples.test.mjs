// The examples in Rust, in real browsers: the client that they use is the crate's own (`features = ["app"]`).
//
// Compiling Leptos and Yew takes minutes: the short form has the example without a framework.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { Windows } from "../popup/windows.mjs";
import { buildExample, startExample } from "./page.mjs";

const EXAMPLES = process.env.EXAMPLES?.split(",") ?? (process.env.LONG ? ["rust-app", "leptos", "yew"] : ["rust-app"]);

for (const name of EXAMPLES) {
  let built;
  before(async () => (built = await buildExample(name)));

  inTwoEngines(`${name}`, (browser) => {
    const start = (t, options) => startExample(t, browser, name, built, options);

    async function signIn(visitor, there) {
      await visitor.click("sign-in");
      await visitor.signInThere(there);
    }

    test("signs in, calls the API, and signs out: nothing is left", async (t) => {
      const { visitor, sandbox, redirectUri } = await start(t);
      await visitor.shows("status", "signed_out");
      await signIn(visitor);
      await visitor.shows("status", "fresh");
      await visitor.shows("user", "Pat Rivera");
      assert.equal(await visitor.url(), redirectUri, "the URL is scrubbed");
      await visitor.holdsNothingOf(sandbox);
      await visitor.click("call");
      await visitor.shows("result", "200");
      await visitor.click("sign-out");
      await visitor.shows("result", "Revoked");
      await visitor.shows("status", "signed_out");
      assert.equal(await visitor.text("error"), "");
      await visitor.holdsNothingOf(sandbox);
    });
  });
}
