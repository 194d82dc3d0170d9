// docs/tools.md tells of the versions that are tried.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");
const pinned = (file) => Object.values(JSON.parse(read(file))).flatMap((part) => (typeof part === "object" ? Object.entries(part) : []));

test("the versions in docs/tools.md are those that are installed", () => {
  const versions = new Map();
  for (const [name, version] of [...pinned("package.json"), ...pinned("tests/tools/package.json"), ...pinned("tests/tools/runtimes/package.json")]) {
    versions.set(name, [...(versions.get(name) ?? []), version.replace(/^npm:.*@/, "")]);
  }
  const names = { Vite: ["vite", "vite-7"], webpack: ["webpack"], Rspack: ["@rspack/core"], esbuild: ["esbuild"], Rollup: ["rollup"], Parcel: ["parcel"] };
  const page = read("docs/tools.md");
  const told = [...page.matchAll(/^\| (\w+) (\d+\.\d+\.\d+) \|/gm)].map(([, tool, version]) => [tool, version]);
  const installed = Object.entries(names).flatMap(([tool, packages]) => packages.flatMap((name) => versions.get(name).map((version) => [tool, version])));
  assert.deepEqual(told.sort(), installed.sort());
  for (const [tool, name] of [["Bun", "bun"], ["Deno", "deno"]]) assert.ok(page.includes(`${tool} ${versions.get(name)[0]}`), tool);
});
