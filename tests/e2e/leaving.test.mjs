// Leaving for the login page: not without a way back, and not out of a frame.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps, WORKER_POLICY } from "../support/app.mjs";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { startSink } from "../support/servers.mjs";

let packed, sink;
before(async () => {
  packed = await pack();
  sink = await startSink();
});
after(async () => {
  await sink?.close();
  await packed?.remove();
});

/** A client whose login page answers 204, so that a page that leaves for it stays. */
const CLIENT = `
  const { config } = JSON.parse(localStorage.app);
  config.servers.sandbox.authorizationEndpoint = arguments[0] + "/oauth/authorize";
  window.client = sdk.createProcoreAuth(config);
  window.left = [];
  window.leave = () => attempt(() => client.signIn()).then(({ error, phase }) => left.push([error, phase]));
`;
const shown = (persisted) => `dispatchEvent(new PageTransitionEvent("pageshow", { persisted: ${persisted} }))`;

for (const way of ["code", "worker"]) {
  inEveryEngine(`leaving, ${way}`, (browser) => {
    const apps = new Apps(browser, () => packed);

    test("back from the login page, to a page that was kept: the sign-in has ended, and the next one works", async (t) => {
      const { visitor } = await apps.start(t, { way });
      await visitor.ask(CLIENT, sink.origin);
      for (const count of [1, 2]) {
        const before = sink.departures.length;
        await visitor.ask("void leave()");
        await until("the page leaves", () => sink.departures.length > before);
        await visitor.ask(shown(false));
        assert.equal(await visitor.ask("return left.length"), count - 1, "shown for the first time");
        await visitor.ask(shown(true));
        await until("the sign-in has ended", () => visitor.ask("return left.length === arguments[0]", count));
        assert.deepEqual(await visitor.ask("return left.at(-1)"), ["sign_in_abandoned", "authorize"]);
      }
      assert.equal((await apps.signIn(visitor)).value?.handled, true);
    });

    test("back from the real one, however the browser keeps pages", async (t) => {
      const { visitor } = await apps.start(t, { way });
      await visitor.ask("attempt(() => auth.signIn()).then((outcome) => (window.left = outcome)); window.isKept = true");
      await until("the login page is there", () => visitor.ask("return Boolean(document.getElementById('password'))"));
      await browser.driver.navigate().back();
      await visitor.arrived();
      if (await visitor.ask("return Boolean(window.isKept)")) {
        await until("the sign-in has ended", () => visitor.ask("return window.left?.error === 'sign_in_abandoned'"));
      }
      assert.equal((await apps.signIn(visitor)).value?.handled, true);
    });

    test("a page that comes back while the client starts takes its session up all the same", async (t) => {
      const { visitor } = await apps.start(t, { way, options: { persist: "tab" } });
      assert.equal((await apps.signIn(visitor)).value?.handled, true);
      await visitor.ask("localStorage.app = JSON.stringify({ ...JSON.parse(localStorage.app), isRestless: true })");
      for (let count = 0; count < 5; count += 1) {
        await visitor.open(`/${way}/start`);
        assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
      }
    });

    test("an app that goes to the login page whenever nobody is signed in is stopped, and told why", async (t) => {
      const { visitor, sandbox, origin } = await apps.start(t, { way });
      // Nobody is asked anything, so the server answers at once: that nobody is signed in.
      const app = await visitor.ask("return localStorage.app");
      const rounds = { extraParams: { prompt: "none" } };
      await visitor.ask("localStorage.app = arguments[0]", JSON.stringify({ ...JSON.parse(app), rounds }));
      await visitor.open(`/${way}/start`).catch(() => {});
      const { error, phase, text } = await until("it is stopped", () => visitor.ask("return window.stopped"));
      assert.deepEqual([error, phase], ["sign_in_loop", "authorize"]);
      assert.match(text, /\[login_required\]/);
      assert.equal(sandbox.requests.filter(({ path }) => path === "/oauth/authorize").length, 3);
      await visitor.ask("localStorage.app = arguments[0]", app);
      // The user clicks, and nothing of it is counted.
      await visitor.open(`/${way}/start`);
      await visitor.ask(
        `const button = document.createElement("button");
        button.id = "go";
        button.onclick = () => auth.signIn();
        document.body.append(button);`,
      );
      await browser.driver.findElement({ id: "go" }).click();
      await visitor.signInThere();
      assert.deepEqual(await visitor.ask("return [outcome.value?.handled, sessionStorage.length]"), [true, 0]);
      assert.equal(await visitor.ask("return location.origin"), origin);
    });

    test("in a frame: refused before anything is sent, and a sandbox that is too tight is named", async (t) => {
      const { visitor, origin } = await apps.start(t, { way, policy: `${WORKER_POLICY}; frame-ancestors *` });
      const before = sink.requests.length;
      const enter = async (sandbox, query = "") => {
        await visitor.ask(
          `const [src, sandbox] = arguments;
          document.querySelector("iframe")?.remove();
          const frame = document.createElement("iframe");
          if (sandbox) frame.sandbox = sandbox;
          frame.src = src;
          document.body.append(frame);`,
          `${origin}/${way}/start${query}`,
          sandbox,
        );
        await browser.driver.switchTo().frame(browser.driver.findElement({ css: "iframe" }));
        await visitor.arrived();
      };
      for (const [sandbox, popup, isNested] of [
        [undefined, undefined],
        ["allow-scripts allow-same-origin", /lacks allow-popups and allow-forms/],
        ["allow-scripts allow-same-origin allow-popups", /lacks allow-forms/],
        ["allow-scripts allow-same-origin allow-forms", /lacks allow-popups\./],
        // A frame without a sandbox, in a page that is in one.
        ["allow-scripts allow-same-origin allow-forms", /lacks allow-popups\./, true],
      ]) {
        await enter(sandbox);
        // Browsers load no page into itself, and in itself again.
        if (isNested) await enter(undefined, "?inner");
        await visitor.ask(CLIENT, sink.origin);
        const { error, phase } = await apps.call("client.signIn()");
        assert.deepEqual([error, phase], ["sign_in_framed", "authorize"]);
        if (popup) {
          const script = "auth.ready().then(() => auth.signInWithPopup()).catch(({ code, message }) => code + ': ' + message)";
          const { value } = await apps.call(script);
          assert.match(value, /^popup_blocked: /);
          assert.match(value, popup);
        }
        await browser.driver.switchTo().defaultContent();
      }
      assert.equal(sink.requests.length, before);
    });
  });
}
