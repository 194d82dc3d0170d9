// The one call of a page that is loaded, `start()` of the client for Rust apps.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { buildApp, startApp } from "./page.mjs";

let app;
before(async () => (app = await buildApp("tests/rust-apps/probe")));

inOneEngine("the start of the client for Rust apps", (browser) => {
  const persist = (options) => ({ ...options, persist: true });

  /** A page that begins with `start()`, from the next load on. `how`: `auto` or `manual`. */
  async function start(t, how, change) {
    const started = await startApp(t, browser, app, change);
    await started.visitor.ask("localStorage.setItem('starting', arguments[0])", how);
    return started;
  }

  const isAtLogin = (visitor, { origin }) =>
    until("the page leaves for the login page", async () => (await visitor.url()).startsWith(`${origin}/`));
  const status = async (visitor) => (await visitor.ask("return outcome")).value?.status;

  test("to the login page, back to where the user was, and not by itself after a sign-out", async (t) => {
    const { visitor, sandbox } = await start(t, "auto", persist);
    const deep = "/work?project=7&x=%20#/part";
    await visitor.driver.get(visitor.page + deep);
    await visitor.signInThere();
    assert.equal(await status(visitor), "fresh");
    assert.equal(await visitor.ask("return location.pathname + location.search + location.hash"), deep);
    assert.equal(await visitor.ask("return atOnce"), `${visitor.page}/callback`, "scrubbed in the very call");

    const tabs = await visitor.openTab(t);
    assert.equal(await status(visitor), "fresh");
    await tabs.first();
    assert.equal((await visitor.call("probe.signOut()")).value.outcome, "revoked");
    for (const goTo of [tabs.first, tabs.second]) {
      await goTo();
      await until("the end is heard", async () => (await visitor.ask("return events.at(-1)[0]")) === "signed_out");
      assert.equal(await visitor.ask("return sessionStorage.getItem('procore-spa-auth.out')"), "");
      await visitor.reload();
      assert.equal(await status(visitor), "signed_out");
      assert.equal(await visitor.url(), visitor.page + (goTo === tabs.first ? deep : "/start"));
    }

    // Once somebody signs in, the sign-out is over.
    await visitor.ask("probe.signIn('{}').catch(() => {})");
    await visitor.signInThere({ passwords: [] });
    assert.equal(await status(visitor), "fresh");
    assert.equal(await visitor.ask("return sessionStorage.getItem('procore-spa-auth.out')"), null);
    await visitor.call("probe.signOut()");
    // A tab of its own has not signed out of anything.
    await visitor.ask("sessionStorage.clear()");
    await visitor.driver.navigate().refresh();
    await isAtLogin(visitor, sandbox);
  });

  test("manual, it stays where it is, and goes on to where the user was", async (t) => {
    const { visitor } = await start(t, "manual");
    await visitor.open("/work?tab=1");
    assert.equal(await status(visitor), "signed_out");
    await visitor.ask("probe.signIn('{}').catch(() => {})");
    await visitor.signInThere();
    assert.equal(await status(visitor), "fresh");
    assert.equal(await visitor.url(), `${visitor.page}/work?tab=1`);
  });

  test("a refusal says where the user wanted to be, and begins no other sign-in", async (t) => {
    const { visitor } = await start(t, "auto");
    await visitor.driver.get(`${visitor.page}/work?tab=1#part`);
    await visitor.signInThere({ answer: "deny" });
    const { error, returnTo } = await visitor.ask("return outcome");
    assert.deepEqual([error, returnTo], ["access_denied", "/work?tab=1#part"]);
    assert.equal(await visitor.url(), `${visitor.page}/callback`);
  });

  test("a tab that goes round is stopped at the fourth time", async (t) => {
    const { visitor, sandbox } = await start(t, "auto");
    for (let round = 0; round < 3; round += 1) {
      await visitor.driver.get(`${visitor.page}/start`);
      await isAtLogin(visitor, sandbox);
    }
    await visitor.open("/start");
    assert.equal((await visitor.ask("return outcome")).error, "sign_in_loop");
  });

  const nobody = { user: null, error: null, returnTo: null };

  test("followed, a page has one state: who is signed in, and what the last sign-in has failed by", async (t) => {
    const { visitor, sandbox } = await start(t, "follow");
    const is = (status) => until(`the state is ${status}`, () => visitor.ask("return page.state.status === arguments[0]", status));
    await visitor.open("/work?tab=1");
    assert.deepEqual(await visitor.ask("return stateAtOnce"), { status: "unknown", session: "unknown", ...nobody });
    assert.deepEqual(await visitor.ask("return outcome"), { value: { status: "signed_out", session: "signed_out", ...nobody } });

    // What fails here, and what fails there; each begins anew.
    await visitor.ask(`page.signIn('{ "redirectUri": "https://other.example/" }')`);
    await is("error");
    assert.deepEqual((await visitor.ask("return states")).slice(-2).map(({ status, error }) => [status, error]), [["unknown", null], ["error", "redirect_mismatch"]]);
    await visitor.ask("page.signIn('{}')");
    await visitor.signInThere({ answer: "deny" });
    const denied = { status: "error", session: "signed_out", user: null, error: "access_denied", returnTo: "/work?tab=1" };
    assert.deepEqual(await visitor.ask("return outcome"), { value: denied });
    await visitor.ask("page.signIn('{}')");
    await visitor.signInThere({ passwords: [] });
    assert.equal(await visitor.url(), `${visitor.page}/work?tab=1`, "on the way to where they were all the time");
    assert.equal((await visitor.ask("return outcome")).value.status, "signed_in");
    await until("the user is known", () => visitor.ask("return page.state.user === 'Pat Rivera'"));

    await visitor.ask("page.signOut()");
    await is("signed_out");
    assert.deepEqual(await visitor.ask("return page.state"), { status: "signed_out", session: "signed_out", ...nobody });
    await until("both tokens are revoked", () => sandbox.requests.filter(({ path, method }) => path === "/oauth/revoke" && method === "POST").length === 2);
  });

  test("followed, a page shows the user that another tab has signed in", async (t) => {
    const { visitor } = await start(t, "follow", persist);
    await visitor.open("/start");
    const tabs = await visitor.openTab(t);
    await visitor.ask("page.signIn('{}')");
    await visitor.signInThere();
    await tabs.first();
    await until("the user is known", () => visitor.ask("return page.state.user === 'Pat Rivera'"));
    await visitor.ask("page.signOut()");
    await tabs.second();
    await until("nobody is shown", () => visitor.ask("return page.state.status === 'signed_out' && page.state.user === null"));
  });

  test("asked twice, each answers with the session", async (t) => {
    const { visitor } = await start(t, "manual");
    await visitor.open("/start");
    const { value } = await visitor.call("Promise.all([probe.start(true), probe.start(true)])");
    assert.deepEqual(value.map(({ status }) => status), ["signed_out", "signed_out"]);
  });
});
