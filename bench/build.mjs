// The contestants, each as a bundler ships it, in a folder of its own; and what each weighs.

import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { root, target } from "../scripts/run.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(root, "pkg/dist");

/**
 * Builds all contestants, and those `also` given: `[name, folder]`, another build of this package each. Answers with
 * `{ folder, names, sizes }`: where they are, who they are, and how many bytes after brotli-11 each has at start.
 */
export async function buildContestants(also) {
  const folder = join(target, "bench");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(join(here, "contestants"));
  // The measure of the others first.
  const names = ["hand-written", "procore-spa-auth", ...also.map(([name]) => name)];
  names.push(...files.map((file) => file.replace(/\.js$/, "")).filter((name) => !names.includes(name)));
  const sizes = {};
  for (const name of names) {
    const other = also.find(([one]) => one === name)?.[1];
    const { metafile } = await build({
      entryPoints: { main: join(here, "contestants", other ? "procore-spa-auth.js" : `${name}.js`) },
      alias: { "procore-spa-auth": join(other ?? dist, "index.js") },
      outdir: join(folder, name),
      bundle: true,
      minify: true,
      format: "esm",
      splitting: true,
      target: "es2022",
      metafile: true,
      logLevel: "error",
    });
    sizes[name] = atStart(metafile.outputs);
  }
  return { folder, names, sizes };
}

/** What an entry loads before it runs, itself included. */
function atStart(outputs) {
  const found = new Set(Object.keys(outputs).filter((file) => outputs[file].entryPoint?.includes("contestants/")));
  for (const file of found) {
    for (const { kind, path } of outputs[file].imports) if (kind === "import-statement") found.add(path);
  }
  return [...found].reduce((sum, file) => sum + brotliCompressSync(readFileSync(file)).length, 0);
}
