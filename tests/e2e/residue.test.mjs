// What is left behind of every token, code, verifier and state of a run: nothing, in any place where a page could find
// it, the memory of the core included.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { By } from "selenium-webdriver";
import { Apps } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { pages } from "../support/servers.mjs";

const WORKER = "witnessed-worker.js";

let packed;
before(async () => {
  packed = await pack();
  const files = [join(pages, "witness.js"), join(packed.dist, "worker-script.js")];
  const scripts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  await writeFile(join(packed.dist, WORKER), scripts.join("\n"));
});
after(() => packed?.remove());

/** Tells the worker's witness what the page's knows, and the other way round. Answers with what the worker has seen. */
const ASK_WORKER = `
  const done = arguments[arguments.length - 1];
  const channel = new BroadcastChannel("witness");
  channel.onmessage = ({ data }) => {
    if (!data.seen) return;
    channel.close();
    for (const [value, name] of data.seen) witness.note([[name, value]]);
    done(data);
  };
  channel.postMessage({ names: [...witness.names] });
`;

for (const way of ["code", "worker"]) {
  inOneEngine(`residue, ${way}`, (browser) => {
    const apps = new Apps(browser, () => packed);
    const isWorker = way === "worker";
    const start = async (t, { options, ...more } = {}) =>
      apps.start(t, { way, options: { ...(isWorker && { workerUrl: `/package/${WORKER}` }), ...options }, ...more });

    /** What the core remembers of all that was seen in this page's life. */
    const remembered = async (visitor) => {
      const { driver } = browser;
      const nothing = { said: [], faults: [], remembered: [] };
      const worker = isWorker ? await driver.executeAsyncScript(ASK_WORKER) : nothing;
      assert.deepEqual([worker.said, worker.faults], [[], []], "the worker says nothing");
      const [page, count] = await visitor.ask("return [witness.remembered(), witness.memories.length]");
      assert.equal(count, isWorker ? 0 : 1, "the witness sees the memory of the core");
      return [...new Set([...page, ...worker.remembered])].sort();
    };

    /** Nothing is left, anywhere. */
    const isGone = async (visitor, ...outcomes) => {
      assert.deepEqual(await remembered(visitor), [], "the core remembers it");
      await apps.isClean(visitor, ...outcomes);
    };

    /** Nothing but the tokens of the session is left, and these only where they belong. */
    const isHeld = async (visitor, ...held) => {
      assert.deepEqual(await remembered(visitor), held);
      await apps.isClean(visitor);
    };

    const signOut = async (visitor, ...outcomes) => {
      const { value } = await apps.call("auth.signOut()");
      assert.ok(["revoked", "nothing"].includes(value.outcome), value.outcome);
      await isGone(visitor, ...outcomes);
    };

    const seen = async (visitor, ...expected) => {
      await remembered(visitor);
      const found = await visitor.ask("return [...witness.names.values()]");
      for (const name of expected) assert.ok(found.includes(name), `the witness has seen no ${name}`);
    };

    test("signed in, used, renewed, signed out", async (t) => {
      const { visitor } = await start(t);
      const outcome = await apps.signIn(visitor, { returnTo: `/${way}/work` });
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      await isHeld(visitor, "access_token", "refresh_token");
      await seen(visitor, "code", "code_verifier", "state", "access_token", "refresh_token");
      assert.deepEqual(await apps.call("(await auth.fetch('/rest/v1.0/me')).status"), { value: 200 });
      await isHeld(visitor, "access_token", "refresh_token");
      const before = await visitor.ask("return witness.names.size");
      assert.deepEqual(await apps.call("(await auth.refresh()).status"), { value: "fresh" });
      await isHeld(visitor, "access_token", "refresh_token");
      assert.equal(await visitor.ask("return witness.names.size"), before + 2, "the tokens are new");
      await signOut(visitor);
    });

    test("started before the response is looked at: of the page's URL the core learns where it is, and no more", async (t) => {
      const { visitor } = await start(t, { isReadyFirst: true });
      const outcome = await apps.signIn(visitor);
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      await seen(visitor, "code", "code_verifier", "state");
      await isHeld(visitor, "access_token", "refresh_token");
      await signOut(visitor);
    });

    test("signed in once more, by another user's sign-in", async (t) => {
      const { visitor } = await start(t);
      await apps.signIn(visitor);
      const again = await apps.signIn(visitor, { extraParams: { prompt: "login" } });
      assert.equal(again.value?.handled, true, JSON.stringify(again));
      await isHeld(visitor, "access_token", "refresh_token");
      await signOut(visitor);
    });

    test("back, reloaded, woken up: no code in the history, nothing redeemed once more", async (t) => {
      const { visitor, sandbox, redirectUri } = await start(t);
      const { driver } = browser;
      await apps.signIn(visitor);
      await visitor.open(`/${way}/elsewhere`);
      for (const move of ["back", "forward", "back", "refresh"]) {
        await driver.navigate()[move]();
        await visitor.arrived();
        assert.equal(await visitor.url(), move === "forward" ? `${visitor.page}/${way}/elsewhere` : redirectUri, move);
        await visitor.ask("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
        assert.deepEqual(await apps.call("auth.handleRedirect()"), { value: { handled: false } });
        await apps.isClean(visitor);
      }
      assert.equal(tokenRequests(sandbox).length, 1);
    });

    test("denied", async (t) => {
      const { visitor } = await start(t);
      const outcome = await apps.signIn(visitor, {}, { answer: "deny" });
      assert.equal(outcome.error, "access_denied");
      await seen(visitor, "state");
      await isGone(visitor, outcome);
      await signOut(visitor, outcome);
    });

    const refused = { status: 400, body: { error: "invalid_grant" } };
    const page = { status: 200, headers: { "content-type": "text/html" } };
    for (const [title, switches, code] of [
      ["a code that the server refuses", { tokenStatus: refused }, "invalid_grant"],
      ["a server that wants a secret", { secretRequired: true }, "client_auth_required"],
      ["an answer that is no JSON", { tokenStatus: page }, "token_bad_content_type"],
      ["an answer that may not be read", { cors: false }, "network_error"],
      ["a redirect by the token endpoint", { tokenRedirect: "http://localhost:1/" }, "token_endpoint_redirected"],
    ]) {
      test(title, async (t) => {
        const { visitor } = await start(t, { switches });
        const outcome = await apps.signIn(visitor);
        assert.equal(outcome.error, code);
        await seen(visitor, "code", "code_verifier", "state");
        await isGone(visitor, outcome);
        await signOut(visitor, outcome);
      });
    }

    test("answers with letters of all kinds", async (t) => {
      const { visitor, sandbox } = await start(t);
      const body = (letter, more) => ({
        access_token: letter.repeat(43),
        refresh_token: letter.toUpperCase().repeat(43),
        token_type: "bearer",
        expires_in: 5400,
        more: "ž→😀".repeat(more),
      });
      sandbox.switches.set({ tokenStatus: { status: 200, body: body("a", 9) } });
      assert.equal((await apps.signIn(visitor)).value?.handled, true);
      await isHeld(visitor, "access_token", "refresh_token");
      for (const [index, letter] of [..."bcde"].entries()) {
        sandbox.switches.set({ tokenStatus: { status: 200, body: body(letter, 10 ** index) } });
        assert.deepEqual(await apps.call("(await auth.refresh()).status"), { value: "fresh" });
        await isHeld(visitor, "access_token", "refresh_token");
      }
      await apps.call("auth.signOut()");
      await isGone(visitor);
    });

    test("tokens that are refused for their scope", async (t) => {
      const tokens = { access_token: "wide-".repeat(8), refresh_token: "wider-".repeat(8) };
      const body = { ...tokens, token_type: "bearer", expires_in: 60, scope: "a b" };
      const { visitor } = await start(t, { options: { scope: "a" }, switches: { tokenStatus: { status: 200, body } } });
      const outcome = await apps.signIn(visitor);
      assert.equal(outcome.error, "scope_expanded");
      await seen(visitor, "access_token", "refresh_token");
      await isGone(visitor, outcome);
    });

    test("a response that answers no sign-in of this tab", async (t) => {
      const { visitor } = await start(t);
      await apps.signIn(visitor);
      const outcome = await apps.call(`(async () => {
        const [state, code] = ["s", "c"].map((letter) => letter.repeat(43));
        witness.note([["state", state], ["code", code]]);
        try {
          await auth.handleRedirect(location.href + "?code=" + code + "&state=" + state);
        } finally {
          document.title = "app";
        }
      })()`);
      assert.ok(["no_transaction", "state_mismatch"].includes(outcome.error), outcome.error);
      await isHeld(visitor, "access_token", "refresh_token");
      await signOut(visitor, outcome);
    });

    test("a renewal that is refused", async (t) => {
      const { visitor, sandbox } = await start(t);
      await apps.signIn(visitor);
      sandbox.switches.set({ tokenStatus: { status: 400, body: { error: "invalid_grant" } } });
      const refused = await apps.call("auth.refresh()");
      assert.equal(refused.error, "reauth_required");
      await isGone(visitor, refused);
    });

    test("a renewal whose answer is lost", async (t) => {
      const { visitor, sandbox } = await start(t);
      await apps.signIn(visitor);
      sandbox.switches.set({ cors: false });
      const lost = await apps.call("auth.refresh()");
      assert.equal(lost.error, "reauth_required");
      // Given up at once: nobody knows whether it is spent.
      await isHeld(visitor, "access_token");
      sandbox.switches.set({ cors: true });
      assert.deepEqual(await apps.call("auth.signOut()"), { value: { outcome: "revoke_pending" } });
      await isGone(visitor, lost);
    });

    test("signed out while a renewal is under way", async (t) => {
      const { visitor } = await start(t);
      await apps.signIn(visitor);
      const { value } = await apps.call(`(async () => {
        const renewal = attempt(() => auth.refresh());
        await auth.signOut();
        return renewal;
      })()`);
      assert.equal(value.error, "session_ended");
      await isGone(visitor, value);
    });

    test("signed in by a popup", async (t) => {
      const { visitor } = await start(t);
      const { driver } = browser;
      await apps.call("auth.ready()");
      await visitor.ask(`
        const button = document.body.appendChild(document.createElement("button"));
        button.id = button.textContent = "sign-in";
        const { open } = window;
        window.open = (url, ...rest) => {
          witness.note(new URL(url).searchParams);
          return open.call(window, url, ...rest);
        };
        button.onclick = () =>
          attempt(() => auth.signInWithPopup()).then((outcome) => (window.popup = outcome));
      `);
      const main = await driver.getWindowHandle();
      await driver.findElement(By.id("sign-in")).click();
      const popup = await until("the window opens", async () =>
        (await driver.getAllWindowHandles()).find((handle) => handle !== main),
      );
      await driver.switchTo().window(popup);
      await visitor.signInThere({ isPopup: true });
      await driver.switchTo().window(main);
      const outcome = await until("the sign-in is over", () => visitor.ask("return window.popup"));
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      await seen(visitor, "code", "code_verifier", "state", "access_token", "refresh_token");
      await isHeld(visitor, "access_token", "refresh_token");
      await signOut(visitor);
    });

    test("kept for the tab", async (t) => {
      const { visitor } = await start(t, { options: { persist: "tab" } });
      await apps.signIn(visitor);
      await isHeld(visitor, "access_token", "refresh_token");
      await apps.call("auth.refresh()");
      await isHeld(visitor, "access_token", "refresh_token");
      const databases = "witness.databases().then(arguments[arguments.length - 1])";
      const isKept = async () => /"session sandbox:/.test(await browser.driver.executeAsyncScript(databases));
      assert.ok(await isKept(), "nothing is kept");
      const secrets = await visitor.ask("return [...witness.names]");
      await visitor.open(`/${way}/start`);
      await visitor.ask("witness.note(arguments[0])", secrets.map(([value, name]) => [name, value]));
      await apps.call("auth.ready()");
      assert.equal(await visitor.ask("return auth.session.signedIn"), true);
      await isHeld(visitor, "access_token", "refresh_token");
      await signOut(visitor);
      assert.ok(!(await isKept()), "something is still kept");
    });

    if (!isWorker) {
      test("the two steps by themselves", async (t) => {
        const { visitor, sandbox, redirectUri } = await start(t);
        const credentials = JSON.stringify({ clientId: sandbox.clientId, redirectUris: [redirectUri] });
        const outcome = await apps.call(`(async () => {
          await sdk.ready();
          const { url, pending } = sdk.buildLoginUrl(${credentials}, { environment: "sandbox", returnTo: "/work" });
          const { state, verifier } = JSON.parse(pending);
          const code = "a-code-that-nobody-redeems-".repeat(2);
          witness.note([["state", state], ["code_verifier", verifier], ["code", code]]);
          const there = ${JSON.stringify(redirectUri)} + "?code=" + code + "&state=";
          const { kind } = sdk.parseRedirect(there + state, pending);
          const refused = await attempt(() => sdk.parseRedirect(there + "x".repeat(43), pending));
          const damaged = await attempt(() => sdk.parseRedirect(there + state, pending.slice(1)));
          return [kind, refused, damaged];
        })()`);
        const [kind, refused, damaged] = outcome.value;
        assert.deepEqual([kind, refused.error, damaged.error], ["code", "state_mismatch", "storage_corrupt"]);
        await seen(visitor, "code", "code_verifier", "state");
        await isGone(visitor, refused, damaged);
        // The stack of the core is the first 64 KiB (.cargo/config.toml); what is in use of it now is the last few bytes.
        const stack = "new Uint8Array(witness.memories[0].buffer, 0, 2 ** 16 - 64)";
        assert.equal(await visitor.ask(`return ${stack}.every((byte) => byte === 0)`), true, "the stack is not wiped");
      });

      test("implicit", async (t) => {
        const { visitor } = await start(t, { way: "implicit" });
        const outcome = await apps.signIn(visitor);
        assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
        await isHeld(visitor, "access_token");
        await signOut(visitor);
      });
    }

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
