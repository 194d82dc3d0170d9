// Tools that do not read `exports` find every entry by its folder: TypeScript's `node10`, and Parcel as it is set by default.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, run } from "../../scripts/run.mjs";
import { textIn } from "../support/module.mjs";
import { pack } from "../support/package.mjs";
import { install, project } from "../support/tools.mjs";

const { folder: tools, reason } = await install();
const { exports } = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));
const entries = Object.keys(exports).filter((entry) => exports[entry].types);
/** What needs nothing else. The others are for Node and bundlers, and for frameworks, which have tests of their own. */
const forPages = entries.filter((entry) => {
  const types = readFileSync(join(root, "pkg", exports[entry].types), "utf8");
  return !entry.startsWith("./audit") && !/\bfrom "[^.]/.test(types);
});
const nameOf = (entry) => `procore-spa-auth${entry.slice(1)}`;

let packed;

before(async () => (packed = await pack()));
after(() => packed?.remove());

test("TypeScript finds every entry by node10, node16 and bundler", { skip: reason }, async () => {
  const lines = forPages.map((entry, index) => `import * as it${index} from "${nameOf(entry)}";\nexport { it${index} };\n`);
  for (const [moduleResolution, module] of [["node10", "es2022"], ["node16", "node16"], ["bundler", "es2022"]]) {
    const compilerOptions = { moduleResolution, module, target: "es2022", noEmit: true, strict: true, types: [] };
    const files = { "app.mts": lines.join(""), "tsconfig.json": JSON.stringify({ compilerOptions }) };
    const app = project(tools, `typescript-${moduleResolution}`, packed.folder, files);
    const { code, output } = await run(process.execPath, [join(tools, "node_modules/typescript/bin/tsc")], { cwd: app });
    assert.equal(code, 0, `${moduleResolution}: ${output}`);
  }
});

test("Parcel finds every entry for pages, and leaves each whole", { skip: reason }, async () => {
  const calls = forPages.map((entry, index) => `import * as it${index} from "${nameOf(entry)}";\nconsole.log(Object.keys(it${index}));\n`);
  const app = project(tools, "parcel", packed.folder, {
    "index.html": '<!doctype html><script type="module" src="main.js"></script>',
    "main.js": calls.join(""),
  });
  const args = ["build", "index.html", "--no-cache", "--no-source-maps", "--log-level", "error", "--dist-dir", "out"];
  const { code, output } = await run(process.execPath, [join(tools, "node_modules/parcel/lib/bin.js"), ...args], { cwd: app });
  assert.equal(code, 0, output);
  const made = readdirSync(join(app, "out")).filter((file) => file.endsWith(".js"));
  for (const part of ["index", "core-rest"]) {
    const text = textIn(part, packed.dist);
    assert.ok(made.some((file) => readFileSync(join(app, "out", file), "utf8").includes(text)), made.join());
  }
});
