// How the worker starts under each policy, what becomes of one that does not start, and of one that dies.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Apps, WORKER_POLICY } from "../support/app.mjs";
import { inEveryEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { startSink } from "../support/servers.mjs";

const SERVED = "/package/worker-script.js";
const NO_BLOB = WORKER_POLICY.replace("worker-src 'self' blob:", "worker-src 'self'");
const EVERY_CALL = ["ready()", "signIn()", "fetch('/rest/v1.0/me')", "refresh()", "handleRedirect()"];

let packed;
before(async () => {
  packed = await pack();
  const script = readFileSync(join(packed.dist, "worker-script.js"), "utf8");
  const { version } = JSON.parse(readFileSync(join(packed.folder, "package.json"), "utf8"));
  assert.ok(script.includes(JSON.stringify(version)));
  writeFileSync(join(packed.dist, "worker-of-another-version.js"), script.replace(JSON.stringify(version), '"0.0.0"'));
});
after(() => packed?.remove());

inEveryEngine("worker, start and end", (browser) => {
  const apps = new Apps(browser, () => packed);
  const call = (expression) => apps.call(expression);
  const start = (t, { workerUrl, options, ...more } = {}) =>
    apps.start(t, { way: "tapped", options: { workerUrl, ...options }, ...more });
  const me = "(await auth.fetch('/rest/v1.0/me')).status";

  /** Every call says the same, each time, and nobody is signed in. */
  async function refuses(code, message = /./) {
    for (const method of EVERY_CALL) {
      const { error, phase, isTyped, text } = await call(`auth.${method}`);
      assert.deepEqual([error, phase, isTyped], [code, "start", true], `${method}: ${text}`);
      assert.match(text, message);
    }
    assert.deepEqual(await call("auth.session.status"), { value: "unknown" });
    assert.deepEqual(await call("auth.signOut()"), { value: { outcome: "nothing" } });
  }

  async function works({ visitor }) {
    const outcome = await apps.signIn(visitor);
    assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
    assert.deepEqual(await call(me), { value: 200 });
    assert.deepEqual(await visitor.ask("return witness.faults"), []);
  }

  test("a policy without blob: refuses the worker", async (t) => {
    await start(t, { policy: NO_BLOB });
    await refuses("worker_blocked", /worker-src/);
  });

  test("served from this origin, it works under worker-src 'self'", async (t) => {
    const app = await start(t, { workerUrl: SERVED, policy: NO_BLOB });
    await works(app);
    assert.equal((await call("tap.workers.length")).value, 1);
  });

  test("a URL object as workerUrl", async (t) => {
    const { visitor } = await start(t, { policy: NO_BLOB });
    const { config } = JSON.parse(await visitor.ask("return localStorage.getItem('app')"));
    const options = `{ ...${JSON.stringify(config)}, workerUrl: new URL("${SERVED}", location.href) }`;
    assert.deepEqual(await call(`(await sdk.createProcoreAuth(${options}).ready(), 1)`), { value: 1 });
  });

  for (const workerUrl of ["/package/nowhere.js", "/tapped/start", "/support/app.js", "/support/worker-broken.js"]) {
    test(`no worker at ${workerUrl}`, async (t) => {
      await start(t, { workerUrl });
      await refuses("worker_blocked");
    });
  }

  test("a worker of another version", async (t) => {
    await start(t, { workerUrl: "/package/worker-of-another-version.js" });
    await refuses("worker_blocked", /another version/);
  });

  test("a script that never answers", async (t) => {
    await start(t, { workerUrl: "/support/worker-silent.js" });
    await refuses("worker_blocked");
  });

  test("a script of another origin, or of none, is not even asked for", async (t) => {
    const sink = await startSink();
    t.after(() => sink.close());
    const { visitor } = await start(t, { policy: WORKER_POLICY.replace("base-uri 'none'; ", "") });
    const { config } = JSON.parse(await visitor.ask("return localStorage.getItem('app')"));
    const { host } = new URL(sink.origin);
    const schemes = ["data:text/javascript,1", "javascript:1", "http://", "https://evil.test/"];
    const refused = async (workerUrl) => {
      const options = JSON.stringify({ ...config, workerUrl });
      const { error, phase, isTyped } = await call(`sdk.createProcoreAuth(${options}).ready()`);
      assert.deepEqual([error, phase, isTyped], ["config_invalid", "start", true], options);
    };
    for (const workerUrl of [`${sink.origin}/worker.js`, `//${host}/worker.js`, `/\\${host}/worker.js`, ...schemes]) {
      await refused(workerUrl);
    }
    // What is no address is not taken for none, which would start another script than was meant, nor for a path.
    for (const workerUrl of [5, true, {}, [], ["/worker.js"], { href: 5 }]) await refused(workerUrl);
    // Nor by the detour of a base URL, from which a relative one starts.
    const base = `Object.assign(document.createElement("base"), { href: "${sink.origin}/" })`;
    await visitor.ask(`document.head.append(${base})`);
    await refused("worker.js");
    assert.deepEqual(sink.requests, []);
  });

  test("Trusted Types that allow another policy only", async (t) => {
    const policy = WORKER_POLICY.replace("trusted-types procore-spa-auth", "trusted-types another");
    const { visitor } = await start(t, { policy });
    if (await visitor.ask("return 'trustedTypes' in window")) await refuses("worker_blocked", /trusted-types/);
    // An engine that does not have them needs no policy.
    else assert.deepEqual(await call("(await auth.ready(), 1)"), { value: 1 });
  });

  test("a policy that forbids WebAssembly, to the worker too", async (t) => {
    await start(t, { policy: WORKER_POLICY.replace(" 'wasm-unsafe-eval'", "") });
    await refuses("wasm_blocked");
  });

  test("the worker dies: what waits rejects, the listeners hear it, a fresh one starts", async (t) => {
    const { visitor, sandbox } = await start(t);
    await works({ visitor });
    const { value } = await call(`(async () => {
      const waiting = [auth.refresh(), auth.fetch("/rest/v1.0/me"), auth.ready()].map((work) => attempt(() => work));
      const pending = attempt(async () => (await Promise.all(waiting)).map(({ error }) => error));
      tap.workers.at(-1).terminate();
      return (await pending).value;
    })()`);
    assert.deepEqual(value, Array(3).fill("worker_blocked"));
    assert.deepEqual(await call("[auth.session.status, auth.session.signedIn]"), { value: ["signed_out", false] });
    assert.deepEqual(await visitor.ask("return events"), ["signed_in", "reauth_required"]);
    assert.equal((await call(me)).error, "not_signed_in");
    assert.equal((await call("tap.workers.length")).value, 2);
    const outcome = await apps.signIn(visitor, { extraParams: { prompt: "login" } });
    assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
    assert.deepEqual(await call(me), { value: 200 });
    assert.deepEqual(await visitor.ask("return witness.faults"), []);
    assert.ok(tokenRequests(sandbox).length >= 2);
  });

  test("a worker dies while nobody waits for it: the session says so by itself", async (t) => {
    const { visitor } = await start(t);
    await works({ visitor });
    await visitor.ask("tap.workers.at(-1).terminate()");
    await until("the page has noticed", () => visitor.ask("return auth.session.status === 'signed_out'"));
    assert.deepEqual(await visitor.ask("return events"), ["signed_in", "reauth_required"]);
    // What a page goes through by itself starts no worker.
    await visitor.ask("dispatchEvent(new Event('online')); dispatchEvent(new Event('pagehide'))");
    assert.equal((await call("tap.workers.length")).value, 1);
    assert.deepEqual(await visitor.ask("return witness.faults"), []);
  });

  test("kept in the tab, the session is there again", async (t) => {
    const { visitor, sandbox } = await start(t, { options: { persist: "tab" } });
    await works({ visitor });
    await visitor.ask("tap.workers.at(-1).terminate()");
    await until("the page has noticed", () => visitor.ask("return auth.session.status === 'signed_out'"));
    assert.deepEqual(await call(me), { value: 200 });
    assert.deepEqual(await call("auth.session.status"), { value: "fresh" });
    assert.equal(tokenRequests(sandbox).length, 1);
    assert.deepEqual(await call("(await auth.refresh()).status"), { value: "fresh" });
    assert.deepEqual(await call("auth.signOut()"), { value: { outcome: "revoked" } });
  });

  test("it dies before it has started", async (t) => {
    const { visitor } = await start(t);
    const { config } = JSON.parse(await visitor.ask("return localStorage.getItem('app')"));
    const { value } = await call(`(async () => {
      const { page } = tap;
      const real = page.setTimeout;
      page.setTimeout = (done, time) => real(done, time / 1000);
      const other = sdk.createProcoreAuth(${JSON.stringify(config)});
      const first = attempt(() => other.ready());
      tap.workers.at(-1).terminate();
      page.setTimeout = real;
      return [(await first).error, (await attempt(() => other.ready())).error];
    })()`);
    assert.deepEqual(value, ["worker_blocked", null]);
  });

  test("a popup's sign-in that died with its worker is refused, not lost in silence", async (t) => {
    const { visitor, sandbox } = await start(t);
    await call("auth.ready()");
    const windows = await apps.openPopup(visitor, t);
    const popup = await browser.driver.getWindowHandle();
    await windows.backToMain();
    await visitor.ask("tap.workers.at(-1).terminate()");
    await browser.driver.switchTo().window(popup);
    await visitor.signInThere({ isPopup: true });
    await windows.backToMain();
    const { error, isTyped } = await until("the sign-in is over", () => visitor.ask("return tap.page.popup"));
    assert.deepEqual([error, isTyped], ["no_transaction", true]);
    assert.equal(tokenRequests(sandbox).length, 0);
  });

  test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
});
