// The bundlers that apps are built with, in production mode, and how much they make of the package.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, posix } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { rspack } from "@rspack/core";
import resolve from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { parseAst } from "rollup/parseAst";
import { build as vite } from "vite";
import webpack from "webpack";
import { root } from "./run.mjs";

/** The least that an app does with the package. */
export const APP = `import { createProcoreAuth } from "procore-spa-auth";
export const auth = createProcoreAuth({
  credentials: { production: { clientId: "CID", redirectUris: [location.origin + "/callback"] } },
});
auth.handleRedirect();
`;

/**
 * Each builds `main.js` of the folder `app` into `out`, as it does by default. Answers with `{ name: { isEntry, imports } }`
 * of the scripts that were made, where `imports` are the names of those that each loads before it runs.
 */
export const bundlers = {
  async Vite(app, out) {
    const { output } = await vite({ root: app, configFile: false, logLevel: "error", build: { outDir: out } });
    return fromRollup(output);
  },
  webpack: (app, out) => fromWebpack(webpack, app, out),
  Rspack: (app, out) => fromWebpack(rspack, app, out),
  async esbuild(app, out) {
    const { outputs } = (
      await esbuild({
        entryPoints: [join(app, "main.js")],
        outdir: out,
        bundle: true,
        minify: true,
        // Without these, it puts into one file what is to be loaded later.
        format: "esm",
        splitting: true,
        metafile: true,
        logLevel: "error",
      })
    ).metafile;
    return Object.fromEntries(
      Object.entries(outputs).map(([file, { entryPoint, imports }]) => [
        basename(file),
        {
          isEntry: Boolean(entryPoint?.endsWith("main.js")),
          imports: imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => basename(path)),
        },
      ]),
    );
  },
  async Rollup(app, out) {
    const bundle = await rollup({ input: join(app, "main.js"), plugins: [resolve({ browser: true })] });
    const { output } = await bundle.write({ dir: out, format: "es" });
    await bundle.close();
    return fromRollup(output);
  },
};

export const fromRollup = (output) =>
  Object.fromEntries(
    output.filter(({ type }) => type === "chunk").map(({ fileName, isEntry, imports }) => [fileName, { isEntry, imports }]),
  );

/** The same, of the modules in `out` that the one by the name `entry` leads to. */
export function fromModules(out, entry) {
  const scripts = {};
  const visit = (name) => {
    if (scripts[name]) return;
    const { atStart, later } = importsOf(readFileSync(join(out, name), "utf8"));
    const [imports, others] = [atStart, later].map((paths) => paths.map((path) => posix.join(posix.dirname(name), path)));
    scripts[name] = { isEntry: name === entry, imports };
    [...imports, ...others].forEach(visit);
  };
  visit(entry);
  return scripts;
}

/** The paths by which a script names others: those that are loaded before it runs, and those that it may load later. */
export function importsOf(script) {
  const atStart = [];
  const later = [];
  const visit = (node) => {
    if (!node || typeof node !== "object") return;
    const path = node.source?.value;
    if (path) (node.type === "ImportExpression" ? later : atStart).push(path);
    Object.values(node).forEach(visit);
  };
  visit(parseAst(script));
  return { atStart, later };
}

/** The script of an app that has no tool: it names the package's files, in the folder at `url`. */
export const withoutTool = (script, url) =>
  script.replace(/"procore-spa-auth(\/worker)?"/g, (_, worker) => `"${url}/${worker ? "worker" : "index"}.js"`);

function fromWebpack(bundler, app, path) {
  const entry = join(app, "main.js");
  return new Promise((done, failed) =>
    bundler({ mode: "production", context: app, entry, output: { path } }, (error, stats) => {
      if (error || stats.hasErrors()) return failed(error ?? new Error(stats.toString("errors-only")));
      const { assets, entrypoints } = stats.toJson({ assets: true, entrypoints: true });
      const atStart = new Set(entrypoints.main.assets.map(({ name }) => name));
      done(Object.fromEntries(assets.map(({ name }) => [name, { isEntry: atStart.has(name), imports: [] }])));
    }),
  );
}

/** `[at start, later]`: the scripts that are there before the app runs, and the others. */
function sort(scripts) {
  const atStart = new Set();
  const add = (name) => {
    if (atStart.has(name)) return;
    atStart.add(name);
    scripts[name].imports.forEach(add);
  };
  Object.keys(scripts).forEach((name) => scripts[name].isEntry && add(name));
  return [[...atStart], Object.keys(scripts).filter((name) => !atStart.has(name))];
}

/** Bytes after brotli-11, each file by itself, as servers compress them. */
export const weighAll = (paths) => paths.reduce((sum, path) => sum + brotliCompressSync(readFileSync(path)).length, 0);

/** For each file that a page with a session loads beside what is there at start: something of its text that every tool leaves as it is. */
const marks = (dist) => {
  const part = /[^"]{2000}/.exec(readFileSync(join(dist, "core-rest.js"), "utf8"))[0].slice(-100);
  return [(text) => text.includes(part), (text) => /\(["'`]\/rest\/v1\.0\/me/.test(text)];
};

/**
 * `{ tool: { start, later, session } }` of an app whose script is `main`: `session`: what is there at start, and what
 * a page loads where somebody is signed in.
 */
export async function shipped(dist = join(root, "pkg/dist"), main = APP, tools = bundlers) {
  // Outside of the workspace, where no bundler finds its tsconfig.json, whose paths lead to pkg/src.
  const home = mkdtempSync(join(tmpdir(), "procore-spa-auth-size-"));
  try {
    return await shipFrom(dist, home, main, tools);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function shipFrom(dist, home, main, tools) {
  const app = join(home, "app");
  const installed = join(app, "node_modules/procore-spa-auth");
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, "pkg/package.json"), join(installed, "package.json"));
  cpSync(dist, join(installed, "dist"), { recursive: true });
  // For tools that do not read `exports`.
  cpSync(join(root, "pkg/worker"), join(installed, "worker"), { recursive: true });
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  writeFileSync(join(app, "index.html"), '<!doctype html><script type="module" src="/main.js"></script>');
  writeFileSync(join(app, "main.js"), main);
  const sizes = {};
  for (const [tool, make] of Object.entries(tools)) {
    const out = join(home, tool);
    const weigh = (names) => weighAll(names.map((name) => join(out, name)));
    const [start, later] = sort(await make(app, out));
    const found = later.filter((name) => marks(dist).some((isIn) => isIn(readFileSync(join(out, name), "utf8"))));
    sizes[tool] = { start: weigh(start), later: weigh(later), session: weigh([...start, ...found]) };
  }
  return sizes;
}
