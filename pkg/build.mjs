// Packs pkg/src, pkg/audit and the WebAssembly that `cargo xtask build` made into pkg/dist.

import { build } from "esbuild";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { minify } from "terser";
import { decode, decoder } from "./decode.mjs";
import { bare, encode, findCode } from "./payload.mjs";
import { optimized, shortened, split } from "./split.mjs";

const pkg = fileURLToPath(new URL(".", import.meta.url));
const root = resolve(pkg, "..");
const source = join(pkg, "src");
const dist = join(pkg, "dist");
const wasmFolder = resolve(root, process.env.CARGO_TARGET_DIR ?? "target", "npm");

const { version, exports: entryPoints, peerDependencies } = JSON.parse(await readFile(join(pkg, "package.json"), "utf8"));

/** Each file of the package: its source, and, if it carries something of the core, of which build it is, and what: see `parts`. */
const entries = {
  index: ["index.ts", "default", "first"],
  "core-rest": ["engine/core-rest.ts", "default", "second"],
  implicit: ["implicit.ts", "implicit", "first"],
  "implicit-rest": ["engine/core-rest.ts", "implicit", "second"],
  // A script of its own, for `workerUrl`; before the file that carries it as text.
  "worker-script": ["worker-script.ts", "default", "whole"],
  "worker-text": ["worker/worker-text.ts"],
  worker: ["worker.ts"],
  // For the tests of apps: without a core.
  testing: ["testing.ts"],
  // For frameworks, which they import and do not bring.
  react: ["react.ts"],
  vue: ["vue.ts"],
  solid: ["solid.ts"],
  svelte: ["svelte.ts"],
  angular: ["angular.ts"],
  // No entries: the others load them when they are asked for.
  diagnose: ["check-up/diagnose.ts"],
  vault: ["engine/vault.ts"],
  calls: ["page/calls.ts"],
  popup: ["page/popup.ts"],
  messages: ["boundary/messages.ts"],
};

const FRAMEWORKS = Object.keys(peerDependencies);

/** The text of each file, as soon as it is there. */
const built = new Map();

/**
 * Stands for the module until both minifiers are done, which look long at long texts. It is the name of a variable, since
 * they compute at once what a constant leads to, its length for one.
 */
const PLACE = "MODULE_AS_TEXT";

/** A module as what `decode` takes. A server's compression does better on it than on what is compressed already. */
async function literal(wasm) {
  const encoded = encode(wasm, await readFile(join(wasmFolder, "decoder.wasm")), findCode(wasm));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(decoder(encoded)));
  if (!wasm.equals(decode(encoded, exports))) throw new Error("the module can't be put together again");
  return encoded;
}

const modules = new Map();

/** What there is of a build of the core: both parts, or the whole, for a script that can load none. */
async function parts(name) {
  if (!modules.has(name)) {
    const wasm = await readFile(join(wasmFolder, name, "core_bg.wasm"));
    const [first, second] = split(wasm);
    modules.set(name, { first, second, whole: optimized(wasm) });
  }
  return modules.get(name);
}

/** The text of a part. The second has no decoder: it is there already when that one comes. */
async function textOf(name, part) {
  const [numbers, text, decoder] = await literal(bare((await parts(name))[part]));
  return JSON.stringify(part === "second" ? [numbers, text] : [numbers, text, decoder]);
}

/** Of the core's errors, by their codes, what they say, and what they are: one line of the source for each. */
async function coreErrors() {
  const source = await readFile(join(root, "src/error.rs"), "utf8");
  const lines = [...source.matchAll(/^    \w+ ("\w+") (\w+) (true|false) (".+");$/gm)];
  const messages = lines.map(([, code, , , message]) => `${code}: ${message}`);
  const codes = lines.map(([, code, phase, retryable]) => `${code}: ["${phase.toLowerCase()}", ${retryable}]`);
  return { messages: `{${messages.join()}}`, codes: `{${codes.join()}}` };
}

/**
 * What the generated glue has for callers of other kinds: text beyond ASCII, of which none goes to the core (`ascii` in core.ts,
 * and URLs as the browser has serialised them), two gigabytes of text from it, memory that is detached, and calls as they once were.
 * And a decoder that it would make when it is imported, where tests of an app may have none (Jest with jsdom).
 */
const UNUSED = [
  [/ {4}if \(realloc === undefined\) \{[^}]+\}\n/, ""],
  [/ {4}if \(offset !== len\) \{[^]+?\n {4}\}\n/, "    if (offset !== len) throw new RangeError();\n"],
  [/const cachedTextEncoder = new TextEncoder\(\);\n/, ""],
  [/let cachedTextDecoder = new TextDecoder[^\n]+\ncachedTextDecoder\.decode\(\);\n/, "let cachedTextDecoder;\n"],
  [/return cachedTextDecoder\.decode/, "cachedTextDecoder ??= new TextDecoder('utf-8', { ignoreBOM: true });\n    return cachedTextDecoder.decode"],
  [/const MAX_SAFARI_DECODE_BYTES = \d+;\nlet numBytesDecoded = 0;\n/, ""],
  [/ {4}numBytesDecoded \+= bytes\.length;\n[^]+?\n {4}\}\n/, ""],
  [/ {4}if \(typeof numBytesDecoded [^\n]+\n/, ""],
  [/cachedDataViewMemory0\.buffer\.detached === true \|\| \(.+? && (cachedDataViewMemory0\.buffer !== wasm\.memory\.buffer)\)/, "$1"],
  [/if \(Object\.getPrototypeOf\(module\) === Object\.prototype\) \{\s*(\(\{module\} = module\))\s*\} else \{[^}]+\}/, "$1"],
  // One function for both doors, which is told by which one to go.
  [/\/\*\*\n(?: \*[^\n]*\n)+export function callAll[^]+?\n\}\n/, ""],
  [/export function call\(input\)/, "export function call(input, door = wasm.call)"],
  [/wasm\.call\(/, "door("],
];

async function glue(path) {
  const wasm = await readFile(path.replace(/\.js$/, "_bg.wasm"));
  return UNUSED.reduce(
    (text, [unused, instead]) => {
      if (!unused.test(text)) throw new Error(`the glue has changed: ${unused} is not in it`);
      return text.replace(unused, instead);
    },
    shortened(await readFile(path, "utf8"), wasm),
  );
}

/** Of these, the worker's script has another one: of the check-up its own part alone, and the core is in one piece. */
const IN_ITSELF = { diagnose: "engine/wrong-verifier.ts", "core-rest": "engine/core-whole.ts" };

/** `#core` is the generated glue, `#payload` the module. */
const core = (name, part) => ({
  name: "core",
  setup({ onResolve, onLoad }) {
    // A script that is no module can load none, and has them in itself.
    onResolve({ filter: /^\.{1,2}\/([\w-]+\/)?[\w-]+\.js$/ }, ({ path }) => {
      const file = basename(path, ".js");
      if (part === "whole") return { path: join(source, IN_ITSELF[file] ?? entries[file][0]) };
      return { path: `./${file === "core-rest" && name === "implicit" ? "implicit-rest" : file}.js`, external: true };
    });
    onResolve({ filter: /^#worker-script$/ }, ({ path }) => ({ path, namespace: "script", sideEffects: false }));
    onLoad({ filter: /./, namespace: "script" }, () => ({ contents: built.get("worker-script"), loader: "text" }));
    onResolve({ filter: /^#core$/ }, () => ({ path: join(wasmFolder, name, "core.js"), sideEffects: false }));
    onResolve({ filter: /^#(messages|codes)$/ }, ({ path }) => ({ path: path.slice(1), namespace: "errors" }));
    onLoad({ filter: /./, namespace: "errors" }, async ({ path }) => ({ contents: (await coreErrors())[path], loader: "json" }));
    onLoad({ filter: /[\\/]core\.js$/ }, async ({ path }) => ({ contents: await glue(path) }));
    onResolve({ filter: /^#payload$/ }, () => ({ path: "#payload", namespace: "payload", sideEffects: false }));
    onLoad({ filter: /./, namespace: "payload" }, () => ({
      contents: `export { decode, decoder } from "./decode.mjs"; export const encoded = ${PLACE};`,
      resolveDir: pkg,
    }));
  },
});

/** esbuild's helper for exports, which must not inherit what a script has put on `Object.prototype`. */
const inheritingNothing = (code) =>
  code.replace(
    /for\s*\(var (\w+) in (\w+)\)(\s*\w+\(\w+,\s*\1,\s*)\{\s*get:\s*\2\[\1\],\s*enumerable:/g,
    "for(var $1 of Object.keys($2))$3{__proto__:null,get:$2[$1],enumerable:",
  );

async function pack([file, name, part]) {
  const format = part === "whole" ? "iife" : "esm";
  const { outputFiles } = await build({
    entryPoints: [join(source, file)],
    bundle: true,
    format,
    write: false,
    target: "es2022",
    minify: true,
    legalComments: "none",
    define: { PACKAGE_VERSION: JSON.stringify(version) },
    plugins: [core(name, part)],
    external: FRAMEWORKS,
    logLevel: "warning",
  });
  // After esbuild: its names compress better, 1.5 percent of the whole. ASCII, which means the same in every charset. Sequences
  // are left to the apps' own minifiers, which make them anew.
  const compress = { passes: 3, sequences: false };
  const options = { module: format === "esm", ecma: 2020, compress, format: { ascii_only: true } };
  const { code } = await minify(inheritingNothing(outputFiles[0].text), options);
  const [before, after, ...more] = code.split(PLACE);
  if (Boolean(name) !== (after !== undefined) || more.length) throw new Error(`${file} has no one place for a module`);
  return name ? before + (await textOf(name, part)) + after : before;
}

/** The auditor for Node: as it is written, with the core that it starts. It is no part of what a page loads. */
async function copyAuditor() {
  const [from, to] = [join(pkg, "audit"), join(dist, "audit")];
  await mkdir(to);
  // Beside the files stand folders that lead to them (`writeFolders`).
  const files = (await readdir(from)).filter((file) => /\.(js|d\.ts)$/.test(file));
  for (const file of files) await copyFile(join(from, file), join(to, file));
  for (const file of ["core.js", "core_bg.wasm"]) await copyFile(join(wasmFolder, "audit", file), join(to, file));
}

/** For tools that do not read `exports`, a folder for each entry that leads to it: Parcel, and TypeScript's `node10`. */
async function writeFolders() {
  for (const [entry, { types, default: script }] of Object.entries(entryPoints)) {
    if (!types || entry === ".") continue;
    const folder = join(pkg, entry);
    await mkdir(folder, { recursive: true });
    const leads = (path) => relative(folder, join(pkg, path));
    const manifest = { type: "module", sideEffects: false, main: leads(script), types: leads(types) };
    await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

async function main() {
  for (const [name, entry] of Object.entries(entries)) built.set(name, await pack(entry));
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  for (const [name, text] of built) await writeFile(join(dist, `${name}.js`), text);
  const types = join(source, "types");
  for (const file of await readdir(types)) await copyFile(join(types, file), join(dist, file));
  await copyAuditor();
  await writeFolders();
  // npm packs only what is inside pkg/. What is missing here, the package test names.
  for (const file of ["README.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
    if (existsSync(join(root, file))) await copyFile(join(root, file), join(pkg, file));
  }
  for (const file of ["LICENSE-MIT", "LICENSE-APACHE"]) await copyFile(join(root, file), join(root, "www/server", file));
  for (const entry of Object.keys(entries)) {
    const bytes = await readFile(join(dist, `${entry}.js`));
    const sizes = { raw: bytes, gzip: gzipSync(bytes, { level: 9 }), "brotli-11": brotliCompressSync(bytes) };
    const shown = Object.entries(sizes).map(([kind, { length }]) => `${kind} ${length.toLocaleString("en")}`);
    console.log(`pkg/dist/${entry}.js  ${shown.join("  ")} bytes`);
  }
}

await main().catch((error) => {
  // esbuild has already shown its own.
  if (!error.errors) console.error(`pkg/build: ${error.message}`);
  process.exitCode = 1;
});
