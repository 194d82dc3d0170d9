// Holds what users download to a ceiling: the median of what five bundlers make of an app that imports the default entry.
//
// usage: node scripts/size.mjs [--explain]
//   --explain  says which crates and functions weigh most; always said when the ceiling is broken

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, tail, target } from "./run.mjs";
import { shipped } from "./shipped.mjs";
import { crateOf, measure } from "./wasm-functions.mjs";

/** In bytes after brotli-11, at start; what is loaded later does not count, and is told beside it. */
const CEILING = 28_900;
const AIM = 27_900;

const count = (number) => number.toLocaleString("en");
const descending = (sizes) => [...sizes].sort((a, b) => b[1] - a[1]);

function refuse(message) {
  console.error(`size: ${message}`);
  process.exit(1);
}

/** The same code as in the package, with its function names. */
async function weigh() {
  const { code, output } = await run("cargo", ["xtask", "names"], { label: "building with names" });
  if (code) refuse(`the build with names failed\n${tail(output, 40)}`);
  return measure(readFileSync(join(target, "size/core_bg.wasm")));
}

function byCrate({ functions, data }) {
  const crates = new Map([["(data)", data]]);
  for (const [name, size] of functions) crates.set(crateOf(name), (crates.get(crateOf(name)) ?? 0) + size);
  return crates;
}

function explain(weights, compressed) {
  // Compression has no parts: each gets its share of the result.
  const share = (size) => Math.round((size / weights.total) * compressed);
  const list = (title, sizes, most) => {
    console.log(`\n${title}`);
    for (const [name, size] of descending(sizes).slice(0, most)) {
      console.log(`${count(size).padStart(8)}  ≈ ${count(share(size)).padStart(6)} compressed  ${name.slice(0, 150)}`);
    }
  };
  list("Bytes of WebAssembly by crate:", byCrate(weights), 20);
  list("The largest functions:", weights.functions, 25);
}

if (!existsSync(join(root, "pkg/dist/index.js"))) refuse("pkg/dist/index.js is not there; run: npm run build");
const sizes = Object.entries(await shipped());
const middle = (name) => sizes.map(([, size]) => size[name]).sort((a, b) => a - b)[sizes.length >> 1];
const median = middle("start");
for (const [tool, { start, session, later }] of sizes) {
  console.log(`${tool.padEnd(8)} ${count(start)} bytes brotli-11 at start, ${count(session)} with a session; ${count(later)} are not there at start`);
}
console.log(`median   ${count(median)} bytes at start (ceiling ${count(CEILING)}, aim ${count(AIM)}), ${count(middle("session"))} with a session`);
const isBroken = median > CEILING;
if (isBroken || process.argv.includes("--explain")) explain(await weigh(), median);
if (isBroken) refuse(`${count(median - CEILING)} bytes above the ceiling`);
