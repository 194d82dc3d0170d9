// Many small pages, built at once by each of the five bundlers that apps are built with.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rspack } from "@rspack/core";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/**
 * Writes `pages`, `{ name: { source, files } }`, into `home`, and builds each with each bundler into `out(bundler)`, as
 * production builds are by default: `name.js`, unless `maps` asks for source maps too.
 *
 * `env` is what `import.meta.env` and `process.env` become, and `constants` are replaced by their values.
 */
export async function bundle({ home, pages, env, constants, out, maps = false }) {
  const entries = {};
  for (const [name, { source, files = {} }] of Object.entries(pages)) {
    const folder = join(home, name);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    writeFileSync((entries[name] = join(folder, "main.js")), source);
  }
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const define = { ...constants, "process.env": JSON.stringify(env.process) };
  for (const [name, make] of Object.entries(bundlers)) {
    await make({ home, entries, define, env: env.meta, out: out(name), maps });
  }
}

const metaEnv = (env) => ({ "import.meta.env": JSON.stringify(env) });

const bundlers = {
  async Vite({ home, entries, define, env, out, maps }) {
    // Vite reads these by itself, and shows a page those that begin with VITE_.
    writeFileSync(join(home, ".env.production"), Object.entries(env).map(([name, value]) => `${name}=${value}\n`).join(""));
    const output = { entryFileNames: "[name].js" };
    await vite({
      root: home,
      configFile: false,
      logLevel: "error",
      define,
      build: { outDir: out, emptyOutDir: false, sourcemap: maps, modulePreload: false, rolldownOptions: { input: entries, output } },
    });
  },
  webpack: (given) => packed(webpack, given),
  Rspack: (given) => packed(rspack, given),
  async Rollup({ entries, define, env, out, maps }) {
    const bundle = await rollup({ input: entries, plugins: [json, replaced({ ...define, ...metaEnv(env) })], logLevel: "silent" });
    await bundle.write({ dir: out, format: "es", entryFileNames: "[name].js", sourcemap: maps });
    await bundle.close();
  },
  esbuild: ({ entries, define, env, out, maps }) =>
    esbuild({
      entryPoints: entries,
      outdir: out,
      bundle: true,
      minify: true,
      format: "esm",
      define: { ...define, ...metaEnv(env) },
      sourcemap: maps,
      logLevel: "error",
    }),
};

export const BUNDLERS = Object.keys(bundlers);

/** What Rollup's own plugins for JSON and for constants do, in so far as it is needed here. */
const json = { name: "json", transform: (code, id) => (id.endsWith(".json") ? `export default ${code};` : undefined) };
const replaced = (constants) => ({
  name: "constants",
  transform: (code) => Object.entries(constants).reduce((text, [name, value]) => text.replaceAll(name, () => value), code),
});

function packed(bundler, { home, entries, define, env, out, maps }) {
  return new Promise((done, failed) =>
    bundler(
      {
        mode: "production",
        context: home,
        entry: entries,
        output: { path: out, filename: "[name].js" },
        devtool: maps ? "source-map" : false,
        plugins: [new bundler.DefinePlugin({ ...define, ...metaEnv(env) })],
      },
      (error, stats) => {
        if (error || stats.hasErrors()) failed(error ?? new Error(stats.toString("errors-only")));
        else done();
      },
    ),
  );
}
