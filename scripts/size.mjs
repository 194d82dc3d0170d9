// Holds the package to its size.
//
// usage: node scripts/size.mjs [--explain] [--update]
//   --explain  says which crates and functions weigh most, and what grew; always said when the limit is broken
//   --update   makes today's sizes the ones that growth is measured from

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { root, run, tail, target } from "./run.mjs";
import { crateOf, measure } from "./wasm-functions.mjs";

// What the package is to be held to. While it is larger, it may not grow: the baseline is its limit.
const CEILING = 24 * 1024;
const AIM = 16 * 1024;
const baselineFile = join(root, "scripts/size-baseline.json");
const flags = process.argv.slice(2);
const bytes = (count) => `${count.toLocaleString("en")} bytes`;

function refuse(message) {
  console.error(`size: ${message}`);
  process.exit(1);
}

function entry() {
  try {
    return readFileSync(join(root, "pkg/dist/index.js"));
  } catch {
    return refuse("pkg/dist/index.js is not there; run: npm run build");
  }
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

function readBaseline() {
  try {
    return JSON.parse(readFileSync(baselineFile, "utf8"));
  } catch {
    return { brotli: 0, crates: {}, functions: {} };
  }
}

const descending = (sizes) => [...sizes].sort((a, b) => b[1] - a[1]);

function explain(weights, compressed, baseline) {
  // Compression has no parts: each gets its share of the result.
  const share = (size) => Math.round((size / weights.total) * compressed);
  const column = (size, width) => size.toLocaleString("en").padStart(width);
  const list = (title, sizes, count) => {
    console.log(`\n${title}`);
    for (const [name, size] of sizes.slice(0, count)) {
      console.log(`${column(size, 8)}  ≈ ${column(share(size), 6)} compressed  ${name.slice(0, 150)}`);
    }
  };
  const grown = (now, before) => {
    const growth = [...now].map(([name, size]) => [name, size - (before[name] ?? 0)]);
    return descending(growth).filter(([, more]) => more > 16);
  };
  const crates = byCrate(weights);
  list("Bytes of WebAssembly by crate:", descending(crates), 20);
  list("The largest functions:", descending(weights.functions), 25);
  if (!baseline.brotli) return;
  list("Crates that grew since scripts/size-baseline.json:", grown(crates, baseline.crates), 10);
  list("Functions that grew:", grown(weights.functions, baseline.functions), 25);
}

const compressed = brotliCompressSync(entry()).length;
const baseline = readBaseline();
const limit = Math.max(CEILING, baseline.brotli);
const broken = compressed > limit;
const growth = compressed - baseline.brotli;
const since = baseline.brotli ? `, ${growth < 0 ? "" : "+"}${growth} since the baseline` : "";
console.log(`pkg/dist/index.js: ${bytes(compressed)} brotli-11 (ceiling ${bytes(CEILING)}, aim ${bytes(AIM)}${since})`);
if (compressed > CEILING) console.log(`THE CEILING IS NOT MET YET: ${bytes(compressed - CEILING)} over it.`);

if (broken || flags.length) {
  const weights = await weigh();
  if (broken || flags.includes("--explain")) explain(weights, compressed, baseline);
  if (flags.includes("--update")) {
    const sizes = (map) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    const today = { brotli: compressed, crates: sizes(byCrate(weights)), functions: sizes(weights.functions) };
    writeFileSync(baselineFile, `${JSON.stringify(today, undefined, 1)}\n`);
  }
}
if (broken) refuse(`${bytes(compressed - limit)} over the limit`);
