// What `npm pack` would publish, as those who install it would see it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root, run, target } from "../../scripts/run.mjs";
import { moduleIn } from "../support/module.mjs";

const pkg = join(root, "pkg");
const manifest = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));
const entries = ["index", "implicit"];
/** The second part of the core, which each entry loads when the first one runs. */
const rests = { index: "core-rest", implicit: "implicit-rest" };
/** What an entry may load later, and nothing else: text without a module. */
const parts = ["calls", "diagnose", "messages", "popup", "vault", "worker-text"];
/** The entry whose module is in a script of its own, which one of the parts carries as text; and the entry for tests. */
const [inWorker, workerScript, forTests] = ["worker", "worker-script", "testing"];

/** All that carry a module. */
const carriers = [...entries, ...Object.values(rests), workerScript];

/** For frameworks, each of which its app brings. */
const adapters = ["angular", "react", "solid", "svelte", "vue"];

/** The auditor for Node, which no page loads. */
const auditor = ["bin", "build", "core", "esbuild", "index", "inputs", "rollup", "vite", "walk", "wasm", "webpack"];
const auditorTypes = ["esbuild", "index", "rollup", "vite", "webpack"];

/** The text of an entry, and of the WebAssembly module that stands in it: searchable, and with what the entry loads of it later. */
function contents(entry) {
  const files = [entry, rests[entry] ?? []].flat().map((file) => moduleIn(file));
  return { js: files.map(({ js }) => js).join("\n"), wasm: files.map(({ module }) => module.toString("latin1")).join("\n") };
}

const packed = (async () => {
  const folder = join(target, "pack");
  mkdirSync(folder, { recursive: true });
  const { code, output } = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], { cwd: pkg });
  assert.equal(code, 0, output);
  const [{ filename, files }] = JSON.parse(output.slice(output.search(/^\[/m)));
  return { tarball: join(folder, filename), files: files.map((file) => file.path) };
})();

test("the package holds the entries, their types, the README and the licences, and nothing else", async () => {
  const { files } = await packed;
  const needed = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"];
  needed.push(...[...entries, inWorker, forTests].flatMap((entry) => [`dist/${entry}.d.ts`, `dist/${entry}.js`]));
  needed.push(...adapters.flatMap((adapter) => [`dist/${adapter}.d.ts`, `dist/${adapter}.js`]));
  needed.push(...[...parts, ...Object.values(rests), workerScript].map((part) => `dist/${part}.js`));
  needed.push(...auditor.map((file) => `dist/audit/${file}.js`), ...auditorTypes.map((file) => `dist/audit/${file}.d.ts`));
  needed.push("dist/audit/core_bg.wasm");
  // For tools that do not read `exports`.
  const folders = Object.entries(manifest.exports).filter(([entry, { types }]) => types && entry !== ".");
  needed.push(...folders.map(([entry]) => `${entry.slice(2)}/package.json`));
  const missing = needed.filter((file) => !files.includes(file));
  assert.deepEqual(missing, []);
  const more = files.filter((file) => !needed.includes(file) && !/^dist\/[\w-]+\.d\.ts$/.test(file));
  assert.deepEqual(more, []);
});

test("nothing is installed with it and nothing runs at installation", () => {
  const forbidden = Object.keys(manifest).filter((key) => /dependencies$|^bundle|^scripts$/i.test(key));
  assert.deepEqual(forbidden, ["peerDependencies"]);
  // A framework is asked for by those who have it.
  const frameworks = Object.keys(manifest.peerDependencies);
  assert.deepEqual(manifest.peerDependenciesMeta, Object.fromEntries(frameworks.map((name) => [name, { optional: true }])));
  assert.deepEqual(manifest.bin, { "procore-spa-auth": "./dist/audit/bin.js" });
});

test("what a page loads knows nothing of the auditor", () => {
  for (const file of [...carriers, ...parts, inWorker]) {
    assert.doesNotMatch(textOf(file), /\.\/audit|core_bg\.wasm|known-value/, file);
  }
});

test("the package and the crate have one version", () => {
  const [, version] = /^version = "(.+)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"));
  assert.equal(manifest.version, version);
});

test("publint finds nothing", async () => {
  const { messages } = await publint({ pkgDir: pkg, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, manifest, { color: false })), []);
});

test("every entry's types resolve (attw)", async () => {
  const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const { tarball } = await packed;
  // A script to be served, which nobody imports.
  const script = ["--exclude-entrypoints", "./worker-script.js"];
  const args = [attw, tarball, "--profile", "esm-only", "--no-emoji", "--format", "ascii", ...script];
  const { code, output } = await run(process.execPath, args);
  assert.equal(code, 0, output);
});

test("the default entry can't do the implicit flow, and the implicit entry can", () => {
  const [index, implicit, worker] = [...entries, workerScript].map(contents);
  const asks = ({ js, wasm }) => js.includes("response_type=token") || wasm.includes("response_type=token");
  assert.equal(asks(index), false);
  assert.equal(asks(worker), false);
  // Otherwise the line above would prove nothing.
  assert.equal(asks(implicit), true);
});

/** The text of a file, without what it only carries. */
function ownText(file) {
  if (file === "worker-text") return textOf(file).replace(/(["'`])(?:\\[^]|(?!\1)[^\\])*\1/g, '""');
  return carriers.includes(file) ? moduleIn(file).js : textOf(file);
}

const textOf = (file) => readFileSync(join(pkg, `dist/${file}.js`), "utf8");

test("the worker entry starts the worker's script as it is, from a file that is loaded for that, and has no module itself", async () => {
  const blobs = [];
  const { createObjectURL } = URL;
  URL.createObjectURL = (blob) => (blobs.push(blob), "blob:nodedata:1");
  globalThis.Worker = class {
    constructor() {
      throw new Error("refused");
    }
  };
  try {
    const { createProcoreAuth } = await import(join(pkg, "dist/worker.js"));
    await assert.rejects(createProcoreAuth({}).ready(), { code: "worker_blocked" });
  } finally {
    URL.createObjectURL = createObjectURL;
    delete globalThis.Worker;
  }
  assert.equal(blobs.length, 1);
  assert.equal(await blobs[0].text(), textOf(workerScript));
  assert.ok(textOf(inWorker).length < 40_000);
  assert.ok(ownText("worker-text").length < 100);
});

for (const file of [...carriers, ...parts, inWorker, forTests]) {
  test(`${file}.js works under a strict policy, and alone but for what it loads later`, () => {
    const own = [...parts, ...[rests[file] ?? []].flat()].reduce((text, part) => text.replaceAll(`import("./${part}.js")`, ""), ownText(file));
    const code = [/\bimport\.meta\b/, /\bimport\s*[{*"'(]/, /\brequire\(/, /\beval\(/, /new Function\b/];
    const forbidden = [...code, /sourceMappingURL/];
    assert.deepEqual(forbidden.filter((pattern) => pattern.test(own)), []);
  });
}

for (const adapter of adapters) {
  test(`${adapter}.js imports its framework, and brings nothing of it`, () => {
    const text = textOf(adapter);
    const imported = [...text.matchAll(/\bimport\b[^"]*"([^"]+)"/g)].map(([, path]) => path);
    const foreign = imported.filter((path) => !Object.keys(manifest.peerDependencies).some((name) => path === name || path.startsWith(`${name}/`)));
    assert.deepEqual(foreign, []);
    assert.ok(text.length < 4000, `${text.length} bytes`);
  });
}

for (const file of carriers) {
  test(`${file}.js names nobody's folders`, () => {
    const { js, module } = moduleIn(file);
    for (const folder of [homedir(), root]) assert.ok(!js.includes(folder) && !module.includes(folder), folder);
  });
}

for (const entry of [...entries, inWorker, forTests]) {
  test(`importing ${entry}.js touches no global`, async () => {
    const script = `
      const before = Reflect.ownKeys(globalThis).length;
      const refuse = () => { throw new Error("started"); };
      for (const name of ["compile", "instantiate", "instantiateStreaming", "Module", "Instance"]) WebAssembly[name] = refuse;
      await import(${JSON.stringify(`file://${join(pkg, `dist/${entry}.js`)}`)});
      if (Reflect.ownKeys(globalThis).length !== before) throw new Error("a global was added");`;
    const { code, output } = await run(process.execPath, ["--input-type=module", "--eval", script]);
    assert.equal(code, 0, output);
  });
}

test("the facade scrubs from the URL exactly what the core reads there", () => {
  const words = (file, start) => {
    const text = readFileSync(join(root, file), "utf8");
    const list = text.slice(text.indexOf(start) + start.length);
    return list.slice(0, list.indexOf("]")).match(/"[a-z_]+"/g).sort();
  };
  const scrubbed = words("pkg/src/page/redirect.ts", "const NAMES = new Set([");
  assert.deepEqual(scrubbed, words("src/protocol/credentials.rs", "const RESPONSE_NAMES: [&str; 15] = ["));
  assert.equal(scrubbed.length, 15);
});

test("pending sign-ins are kept by the same rules in the package and in Rust apps", () => {
  const text = (file) => readFileSync(join(root, file), "utf8");
  const [facade, redirect] = [text("pkg/src/page/pending.ts"), text("pkg/src/page/redirect.ts")];
  const [store, core] = [text("src/browser/pending_store.rs"), text("src/protocol/pending_authorization.rs")];
  const values = (...pairs) => pairs.map(([file, pattern]) => pattern.exec(file)?.[1]);
  const [lifetime, most, prefix] = values([facade, /LIFETIME = (\d+);/], [facade, /MAX_PENDING = (\d+);/], [redirect, /PREFIX = (".+");/]);
  assert.deepEqual([lifetime, most, prefix], ["600", "20", '"procore-spa-auth:"']);
  const same = values([core, /LIFETIME: Seconds = (\d+);/], [store, /MAX_PENDING: usize = (\d+);/], [store, /PREFIX: &str = (".+");/]);
  assert.deepEqual(same, [lifetime, most, prefix]);
});

test("without the file that keeps sessions, a client with persist says so, and one without does not need it", async () => {
  const folder = join(target, "pack/without-vault");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.mjs"), textOf("index"));
  const { createProcoreAuth } = await import(join(folder, "index.mjs"));
  const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example/cb"] } };
  await createProcoreAuth({ credentials }).ready();
  const kept = createProcoreAuth({ credentials, persist: "tab" });
  await assert.rejects(kept.ready(), { code: "network_error", phase: "start", message: /deployed whole/ });
  assert.equal(kept.session.signedIn, false);
});

test("a server that renders pages with it comes to its end", async () => {
  const script = `import { createProcoreAuth } from ${JSON.stringify(join(pkg, "dist/index.js"))};
    const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example/cb"] } };
    const auth = createProcoreAuth({ credentials, persist: "tab" });
    await auth.ready();
    console.log(auth.session.status);`;
  const { code, output } = await run(process.execPath, ["--input-type=module", "-e", script], { timeout: 60_000 });
  assert.equal(code, 0, output);
  assert.equal(output.trim(), "signed_out");
});
