// Writes docs/tools.md: what the package needs in each tool that pages are built with, and what each makes of it.
//
// usage: npm run tools [-- --frameworks]      (after npm run build)
//   --frameworks  measures the frameworks, which takes minutes, and leaves the table of the tools as it is; else the other way round

import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUN, bunBuild, install } from "../tests/support/tools.mjs";
import { measureFrameworks } from "./frameworks.mjs";
import { root, run } from "./run.mjs";
import { APP, bundlers, fromModules, fromRollup, shipped, weighAll, withoutTool } from "./shipped.mjs";

const path = join(root, "docs/tools.md");
const { folder, reason } = await install();
const { folder: runtimes, reason: noRuntimes } = await install("runtimes");
if (reason ?? noRuntimes) {
  console.error(`tools: ${reason ?? noRuntimes}`);
  process.exit(1);
}

const module = (name) => join(folder, "node_modules", name);
const versionIn = (modules, name) => JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
const here = (name) => versionIn(join(root, "node_modules"), name);
const there = (name) => versionIn(join(folder, "node_modules"), name);

const viteOf = (name) => async (app, out) => {
  const { build } = await import(module(`${name}/dist/node/index.js`));
  const { output } = await build({ root: app, configFile: false, logLevel: "error", build: { outDir: out } });
  return fromRollup(output);
};

async function bun(app, out) {
  const { code, output } = await run(join(runtimes, BUN), bunBuild(out), { cwd: app });
  if (code) throw new Error(output);
  return fromModules(out, "main.js");
}

/** The package's own files, from here or from another origin. */
function noTool(app, out) {
  cpSync(join(app, "node_modules/procore-spa-auth/dist"), out, { recursive: true });
  writeFileSync(join(out, "main.js"), withoutTool(readFileSync(join(app, "main.js"), "utf8"), "."));
  return fromModules(out, "main.js");
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
  ["Vite", there("vite-7"), viteOf("vite-7"), "nothing"],
  ["Vite", there("vite-6"), viteOf("vite-6"), "nothing"],
  ["webpack", here("webpack"), bundlers.webpack, "nothing; under enforced Trusted Types `output.trustedTypes`, which is not tried here"],
  ["Rspack", here("@rspack/core"), bundlers.Rspack, "as webpack"],
  ["esbuild", here("esbuild"), bundlers.esbuild, "`--format=esm --splitting`, or all of it is loaded at start"],
  ["Rollup", here("rollup"), bundlers.Rollup, "`@rollup/plugin-node-resolve`"],
  ["Parcel", there("parcel"), parcel, "the hash of its inline import map in the page's `script-src`, where it has one"],
  ["Bun", versionIn(join(runtimes, "node_modules"), "bun"), bun, "`--splitting`, as esbuild"],
  ["no tool", "", noTool, "`<script type=\"module\">`, and the files of `dist/` beside each other; at a CDN, its `access-control-allow-origin`, and its origin in `script-src`"],
];

const IN_WORKER = APP.replace('"procore-spa-auth"', '"procore-spa-auth/worker"');
const SECOND = IN_WORKER.replace("{ createProcoreAuth }", "{ createProcoreAuth as createInWorker }")
  .replace("const auth = createProcoreAuth", "const other = createInWorker")
  .replace("auth.handle", "other.handle");
const APPS = [APP, IN_WORKER, APP + SECOND];

const count = (bytes) => bytes.toLocaleString("en");
const amount = ({ start, later }) => `${count(start)} + ${count(later)}`;

const HEADS = {
  tools: "| tool | what the package needs | default entry | worker entry | both |",
  frameworks: "| framework | the client adds | to an app of |",
};

const nameOf = (tool, version) => `${tool} ${version}`.trim();

async function toolRows() {
  const makes = Object.fromEntries(TOOLS.map(([tool, version, make]) => [nameOf(tool, version), make]));
  const sizes = [];
  for (const app of APPS) sizes.push(await shipped(undefined, app, makes));
  return TOOLS.map(([tool, version, , needs]) => {
    const cells = sizes.map((size) => amount(size[nameOf(tool, version)]));
    return `| ${nameOf(tool, version)} | ${needs} | ${cells.join(" | ")} |`;
  });
}

const frameworkRows = async () =>
  (await measureFrameworks()).map(({ title, version, by, without, with: having }) => {
    const added = { start: having.start - without.start, later: having.later - without.later };
    return `| ${title} ${version}${by ? `, ${by}` : ""} | ${amount(added)} | ${amount(without)} |`;
  });

/** The rows below a head, as the page has them. */
const kept = (head) => readFileSync(path, "utf8").split(`${head}\n`)[1].split("\n\n")[0].split("\n").slice(1);

const table = (head, rows) => [head, head.replace(/[^|]+/g, " --- ").trim(), ...rows].join("\n");

const isOfFrameworks = process.argv.includes("--frameworks");
const tools = table(HEADS.tools, isOfFrameworks ? kept(HEADS.tools) : await toolRows());
const frameworks = table(HEADS.frameworks, isOfFrameworks ? await frameworkRows() : kept(HEADS.frameworks));

const { dependencies: versions } = JSON.parse(readFileSync(join(root, "tests/tools/runtimes/package.json"), "utf8"));
const brotli = (file) => count(weighAll([join(root, "pkg/dist", file)]));

const page = `# Tools

Written by \`npm run tools\`. Each of these is tried by \`npm test -- packaging\`, Vite 6, Bun and a CDN by its long form: it builds an app, and
a browser runs it under a strict policy. The package is ES modules alone; the WebAssembly is text in them, so nothing has to be copied, and no loader is needed.

Bytes after brotli-11, at start + later, of an app that makes a client. Two runs of these measurements differed by up to 139 bytes:

${tools}

Later means right after the start, for the half of the core that those need who are signed in or come back from the login page; and
when it is asked for, if ever: what errors say, what waits for a login window, the check-up, the calls of who is signed in, and the worker's script. An app that serves that itself (\`workerUrl\`, see [worker.md](worker.md)) never loads it as
text: the ${brotli("worker-text.js")} bytes of \`worker-text.js\` stay where they are, and the worker loads the ${brotli("worker-script.js")} of \`worker-script.js\`. So where both
entries are used, that is the way to have the core once in what the page loads.

## Frameworks

The same of what a framework ships, which has scripts of its own: an app of one page is built without the client and with it (\`createProcoreAuth\`
and \`start()\`), by the versions and settings of the apps in \`tests/adapters\`. At start is what the page that is served names and
what that imports; later is the rest of what the build makes for browsers. Written by \`npm run tools -- --frameworks\`.

In Next.js the client is in a client component. What \`instrumentation-client\` imports, all of these builds but Turbopack's in Next.js 16 have a
second time, in the scripts of the Pages Router, which no page of the App Router loads. Nuxt's page has \`prefetch\` links to all that is later: browsers
that heed them fetch it when they have nothing else to do.

${frameworks}

## Elsewhere

| elsewhere | |
| --- | --- |
| classic scripts | what a bundler makes of it in the format \`iife\`; the text is ASCII, so the page's charset does not matter (tried in windows-1252) |
| TypeScript | \`moduleResolution\` \`bundler\`, \`node16\` or later, or \`node10\`; for \`node10\` there are folders beside \`exports\`. \`exactOptionalPropertyTypes\` is fine |
| Node | \`import\` and \`require\`, from 20.19 on; importing runs nothing |
| Bun, Deno | \`import\`, by \`npm run test:long\` (Bun ${versions.bun}, Deno ${versions.deno}) |
| Vitest, Jest | see [testing.md](testing.md) |
`;

writeFileSync(path, page);
console.log(page);
