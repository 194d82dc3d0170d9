// docs/tools.md tells of the versions that are tried.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");
/** `[package, version]` of all that a manifest names. */
const pinned = (file) => {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file));
  return [...Object.entries(dependencies), ...Object.entries(devDependencies)];
};
const MANIFESTS = ["package.json", "tests/tools/package.json", "tests/tools/runtimes/package.json"];
const PACKAGES = {
  Vite: ["vite", "vite-7"],
  webpack: ["webpack"],
  Rspack: ["@rspack/core"],
  esbuild: ["esbuild"],
  Rollup: ["rollup"],
  Parcel: ["parcel"],
};

test("the versions in docs/tools.md are those that are installed", () => {
  const versions = new Map();
  for (const [name, version] of MANIFESTS.flatMap(pinned)) {
    versions.set(name, [...(versions.get(name) ?? []), version.replace(/^npm:.*@/, "")]);
  }
  const page = read("docs/tools.md");
  const told = [...page.matchAll(/^\| (\w+) (\d+\.\d+\.\d+) \|/gm)].map(([, tool, version]) => [tool, version]);
  const versionsOf = (packages) => packages.flatMap((name) => versions.get(name));
  const installed = Object.entries(PACKAGES).flatMap(([tool, packages]) => versionsOf(packages).map((version) => [tool, version]));
  assert.deepEqual(told.sort(), installed.sort());
  for (const [tool, name] of [["Bun", "bun"], ["Deno", "deno"]]) assert.ok(page.includes(`${tool} ${versions.get(name)[0]}`), tool);
});
