// The packed package, installed as a user would, in every tool that people build pages with; and in Node.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import { engines, openBrowser, until } from "../support/browsers.mjs";
import { textIn } from "../support/module.mjs";
import { must, pack } from "../support/package.mjs";
import { BUN, install } from "../support/tools.mjs";
import { bundlers } from "../../scripts/shipped.mjs";
import { LONG_TOOLS, MORE_TOOLS, PAGE_POLICY, SERVED_POLICY, TOOLS, WORKER_POLICY, folder, template } from "./tools.mjs";

const { reason: noTools } = await install();
/** Also the slow ones, and every tool in every engine. */
const isLong = Boolean(process.env.LONG || process.env.ENGINES);

let packed, project;

before(async () => {
  packed = await pack();
  project = join(packed.home, "project");
  cpSync(template, project, { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  // Nothing is fetched: the package has no dependencies.
  const args = [
    "install",
    "--offline",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    join("..", basename(packed.tarball)),
  ];
  await must("npm", args, { cwd: project });
});

after(() => packed?.remove());

/** The app in a folder of its own, with another `main.js`. */
function another(name, main) {
  const root = join(packed.home, name);
  // Links as they are: that of the program leads to the copy.
  cpSync(project, root, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(root, "main.js"), main);
  return root;
}

test("installing it brings itself and nothing else", () => {
  const installed = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
  assert.deepEqual(installed, ["procore-spa-auth"]);
});

/** The app in a worker: from a Blob, or from where `workerUrl`, a line of the app, says. */
const inWorker = (name, workerUrl) => {
  const main = readFileSync(join(template, "worker.js"), "utf8");
  return another(name, workerUrl ? main.replace("const workerUrl = undefined;", workerUrl) : main);
};
const BY_VITE = 'import workerUrl from "procore-spa-auth/worker-script.js?url";';
const BY_HAND = 'const workerUrl = "/procore-spa-auth/worker-script.js";';

for (const { name: engine, reason } of engines) {
  test(`in ${engine}`, { skip: reason }, async (t) => {
    const browser = await openBrowser(engine);
    t.after(() => browser.close());
    const open = async (url) => {
      await browser.driver.get(url);
      const shown = () =>
        browser.driver
          .executeScript("return document.body?.dataset.ready && document.body.textContent")
          .catch(() => undefined);
      const facts = JSON.parse(await until("the page has started the package", shown));
      assert.equal(facts.error, undefined);
      return facts;
    };
    const isMore = engine === "chromium" || isLong;
    const more = Object.entries({ ...(isMore && MORE_TOOLS), ...(isLong && LONG_TOOLS) }).map(([tool, start]) => [tool, start, noTools]);
    for (const [tool, start, skip] of [...Object.entries(TOOLS), ...more]) {
      await t.test(tool, { skip }, async (t) => {
        const url = await start(t, project, PAGE_POLICY);
        const facts = await open(url);
        const login = new URL(facts.url);
        assert.equal(login.origin + login.pathname, "https://login.procore.com/oauth/authorize");
        assert.equal(login.searchParams.get("redirect_uri"), `${new URL(url).origin}/callback`);
        assert.equal(login.searchParams.get("code_challenge_method"), "S256");
        assert.deepEqual([facts.isPending, facts.handled, facts.session.status], [true, false, "signed_out"]);
        assert.equal(facts.code, "config_invalid", "the check-up was loaded, and ran");
      });

      const served = tool.startsWith("Vite") ? BY_VITE : BY_HAND;
      for (const [kind, workerUrl, policy] of [["blob", undefined, WORKER_POLICY], ["served", served, SERVED_POLICY]]) {
        await t.test(`${tool}, in a worker, ${kind}`, { skip }, async (t) => {
          const url = await start(t, inWorker(`${kind}-${tool.replace(/\W+/g, "-")}`, workerUrl), policy);
          const facts = await open(url);
          assert.equal(new URL(facts.url).searchParams.get("redirect_uri"), `${new URL(url).origin}/callback`);
          const { handled, refused, session, workers } = facts;
          assert.deepEqual([handled, refused, session.status], [false, "popup_blocked", "signed_out"]);
          assert.deepEqual(workers.map((url) => url.startsWith("blob:")), [kind === "blob"]);
        });
      }
    }
    assert.deepEqual(browser.sentinel.reached, []);
  });
}

for (const [tool, make] of Object.entries(bundlers)) {
  test(`${tool} leaves the module's text as it is`, async () => {
    const out = folder(project, `text-${tool}`);
    await make(project, out);
    const scripts = readdirSync(out, { recursive: true }).filter((file) => file.endsWith(".js"));
    const carrying = ["index", "core-rest"].map((part) => {
      const text = textIn(part, packed.dist);
      return scripts.filter((file) => readFileSync(join(out, file), "utf8").includes(text));
    });
    assert.deepEqual(carrying.map(({ length }) => length), [1, 1]);
    assert.notDeepEqual(carrying[0], carrying[1], "the second part is loaded later");
  });
}

test("what a bundler leaves out: an app that never uses it does not carry it", async () => {
  const { outputFiles } = await esbuild({
    stdin: { contents: 'import "procore-spa-auth"; import "procore-spa-auth/worker"; console.log(1);', resolveDir: project },
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "silent",
  });
  assert.ok(outputFiles[0].contents.length < 200, `${outputFiles[0].contents.length} bytes`);
});

const node = (source) =>
  promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], { cwd: project }).then(
    ({ stdout }) => JSON.parse(stdout),
  );

const COMMON = ["ProcoreAuthError", "createProcoreAuth", "embeddedContext", "isProcoreAuthError"];
const WITH_STEPS = [...COMMON, "buildLoginUrl", "parseRedirect", "ready"];
const EXPORTED = { "": WITH_STEPS, "/implicit": WITH_STEPS, "/worker": COMMON };

for (const [path, exported] of Object.entries(EXPORTED)) {
  const entry = `procore-spa-auth${path}`;
  test(`import of ${entry} in Node touches nothing`, async () => {
    const facts = await node(`
      const names = () => Reflect.ownKeys(globalThis).map(String).sort();
      const before = names();
      const prototype = JSON.stringify(Reflect.ownKeys(Object.prototype).map(String));
      let started = 0;
      for (const name of ["compile", "instantiate", "compileStreaming", "instantiateStreaming"]) {
        const real = WebAssembly[name];
        WebAssembly[name] = (...args) => (started++, real(...args));
      }
      for (const name of ["Module", "Instance"]) {
        const construct = (...args) => (started++, Reflect.construct(...args));
        WebAssembly[name] = new Proxy(WebAssembly[name], { construct });
      }
      globalThis.fetch = () => { throw new Error("fetched"); };
      const warn = console.warn;
      const warned = [];
      console.warn = (...parts) => warned.push(parts.join(" "));
      const sdk = await import(${JSON.stringify(entry)});
      const after = names();
      const uri = "https://app.example.com/callback";
      const quiet = warned.length;
      const auth = sdk.createProcoreAuth({ credentials: { production: { clientId: "CID", redirectUris: [uri] } } });
      const handled = await auth.handleRedirect();
      const out = await auth.signOut();
      console.log(JSON.stringify({
        isSame: JSON.stringify(before) === JSON.stringify(after), isPure: prototype === JSON.stringify(Reflect.ownKeys(Object.prototype).map(String)),
        started, quiet, handled, out, session: auth.session, exported: Object.keys(sdk).sort(),
      }));
    `);
    assert.deepEqual(facts.exported, exported.toSorted());
    assert.ok(facts.isSame && facts.isPure, "a global was made or changed");
    assert.deepEqual([facts.started, facts.quiet], [0, 0]);
    assert.deepEqual(facts.handled, { handled: false });
    assert.deepEqual(facts.out, { outcome: "nothing" });
    assert.deepEqual(facts.session, { signedIn: false, status: "unknown", renewable: false });
  });
}

test("where there is no Worker, the worker entry says so, by every method that needs one", async () => {
  const refused = await node(`
    const { createProcoreAuth } = await import("procore-spa-auth/worker");
    const uri = "https://app.example.com/callback";
    const auth = createProcoreAuth({ credentials: { production: { clientId: "CID", redirectUris: [uri] } } });
    const calls = [auth.ready(), auth.signIn(), auth.refresh(), auth.fetch("/rest/v1.0/me")];
    console.log(JSON.stringify((await Promise.allSettled(calls)).map(({ reason }) => [reason?.code, reason?.message])));
  `);
  assert.deepEqual(refused.map(([code]) => code), Array(4).fill("worker_blocked"));
  for (const [, message] of refused) assert.match(message, /^There is no Worker here, .*procore-spa-auth\/testing/);
});

test("the two-step interface works in Node, too", async () => {
  const { url, kind, refused } = await node(`
    const { ready, buildLoginUrl, parseRedirect } = await import("procore-spa-auth");
    await ready();
    const uri = "https://app.example.com/callback";
    const { url, pending } = buildLoginUrl({ clientId: "CID", redirectUris: [uri] });
    const { state } = JSON.parse(pending);
    const { kind } = parseRedirect(uri + "?code=C&state=" + state, pending);
    let refused;
    try { parseRedirect(uri + "?code=C&state=other", pending); } catch ({ code }) { refused = code; }
    console.log(JSON.stringify({ url, kind, refused }));
  `);
  assert.match(url, /^https:\/\/login\.procore\.com\/oauth\/authorize\?/);
  assert.deepEqual([kind, refused], ["code", "state_mismatch"]);
});

for (const path of Object.keys(EXPORTED)) {
  test(`require of procore-spa-auth${path} in Node, from a CommonJS module`, async () => {
    const source = `const sdk = require("procore-spa-auth${path}"); console.log(JSON.stringify(Object.keys(sdk).sort()));`;
    const args = ["--no-warnings", "--input-type=commonjs", "--eval", source];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project });
    // Some versions of Node add this one for modules that are required.
    assert.deepEqual(JSON.parse(stdout).filter((name) => name !== "__esModule"), EXPORTED[path].toSorted());
  });
}

const { folder: runtimes, reason: noRuntimes } = isLong ? await install("runtimes") : { reason: "only in the long form" };
const RUNTIMES = {
  Bun: [BUN, "run"],
  Deno: ["node_modules/@deno/linux-x64-glibc/deno", "run", "--node-modules-dir=manual", "--no-lock"],
};

for (const [name, [path, ...args]] of Object.entries(RUNTIMES)) {
  const program = join(runtimes ?? "", path);
  const skip = noRuntimes ?? (existsSync(program) ? false : "there is none for this machine");
  test(`the two-step interface works in ${name}`, { skip }, async () => {
    const file = join(project, `${name}.mjs`);
    const source = `
      import { buildLoginUrl, ready } from "procore-spa-auth";
      await ready();
      console.log(buildLoginUrl({ clientId: "CID", redirectUris: ["https://app.example.com/callback"] }).url);`;
    writeFileSync(file, source);
    const { stdout } = await promisify(execFile)(program, [...args, file], { cwd: project });
    assert.equal(new URL(stdout.trim()).searchParams.get("code_challenge_method"), "S256");
  });
}

test("nothing of the workspace gets into the package", () => {
  assert.ok(existsSync(join(packed.folder, "package.json")));
  const files = readdirSync(packed.folder, { recursive: true }).map(String);
  assert.deepEqual(
    files.filter((file) => /(^|\/)(src|tests|node_modules|build\.mjs)(\/|$)|\.map$|\.env/.test(file)),
    [],
  );
});
