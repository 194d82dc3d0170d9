// The contestants, each as a bundler ships it, in a folder of its own; what each can do, and what it weighs.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { root, target } from "../scripts/run.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(root, "pkg/dist");

/** In this order in all tables: the measure of the others first. */
const FIRST = ["hand-written", "procore-spa-auth"];

/** Of each contestant two scripts: what it takes to a login URL and a callback, and what it takes to a session. */
const PARTS = { main: "contestants", session: "sessions" };

/**
 * Builds all contestants, and those `also` given: `[name, folder]`, another build of this package each. Answers with
 * `{ folder, contestants }`: where they are, and of each its `name`, what it `exports`, and the `sizes` of its scripts in bytes
 * after brotli-11, at start.
 */
export async function buildContestants(also) {
  const folder = join(target, "bench");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = Object.values(PARTS).flatMap((part) => readdirSync(join(here, part)));
  const names = new Set([...FIRST, ...also.map(([name]) => name), ...files.map((file) => basename(file, ".js"))]);
  const contestants = [];
  for (const name of names) {
    const contestant = { name, exports: [], sizes: {} };
    for (const [script, part] of Object.entries(PARTS)) {
      const other = also.find(([one]) => one === name)?.[1];
      const entry = join(here, part, other ? "procore-spa-auth.js" : `${name}.js`);
      if (!existsSync(entry)) continue;
      const { exports, size } = await bundle(entry, other ?? dist, join(folder, name), script);
      contestant.exports.push(...exports);
      contestant.sizes[script] = size;
    }
    contestants.push(contestant);
  }
  return { folder, contestants };
}

async function bundle(entry, from, outdir, script) {
  const { metafile } = await build({
    entryPoints: { [script]: entry },
    alias: { "procore-spa-auth": join(from, "index.js"), "procore-spa-auth/worker": join(from, "worker.js") },
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true,
    target: "es2022",
    metafile: true,
    logLevel: "error",
  });
  const isEntry = ([, { entryPoint }]) => entryPoint && resolve(entryPoint) === entry;
  const [file, { exports }] = Object.entries(metafile.outputs).find(isEntry);
  return { exports, size: atStart(metafile.outputs, file) };
}

/** What an entry loads before it runs, itself included. */
function atStart(outputs, entry) {
  const found = new Set([entry]);
  for (const file of found) {
    for (const { kind, path } of outputs[file].imports) if (kind === "import-statement") found.add(path);
  }
  return [...found].reduce((sum, file) => sum + brotliCompressSync(readFileSync(file)).length, 0);
}
