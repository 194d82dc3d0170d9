// Every tool that pages are built with: how each makes a page of an app, and serves that.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { build as viteBuild, createServer as createVite } from "vite";
import { must } from "../support/package.mjs";
import { startPages } from "../support/servers.mjs";
import { BUN, bunBuild, install } from "../support/tools.mjs";
import { bundlers, withoutTool } from "../../scripts/shipped.mjs";

const { folder: tools } = await install();
export const template = fileURLToPath(new URL("app", import.meta.url));

const quiet = (root, outDir) => ({
  root,
  configFile: false,
  logLevel: "error",
  clearScreen: false,
  cacheDir: join(root, "node_modules/.vite"),
  build: { outDir, emptyOutDir: true },
});

const mainOf = (root) => readFileSync(join(root, "main.js"), "utf8");
const html = (script) => readFileSync(join(template, "index.html"), "utf8").replace(/<script.*<\/script>/, script);

/** Serves what a bundler has made. */
async function serve(t, folder, policy, headers) {
  const server = await startPages({ folders: { "/": folder }, policy, headers });
  t.after(() => server.close());
  return `${server.origin}/index.html`;
}

export const PAGE_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'";
export const WORKER_POLICY = PAGE_POLICY.replace("trusted-types 'none'", "trusted-types procore-spa-auth; worker-src blob:");
export const SERVED_POLICY = WORKER_POLICY.replace("worker-src blob:", "worker-src 'self'");

/** An empty folder for what is made of the app in `root`. */
export function folder(root, name) {
  const path = join(root, "..", `${basename(root)}-${name}`);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Each answers with the URL of a page that runs the `main.js` of an app, under a policy. */
export const TOOLS = {
  "Vite, dev": (...given) => viteServed(createVite, ...given),
  "Vite, build": async (t, root, policy) => {
    const out = folder(root, "vite");
    await viteBuild(quiet(root, out));
    return serve(t, out, policy);
  },
  "esbuild, esm": (...given) => bundled(...given, "esm", '<script type="module" src="/main.js"></script>'),
  "esbuild, iife": (...given) => bundled(...given, "iife", '<script src="/main.js"></script>'),
  webpack: (...given) => classic("webpack", ...given),
  Rspack: (...given) => classic("Rspack", ...given),
  async Rollup(t, root, policy) {
    const out = folder(root, "rollup");
    await bundlers.Rollup(root, out);
    return publish(t, root, out, policy, html('<script type="module" src="/main.js"></script>'));
  },
  "esbuild, in windows-1252": (...given) => bundled(...given, "iife", '<script src="/main.js"></script>', "windows-1252"),
  "no tool at all": async (t, root, policy) => {
    const out = folder(root, "plain");
    cpSync(join(root, "node_modules/procore-spa-auth/dist"), join(out, "procore-spa-auth"), { recursive: true });
    writeFileSync(join(out, "main.js"), withoutTool(mainOf(root), "/procore-spa-auth"));
    writeFileSync(join(out, "index.html"), html('<script type="module" src="/main.js"></script>'));
    return serve(t, out, policy);
  },
};

/** Tools of tests/tools: once for each page is enough, in one engine. */
export const MORE_TOOLS = {
  "Vite 7, build": (...given) => viteBuilt("vite-7", ...given),
  Parcel: async (t, root, policy) => {
    const out = folder(root, "parcel");
    const args = ["build", "index.html", "--no-cache", "--no-source-maps", "--no-autoinstall", "--dist-dir", out];
    await must(process.execPath, [join(tools, "node_modules/parcel/lib/bin.js"), ...args], { cwd: root });
    putWorkerScript(root, out);
    // Where its scripts are, an import map in the page says, which a policy has to allow by its hash.
    const [, map] = /<script type=importmap>(.+?)<\/script>/.exec(readFileSync(join(out, "index.html"), "utf8"));
    const hash = createHash("sha256").update(map).digest("base64");
    return serve(t, out, policy.replace("script-src", `script-src 'sha256-${hash}'`));
  },
};

/** Those of the long form. */
export const LONG_TOOLS = {
  "Vite 7, dev": async (...given) => viteServed((await viteOf("vite-7")).createServer, ...given),
  "Vite 6, build": (...given) => viteBuilt("vite-6", ...given),
  "Vite 6, dev": async (...given) => viteServed((await viteOf("vite-6")).createServer, ...given),
  async Bun(t, root, policy) {
    const { folder: runtimes, reason } = await install("runtimes");
    if (reason) throw new Error(reason);
    const out = folder(root, "bun");
    await must(join(runtimes, BUN), bunBuild(out), { cwd: root });
    return publish(t, root, out, policy, html('<script type="module" src="/main.js"></script>'));
  },
  /** The files of the package from another origin, which lets this one read them. */
  "a CDN": async (t, root, policy) => {
    const headers = { "access-control-allow-origin": "*" };
    const dist = join(root, "node_modules/procore-spa-auth/dist");
    const cdn = await startPages({ folders: { "/procore-spa-auth@0.1.0/": dist }, policy: null, headers });
    t.after(() => cdn.close());
    const out = folder(root, "cdn");
    writeFileSync(join(out, "main.js"), withoutTool(mainOf(root), `${cdn.origin}/procore-spa-auth@0.1.0`));
    return publish(t, root, out, policy.replace("'self'", `'self' ${cdn.origin}`), html('<script type="module" src="/main.js"></script>'));
  },
};

const viteOf = (name) => import(join(tools, "node_modules", name, "dist/node/index.js"));

async function viteBuilt(name, t, root, policy) {
  const { build } = await viteOf(name);
  const out = folder(root, name);
  await build(quiet(root, out));
  return serve(t, out, policy);
}

async function viteServed(create, t, root) {
  const server = await create({
    ...quiet(root),
    server: { host: "127.0.0.1", port: 0, strictPort: false, hmr: false, watch: null },
  });
  t.after(() => server.close());
  await server.listen();
  return `http://localhost:${server.httpServer.address().port}/`;
}

async function bundled(t, root, policy, format, script, charset) {
  const out = folder(root, `esbuild-${format}-${charset}`);
  await esbuild({
    entryPoints: [join(root, "main.js")],
    outfile: join(out, "main.js"),
    bundle: true,
    minify: true,
    format,
    logLevel: "error",
  });
  const page = charset ? html(script).replace("utf-8", charset) : html(script);
  const type = (file) => (file.endsWith(".js") ? "text/javascript" : "text/html");
  const headers = charset && ((file) => ({ "content-type": `${type(file)}; charset=${charset}` }));
  return publish(t, root, out, policy, page, headers);
}

/** Classic scripts in UTF-8, but neither page nor server says so: browsers take them for windows-1252. */
async function classic(tool, t, root, policy) {
  const out = folder(root, tool);
  await bundlers[tool](root, out);
  const page = html('<script src="/main.js" defer></script>').replace(/<meta charset.*\n/, "");
  const headers = (file) => ({ "content-type": file.endsWith(".js") ? "text/javascript" : "text/html" });
  return publish(t, root, out, untyped(policy), page, headers);
}

/** For those that load scripts later in a way that Trusted Types forbid. */
const untyped = (policy) => policy.replace(/; require-trusted-types-for 'script'; trusted-types [\w'-]+/, "");

/** Beside what a bundler has made: the page, and the worker's script. */
function publish(t, root, out, policy, page, headers) {
  writeFileSync(join(out, "index.html"), page);
  putWorkerScript(root, out);
  return serve(t, out, policy, headers);
}

/** As it would come out of public/. */
const putWorkerScript = (root, out) =>
  cpSync(join(root, "node_modules/procore-spa-auth/dist/worker-script.js"), join(out, "procore-spa-auth/worker-script.js"));
