// What the package adds to a page of each framework that renders pages: a minimal app is built without the client, and with it.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { QUIET, startListener } from "../tests/adapters/served.mjs";
import { build as buildByVite, install, runTool } from "../tests/adapters/site.mjs";
import { pack } from "../tests/support/package.mjs";
import { target } from "./run.mjs";
import { importsOf, weighAll } from "./shipped.mjs";

/** The module whose `start()` the app calls in browsers: it does nothing, or makes a client and starts that. */
const CLIENTS = {
  without: "export const start = () => {};",
  with: `import { createProcoreAuth } from "procore-spa-auth";
const credentials = () => ({ production: { clientId: "CID", redirectUris: [location.origin + "/callback"] } });
export const start = () => void createProcoreAuth({ credentials: credentials() }).start();`,
};

const NEXT = {
  client: "src/auth.js",
  files: {
    // A client component, as instrumentation-client.js would be built once more, for pages of the Pages Router.
    "src/start.jsx": '"use client";\nimport { useEffect } from "react";\nimport { start } from "./auth";\nexport const Start = () => useEffect(start, []);',
    "src/app/layout.jsx": 'import { Start } from "../start";\nexport default ({ children }) => <html><body><Start />{children}</body></html>;',
    "src/app/page.jsx": "export default () => <p>app</p>;",
  },
};

const nextBy = (bundler, ...flags) => ({
  ...NEXT,
  by: bundler,
  async build(folder) {
    const dist = `.next-${bundler}`;
    await runTool(folder, ["next/dist/bin/next", "build", ...flags], { ...QUIET, DIST_DIR: dist });
    return { page: readFileSync(join(folder, dist, "server/app/index.html"), "utf8"), out: join(folder, dist, "static") };
  },
});

/**
 * `name`: of its app in tests/adapters, whose pinned versions and settings are used; `version`: of which package. `files`: all that its
 * minimal app has, beside the module `client`. `build(folder)` answers with the `page` that is served, and with the folder of its scripts.
 */
const FRAMEWORKS = [
  { title: "Next.js", name: "next", version: "next", ...nextBy("Turbopack") },
  { title: "Next.js", name: "next", version: "next", ...nextBy("webpack", "--webpack") },
  { title: "Next.js", name: "next-15", app: "next", version: "next", ...nextBy("Turbopack", "--turbopack") },
  { title: "Next.js", name: "next-15", app: "next", version: "next", ...nextBy("webpack") },
  {
    title: "Nuxt",
    name: "nuxt",
    version: "nuxt",
    client: "app/auth.js",
    files: {
      "app/app.vue": "<template><p>app</p></template>",
      "app/plugins/auth.client.js": 'import { start } from "../auth";\nexport default defineNuxtPlugin(start);',
    },
    async build(folder) {
      await runTool(folder, ["nuxt/bin/nuxt.mjs", "build"], QUIET);
      const server = await startListener(folder, ".output/server/index.mjs", "listener");
      const page = await fetch(server.origin).then((response) => response.text()).finally(server.close);
      return { page, out: join(folder, ".output/public/_nuxt") };
    },
  },
  {
    title: "SvelteKit",
    name: "svelte",
    version: "@sveltejs/kit",
    client: "src/auth.js",
    files: {
      "src/app.html": "<!doctype html><head>%sveltekit.head%</head><body>%sveltekit.body%</body>",
      "src/hooks.client.js": 'export { start as init } from "./auth";',
      "src/routes/+layout.js": "export const prerender = true;",
      "src/routes/+page.svelte": "<p>app</p>",
    },
    async build(folder) {
      await buildByVite(folder);
      // By that name the app's settings have the page of all paths; without a server, it names less of what the page needs.
      return { page: readFileSync(join(folder, ".svelte-kit/output/prerendered/pages/index.html"), "utf8"), out: join(folder, "dist/_app") };
    },
  },
  {
    title: "Angular",
    name: "angular",
    version: "@angular/core",
    client: "src/auth.ts",
    files: {
      "src/index.html": '<!doctype html><head><base href="/"></head><body><app-root></app-root></body>',
      "src/main.ts": `import { start } from "./auth";
import { Component } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
@Component({ selector: "app-root", template: "<p>app</p>" })
class App {}
start();
bootstrapApplication(App);`,
    },
    async build(folder) {
      await runTool(folder, ["@angular/cli/bin/ng.js", "build"], QUIET);
      return { page: readFileSync(join(folder, "dist/index.html"), "utf8"), out: join(folder, "dist") };
    },
  },
];

/** `{ title, version, by, without, with }` of each framework, whose last two are `{ start, later }` in bytes after brotli-11. */
export async function measureFrameworks() {
  const packed = await pack();
  const measured = [];
  try {
    for (const framework of FRAMEWORKS) measured.push(await measure(framework, packed));
  } finally {
    await packed.remove();
  }
  return measured;
}

async function measure({ title, by, name, app, version, files, client, build }, packed) {
  const folder = await install(name, packed, app, join(target, "frameworks"));
  const sizes = {};
  for (const [which, text] of Object.entries(CLIENTS)) {
    for (const sources of ["src", "app"]) rmSync(join(folder, sources), { recursive: true, force: true });
    for (const [file, content] of Object.entries({ ...files, [client]: text })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), content);
    }
    sizes[which] = weigh(await build(folder));
  }
  const { version: installed } = JSON.parse(readFileSync(join(folder, "node_modules", version, "package.json"), "utf8"));
  return { title, by, version: installed, ...sizes };
}

/** What a page names, but for what it fetches ahead and for browsers without modules. */
const NOT_AT_START = /<link(?=[^>]*\srel="?prefetch)[^>]*>|<script(?=[^>]*\snomodule)[^>]*>/gi;

function weigh({ page, out }) {
  const scripts = readdirSync(out, { recursive: true }).filter((file) => /\.m?js$/.test(file));
  const named = page.replace(NOT_AT_START, "");
  const atStart = new Set();
  const add = (name) => {
    if (atStart.has(name)) return;
    atStart.add(name);
    for (const path of importsOf(readFileSync(join(out, name), "utf8")).atStart) add(posix.join(posix.dirname(name), path));
  };
  scripts.filter((name) => named.includes(name)).forEach(add);
  if (!atStart.size) throw new Error(`the page names no script:\n${page}`);
  const later = scripts.filter((name) => !atStart.has(name));
  const [startSize, laterSize] = [[...atStart], later].map((names) => weighAll(names.map((name) => join(out, name))));
  return { start: startSize, later: laterSize };
}
