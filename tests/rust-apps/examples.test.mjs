// The examples in Rust, in real browsers: the client that they use is the crate's own (`features = ["app"]`).
//
// Compiling Leptos and Yew takes minutes: the short form has the example without a framework.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { buildApp, startApp } from "./page.mjs";

const EXAMPLES = process.env.EXAMPLES?.split(",") ?? (process.env.LONG ? ["rust-app", "leptos", "yew"] : ["rust-app"]);

/** Both tokens are dead. */
const isRevoked = (sandbox) => {
  const isDone = ({ path, method, status }) => path === "/oauth/revoke" && method === "POST" && status === 200;
  return until("both tokens are revoked", () => sandbox.requests.filter(isDone).length === 2);
};

for (const name of EXAMPLES) {
  let app;
  before(async () => (app = await buildApp(`examples/${name}`)));

  inOneEngine(name, (browser) => {
    async function start(t, change) {
      const started = await startApp(t, browser, app, change);
      await started.visitor.shows("status", "signed_out");
      return started;
    }

    async function signIn(visitor, there) {
      await visitor.click("sign-in");
      await visitor.signInThere(there);
    }

    test("signs in, calls the API and signs out, and nothing is left", async (t) => {
      const { visitor, sandbox } = await start(t);
      await signIn(visitor);
      await visitor.shows("status", "signed_in");
      await visitor.shows("user", "Pat Rivera");
      assert.equal(await visitor.url(), `${visitor.page}/start`, "the URL is scrubbed, and the user back where they were");
      await visitor.holdsNothingOf(sandbox);
      await visitor.click("call");
      await visitor.shows("result", "200");
      await visitor.click("sign-out");
      await visitor.shows("status", "signed_out");
      await isRevoked(sandbox);
      assert.equal(await visitor.text("error"), "");
      assert.equal(await visitor.text("user"), "");
      await visitor.holdsNothingOf(sandbox);
    });

    test("shows a refusal, and lets the user try again", async (t) => {
      const { visitor, redirectUri } = await start(t);
      await signIn(visitor, { answer: "deny" });
      await visitor.shows("error", "access_denied: The user or Procore denied access.");
      await visitor.shows("status", "error");
      assert.equal(await visitor.url(), redirectUri, "the URL is scrubbed");
      await visitor.click("sign-in");
      await visitor.signInThere({ passwords: [] });
      await visitor.shows("user", "Pat Rivera");
      assert.equal(await visitor.text("error"), "");
    });

    test("with persist a reload keeps the session, and tabs share it to its end", async (t) => {
      const { visitor, sandbox } = await start(t, (options) => ({ ...options, persist: true }));
      await signIn(visitor);
      await visitor.shows("user", "Pat Rivera");
      await visitor.reload();
      await visitor.shows("status", "signed_in");
      await visitor.shows("user", "Pat Rivera");
      const tabs = await visitor.openTab(t);
      await visitor.shows("user", "Pat Rivera");
      assert.equal(tokenRequests(sandbox).length, 1, "nobody has signed in or renewed again");
      await visitor.click("sign-out");
      await isRevoked(sandbox);
      await tabs.first();
      await visitor.shows("status", "signed_out");
      await visitor.reload();
      await visitor.shows("status", "signed_out");
    });
  });
}
