// docs/tools.md tells of the versions that are tried, and has a row for each.

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
  Vite: ["vite", "vite-7", "vite-6"],
  webpack: ["webpack"],
  Rspack: ["@rspack/core"],
  esbuild: ["esbuild"],
  Rollup: ["rollup"],
  Parcel: ["parcel"],
  Bun: ["bun"],
};
/** `[folder below tests/adapters, package, how the page calls it, by which bundlers]` */
const FRAMEWORKS = [
  ["next", "next", "Next.js", ["Turbopack", "webpack"]],
  ["next-15", "next", "Next.js", ["Turbopack", "webpack"]],
  ["nuxt", "nuxt", "Nuxt"],
  ["svelte", "@sveltejs/kit", "SvelteKit"],
  ["angular", "@angular/core", "Angular"],
];
/** Sizes at start and later, of which none is zero. */
const SIZES = /^[1-9][\d,]* \+ [1-9][\d,]*$/;

const page = read("docs/tools.md");
/** The cells of each row below a head that begins with this word. */
const tableOf = (head) => {
  const [, rows] = new RegExp(`^\\| ${head} \\|.*\\n.*\\n((?:\\|.*\\n)+)`, "m").exec(page);
  return rows.trim().split("\n").map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
};

test("the versions in docs/tools.md are those that are installed", () => {
  const versions = new Map();
  for (const [name, version] of MANIFESTS.flatMap(pinned)) {
    versions.set(name, [...(versions.get(name) ?? []), version.replace(/^npm:.*@/, "")]);
  }
  const versionsOf = (packages) => packages.flatMap((name) => versions.get(name));
  const installed = Object.entries(PACKAGES).flatMap(([tool, packages]) => versionsOf(packages).map((version) => `${tool} ${version}`));
  const rows = tableOf("tool");
  assert.deepEqual(rows.map(([tool]) => tool).sort(), [...installed, "no tool"].sort());
  for (const [tool, , ...sizes] of rows) {
    assert.equal(sizes.length, 3, tool);
    for (const size of sizes) assert.match(size, SIZES, tool);
  }
  for (const [tool, name] of [["Bun", "bun"], ["Deno", "deno"]]) assert.ok(page.includes(`${tool} ${versions.get(name)[0]}`), tool);
});

test("every framework whose apps are tried has its row, by each of its bundlers", () => {
  const installed = FRAMEWORKS.flatMap(([folder, name, title, bundlers = [undefined]]) => {
    const [[, version]] = pinned(`tests/adapters/${folder}/package.json`).filter(([other]) => other === name);
    return bundlers.map((bundler) => (bundler ? `${title} ${version}, ${bundler}` : `${title} ${version}`));
  });
  const rows = tableOf("framework");
  assert.deepEqual(rows.map(([framework]) => framework).sort(), installed.sort());
  for (const [framework, added] of rows) assert.match(added, SIZES, framework);
});
