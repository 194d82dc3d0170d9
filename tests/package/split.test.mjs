// The core in two parts: the first is enough for a login URL, refuses all else, and calls nothing that is not there.

import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import binaryen from "binaryen";
import { shortened, split } from "../../pkg/split.mjs";
import { root, target } from "../../scripts/run.mjs";
import { moduleIn } from "../support/module.mjs";

const dist = join(root, "pkg/dist");
/** The files with the parts of each build. */
const BUILDS = { default: ["index", "core-rest"], implicit: ["implicit", "implicit-rest"] };

const OPTIONS = { credentials: { production: { clientId: "CID", redirectUris: ["https://app.example/cb"] } } };
const CONFIG = JSON.stringify({ ...OPTIONS, environment: "production" });

const words = (text) => [...text.matchAll(/"(\w+)"/g)].map(([, word]) => word);
/** The steps that the match of a file of src/browser names. */
const stepsIn = (file) =>
  readFileSync(join(root, "src/browser", file), "utf8")
    .split("\n")
    .filter((line) => /^ +"\w+"( \| "\w+")* => /.test(line))
    .flatMap((line) => words(line.split("=>")[0]));

const START = ["open", "buildLoginUrl", "signIn", "look", "session"];

for (const [build, [first, second]] of Object.entries(BUILDS)) {
  const [firstModule, secondModule] = [first, second].map((file) => new WebAssembly.Module(moduleIn(file).module));
  const generated = (file, ...how) => readFileSync(join(target, "npm", build, file), ...how);
  const glue = shortened(generated("core.js", "utf8"), generated("core_bg.wasm"));

  test(`${build}: the first part asks for what the glue has, and the second for what the first has, and nothing else`, () => {
    for (const { module, name } of WebAssembly.Module.imports(firstModule)) {
      assert.equal(module, "./core_bg.js");
      assert.ok(glue.includes(` ${name}: function`), name);
    }
    const has = new Map(WebAssembly.Module.exports(firstModule).map(({ name, kind }) => [name, kind]));
    for (const { module, name, kind } of WebAssembly.Module.imports(secondModule)) {
      assert.deepEqual([module, has.get(name)], ["0", kind], name);
    }
    assert.deepEqual(WebAssembly.Module.exports(secondModule), [{ name: "callAll", kind: "function" }]);
    assert.equal(has.has("callAll"), false);
  });

  test(`${build}: the first part alone has a login URL, and refuses every other step, without coming to harm`, async () => {
    // Beside the one that was generated, for it imports what stands there.
    const file = join(target, "npm", build, "shortened.mjs");
    writeFileSync(file, glue);
    const { call, initSync } = await import(pathToFileURL(file));
    initSync({ module: firstModule });
    const step = (step, input) => JSON.parse(call(JSON.stringify({ step, ...input })));
    const { core, client, isToDiscover } = step("open", { options: JSON.stringify(OPTIONS), page: "https://app.example/" });
    assert.deepEqual([core, client, isToDiscover], [1, "production:CID", false]);
    const isLoginUrl = ({ url }) => assert.match(url, /^https:\/\/login\.procore\.com\/oauth\/authorize\?response_type=code&client_id=CID&/);
    isLoginUrl(step("buildLoginUrl", { config: CONFIG, options: "{}" }));
    const session = { status: "signed_out", signedIn: false, environment: "production", renewable: false };
    assert.deepEqual(step("session", { core }), { session });

    const others = stepsIn("later_steps.rs").filter((name) => !START.includes(name));
    for (const known of ["redeem", "tell", "fetch", "judge", "close", "parseRedirect"]) assert.ok(others.includes(known), known);
    assert.deepEqual(stepsIn("start_steps.rs").sort(), [...START].sort());
    for (const name of [...others, "", "call", "Session"]) {
      assert.equal(step(name, { core, id: 1, config: CONFIG, url: "https://app.example/cb?code=C&state=S" }).error, "not_ready", name);
      assert.deepEqual(step("session", { core }), {}, `${name} has changed the session`);
      isLoginUrl(step("signIn", { core, options: "{}" }));
    }
    const isAny = (url) => step("look", { core, url }).isAny;
    assert.deepEqual(["/?tab=1#/route", "/?state=S", "/#/route?code=C"].map((end) => isAny(`https://app.example${end}`)), [false, true, true]);
  });
}

/** The package in a folder of its own, changed. A module is read once, so each test has its own. */
async function changed(name, change) {
  const folder = join(target, "pack/split", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(dist, folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  change(folder);
  return import(pathToFileURL(join(folder, "index.js")));
}

/** The first part works, whatever has become of the second. */
async function worksAlone({ createProcoreAuth, buildLoginUrl, parseRedirect }) {
  await createProcoreAuth(OPTIONS).ready();
  const { url, pending } = buildLoginUrl(OPTIONS.credentials.production);
  assert.match(url, /^https:\/\/login\.procore\.com\//);
  assert.throws(() => parseRedirect("https://app.example/cb?code=C", pending), { code: "not_ready" });
}

test("without the file of the second part, what needs it says so, and can be tried again", async () => {
  const rest = (folder) => join(folder, "core-rest.js");
  let place;
  const sdk = await changed("missing", (folder) => rmSync((place = rest(folder))));
  await worksAlone(sdk);
  const missing = { name: "ProcoreAuthError", code: "network_error", phase: "start", message: /deployed whole/ };
  await assert.rejects(sdk.ready(), missing);
  await assert.rejects(sdk.createProcoreAuth(OPTIONS).refresh(), missing);
  copyFileSync(rest(dist), place);
  await sdk.ready();
  await assert.rejects(sdk.createProcoreAuth(OPTIONS).refresh(), { code: "not_signed_in" });
});

const OTHERS = {
  "of another build": (folder) => copyFileSync(join(folder, "implicit-rest.js"), join(folder, "core-rest.js")),
  "cut off": (folder) => edit(folder, (text) => text.replace(/[^"]{2000}("\])/, "$1")),
  "altered": (folder) => edit(folder, (text) => text.replace(/("[^"]{9000})[^"]{40}/, (_, before) => before + "~".repeat(40))),
};

function edit(folder, change) {
  const file = join(folder, "core-rest.js");
  const text = readFileSync(file, "utf8");
  assert.notEqual(change(text), text);
  writeFileSync(file, change(text));
}

for (const [what, change] of Object.entries(OTHERS)) {
  test(`a second part that is not that of the first: ${what}`, async () => {
    const sdk = await changed(what.replaceAll(" ", "-"), change);
    await worksAlone(sdk);
    for (let tries = 2; tries > 0; tries -= 1) {
      await assert.rejects(sdk.ready(), { name: "ProcoreAuthError", code: "wasm_integrity", phase: "start", retryable: false });
    }
    await worksAlone(sdk);
  });
}

/** Two doors; what both call, what each calls, and what is called by its place in the table. */
const MODULE = (more = "") => `(module
  (memory (export "memory") 1)
  (data (i32.const 8) "\\2a")
  (table 2 funcref)
  (elem (i32.const 1) $in_table)
  (global $pointer (mut i32) (i32.const 1024))
  ${more}
  (func $in_table (param i32) (result i32) (i32.add (local.get 0) (i32.load8_u (i32.const 8))))
  (func $both (param i32) (result i32)
    (global.set $pointer (i32.add (global.get $pointer) (local.get 0)))
    (i32.store8 (i32.const 9) (local.get 0))
    (global.get $pointer))
  (func $deep (param i32) (result i32)
    (if (i32.gt_s (local.get 0) (i32.const 3)) (then (return (call $both (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1)))
  (func (export "call") (param i32 i32) (result i32) (call $both (call $both (local.get 0))))
  (func (export "callAll") (param i32 i32) (result i32) (i32.add (call $both (call $deep (local.get 0))) (i32.load8_u (i32.const 9)))))`;

const assembled = (text) => Buffer.from(binaryen.parseText(text).emitBinary());

test("two modules do together what one did", () => {
  const text = MODULE();
  const whole = new WebAssembly.Instance(new WebAssembly.Module(assembled(text))).exports;
  const [first, second] = split(assembled(text)).map((bytes) => new WebAssembly.Module(bytes));
  const { exports } = new WebAssembly.Instance(first);
  const { callAll } = new WebAssembly.Instance(second, { 0: exports }).exports;
  for (const number of [1, 2, 3, 4, 9, 3, 1]) {
    assert.equal(exports.call(number, 0), whole.call(number, 0));
    assert.equal(callAll(number, 0), whole.callAll(number, 0));
  }
  assert.deepEqual(new Uint8Array(exports.memory.buffer), new Uint8Array(whole.memory.buffer));
  assert.throws(() => new WebAssembly.Instance(second, { 0: { ...exports, memory: undefined } }), WebAssembly.LinkError);
});

test("what it does not know it does not split", () => {
  const more = '(global $more (mut i32) (i32.const 0)) (func (export "more") (result i32) (global.set $more (i32.const 1)) (global.get $more))';
  assert.throws(() => split(assembled(MODULE(more))), /a variable that split\.mjs knows nothing of/);
});
