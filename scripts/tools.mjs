// Writes docs/tools.md: what the package needs in each tool that pages are built with, and what each makes of it.
//
// usage: npm run tools      (after npm run build)

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { install } from "../tests/support/tools.mjs";
import { root, run } from "./run.mjs";
import { APP, bundlers, fromRollup, shipped } from "./shipped.mjs";

const { folder, reason } = await install();
if (reason) {
  console.error(`tools: ${reason}`);
  process.exit(1);
}

const module = (name) => join(folder, "node_modules", name);
const versionIn = (modules, name) => JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
const here = (name) => versionIn(join(root, "node_modules"), name);
const there = (name) => versionIn(join(folder, "node_modules"), name);

async function vite7(app, out) {
  const { build } = await import(module("vite-7/dist/node/index.js"));
  const { output } = await build({ root: app, configFile: false, logLevel: "error", build: { outDir: out } });
  return fromRollup(output);
}

async function parcel(app, out) {
  // What `/main.js` means, it tells by the folder of a lockfile.
  writeFileSync(join(app, "package-lock.json"), '{"lockfileVersion":3,"packages":{}}');
  const args = ["build", "index.html", "--no-cache", "--no-source-maps", "--no-autoinstall", "--dist-dir", out];
  const { code, output } = await run(process.execPath, [module("parcel/lib/bin.js"), ...args], { cwd: app });
  if (code) throw new Error(output);
  const page = readFileSync(join(out, "index.html"), "utf8");
  const [, entry] = /<script type=module src=\/([\w.-]+)>/.exec(page);
  const scripts = readdirSync(out).filter((file) => file.endsWith(".js"));
  return Object.fromEntries(scripts.map((file) => [file, { isEntry: file === entry, imports: [] }]));
}

/** `[tool, its version, how it is called to build, what the package needs in it]` */
const TOOLS = [
  ["Vite", here("vite"), bundlers.Vite, "nothing"],
  ["Vite", there("vite-7"), vite7, "nothing"],
  ["webpack", here("webpack"), bundlers.webpack, "nothing; under enforced Trusted Types `output.trustedTypes`, which is not tried here"],
  ["Rspack", here("@rspack/core"), bundlers.Rspack, "as webpack"],
  ["esbuild", here("esbuild"), bundlers.esbuild, "`--format=esm --splitting`, or all of it is loaded at start"],
  ["Rollup", here("rollup"), bundlers.Rollup, "`@rollup/plugin-node-resolve`"],
  ["Parcel", there("parcel"), parcel, "the hash of its inline import map in the page's `script-src`, where it has one"],
];

const IN_WORKER = APP.replace('"procore-spa-auth"', '"procore-spa-auth/worker"');
const SECOND = IN_WORKER.replace("{ createProcoreAuth }", "{ createProcoreAuth as createInWorker }")
  .replace("const auth = createProcoreAuth", "const other = createInWorker")
  .replace("auth.handle", "other.handle");
const APPS = [APP, IN_WORKER, APP + SECOND];

const count = (bytes) => bytes.toLocaleString("en");

async function rows() {
  const makes = Object.fromEntries(TOOLS.map(([tool, version, make]) => [`${tool} ${version}`, make]));
  const sizes = [];
  for (const app of APPS) sizes.push(await shipped(undefined, app, makes));
  return TOOLS.map(([tool, version, , needs]) => {
    const cells = sizes.map((size) => size[`${tool} ${version}`]).map(({ start, later }) => `${count(start)} + ${count(later)}`);
    return `| ${tool} ${version} | ${needs} | ${cells.join(" | ")} |`;
  });
}

const { dependencies: runtimes } = JSON.parse(readFileSync(join(root, "tests/tools/runtimes/package.json"), "utf8"));
const brotli = (file) => count(brotliCompressSync(readFileSync(join(root, "pkg/dist", file))).length);

const page = `# Tools

Written by \`npm run tools\`. Each of these is tried by \`npm test -- packaging\`: it builds an app, and a browser runs it under a strict
policy. The package is ES modules alone; the WebAssembly is text in them, so nothing has to be copied, and no loader is needed.

Bytes after brotli-11, at start + later, of an app that makes a client:

| tool | what the package needs | default entry | worker entry | both |
| --- | --- | --- | --- | --- |
${(await rows()).join("\n")}

Later means when it is asked for, if ever: what errors say, what waits for a login window, the check-up; the half of the core that only
those need who are signed in, or come back from the login page, and their calls; and the worker's script. An app that serves that itself (\`workerUrl\`, see [worker.md](worker.md)) never loads it as
text: the ${brotli("worker-text.js")} bytes of \`worker-text.js\` stay where they are, and the worker loads the ${brotli("worker-script.js")} of \`worker-script.js\`. So where both
entries are used, that is the way to have the core once in what the page loads.

| elsewhere | |
| --- | --- |
| no tool at all | \`<script type="module">\`, with the files of \`dist/\` beside each other |
| classic scripts | what a bundler makes of it in the format \`iife\`; the text is ASCII, so the page's charset does not matter (tried in windows-1252) |
| TypeScript | \`moduleResolution\` \`bundler\`, \`node16\` or later, or \`node10\`; for \`node10\` there are folders beside \`exports\`. \`exactOptionalPropertyTypes\` is fine |
| Node | \`import\` and \`require\`, from 20.19 on; importing runs nothing |
| Bun, Deno | \`import\`, by \`npm run test:long\` (Bun ${runtimes.bun}, Deno ${runtimes.deno}) |
| Vitest, Jest | see [testing.md](testing.md) |
`;

writeFileSync(join(root, "docs/tools.md"), page);
console.log(page);
