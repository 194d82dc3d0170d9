// A small app of one framework, installed and built as its users do it, with its authorization server.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, target } from "../../scripts/run.mjs";
import { startServer } from "../../www/server/index.mjs";
import { must } from "../support/package.mjs";
import { openDoor, startPages } from "../support/servers.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
const complaining = readFileSync(join(here, "complaining.js"), "utf8");

/**
 * Copies the app of `framework`, or for it that of `app`, installs what its lockfile names, and puts the packed package beside that, below
 * the folder `into`. Answers with its folder.
 */
export async function install(framework, packed, app = framework, into = join(target, "adapters")) {
  const folder = join(into, framework);
  const installed = join(folder, "node_modules");
  rmSync(join(folder, "src"), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const source of [app, framework]) cpSync(join(here, source), folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  await must("npm", ["ci", "--no-progress", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], { cwd: folder });
  rmSync(join(installed, "procore-spa-auth"), { recursive: true, force: true });
  cpSync(packed.folder, join(installed, "procore-spa-auth"), { recursive: true });
  return folder;
}

/** Builds the app by its own Vite. */
export function build(folder, { dist = "dist", mode = "production", env } = {}) {
  return runTool(folder, ["vite/bin/vite.js", "build", "--outDir", dist, "--mode", mode, "--logLevel", "warn"], { ...env, NODE_ENV: mode });
}

/** Writes beside `index.html` of what was built another page, with the app's base. Answers with its name. */
export function writeBased(folder, base) {
  const html = readFileSync(join(folder, "dist/index.html"), "utf8").replace(/<base [^>]*>/, "");
  // What was relative to the base of before is at the root.
  const rooted = html.replace(/(src|href)="(?![/:]|data:)/g, '$1="/').replace("<head>", `<head><base href="${base}/">`);
  writeFileSync(join(folder, "dist/based.html"), rooted);
  return "based.html";
}

/** Runs a program of what is installed with the app. */
export function runTool(folder, [program, ...args], env) {
  return must(process.execPath, [join("node_modules", program), ...args], { cwd: folder, env });
}

/** Runs a script in the app's folder, as a server would. It prints JSON. */
export async function inNode(folder, script) {
  const output = await must(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder });
  return JSON.parse(output.trim().split("\n").at(-1));
}

/** Compiles the app against the package's types. */
export const compile = (folder) => must(process.execPath, [tsc, "--noEmit", "-p", folder]);

/** The same, and an adapter's code against what those promise. */
export async function check(folder, framework) {
  // The client as the page of the documentation makes it; the app's own is told where its servers are.
  const [, file, code] = /^```\w+\n\/\/ (src\/.*auth)\.ts\n([^]*?)^```$/m.exec(readFileSync(join(root, `docs/${framework}.md`), "utf8"));
  writeFileSync(join(folder, `${file}-shown.ts`), code);
  await compile(folder);
  // Beside what the app has installed, so that it means the same framework.
  const sources = join(folder, "adapter");
  cpSync(join(root, "pkg/src"), sources, { recursive: true });
  writeFileSync(
    join(sources, "promised.ts"),
    `import type * as Promised from "./types/${framework}.d.ts";
     import * as kept from "./${framework}.ts";
     kept satisfies typeof Promised;
     type Nothing<Names extends never> = Names;
     export type Unpromised = Nothing<Exclude<keyof typeof kept, keyof typeof Promised>>;`,
  );
  const options = { extends: join(root, "tsconfig.json"), files: ["promised.ts"], include: [], compilerOptions: { skipLibCheck: true } };
  writeFileSync(join(sources, "tsconfig.json"), JSON.stringify(options));
  await must(process.execPath, [tsc, "--noEmit", "-p", sources]);
}

/** What an app needs, and nothing more. */
export const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src *; img-src data:; base-uri 'self'";

/**
 * Serves what was built into `dist`, every other path being its `index.html`, or what `pageOf(path)` names, and starts the
 * authorization server that its client is told of.
 * `base`: of the app's paths. `astray` are the requests that came to the app's own server with a token.
 *
 * `signIn`: who goes to the login page, the app by itself or only its guard. `serve(request, response)` answers instead of the files of `dist`;
 * then what a page complains about is kept in `localStorage.complaints`.
 */
export async function startSite(t, folder, { dist = "dist", pageOf = () => "index.html", policy = POLICY, base = "", callback = `${base}/callback`, signIn = "auto", serve } = {}) {
  const door = await openDoor();
  t.after(door.close);
  const redirectUri = door.origin + callback;
  const server = await startServer({
    ports: { sandbox: 0, production: 0 },
    pageOrigins: [door.origin],
    redirectUris: { sandbox: [redirectUri] },
  });
  t.after(() => server.close());
  const { sandbox } = server.environments;
  const at = (path) => sandbox.origin + path;
  const config = {
    credentials: { sandbox: { clientId: sandbox.clientId, redirectUris: [redirectUri] } },
    servers: {
      sandbox: {
        customAuthorizationServer: true,
        issuer: sandbox.origin,
        authorizationEndpoint: at("/oauth/authorize"),
        tokenEndpoint: at("/oauth/token"),
        revocationEndpoint: at("/oauth/revoke"),
        tokenInfoEndpoint: at("/oauth/token/info"),
        apiOrigin: sandbox.origin,
      },
    },
    persist: "tab",
  };
  const script = `Object.assign(window, ${JSON.stringify({ procoreAuthOptions: config, signInBy: signIn, apiOrigin: sandbox.origin })});`;
  const astray = [];
  door.answer(({ url, headers }) => void (headers.authorization && astray.push(url)));
  if (serve) {
    const support = complaining + script;
    door.answer((request, response) => {
      if (request.url !== "/support/config.js") return serve(request, response);
      response.writeHead(200, { "content-type": "text/javascript", "cache-control": "no-store" }).end(support);
    });
  } else {
    mkdirSync(join(folder, "support"), { recursive: true });
    writeFileSync(join(folder, "support/config.js"), script);
    await startPages({
      door,
      folders: { "/support/": join(folder, "support") },
      fallback: (path) => join(folder, dist, extname(path) ? path : pageOf(path)),
      policy,
    });
  }
  return { origin: door.origin, base, sandbox, astray };
}
