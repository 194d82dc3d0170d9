// What docs/testing.md shows for Playwright works there: the page, the test server as its package installs it, the tests.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { find, root, run } from "../../scripts/run.mjs";
import { engines } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { install, project } from "../support/tools.mjs";
import { only } from "./recipes.mjs";

const { folder: tools, reason } = await install();
const chromium = engines.find(({ name }) => name === "chromium");
let packed;

before(async () => (packed = await pack()));
after(() => packed?.remove());

/** Two ports that are free now: a recipe's are fixed, and may be somebody else's here. */
async function freePorts() {
  const servers = [createServer(), createServer()];
  const listening = servers.map((server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port))));
  const ports = await Promise.all(listening);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** The server's package, where npm would put it, with its program. Its dependency is found in the workspace, above. */
function installServer(app) {
  const modules = join(app, "node_modules");
  cpSync(join(root, "www/server"), join(modules, "procore-spa-auth-server"), { recursive: true });
  mkdirSync(join(modules, ".bin"), { recursive: true });
  symlinkSync("../procore-spa-auth-server/bin.mjs", join(modules, ".bin/procore-spa-auth-server"));
}

test("Playwright: whole sign-ins at the test server", { skip: reason ?? chromium.reason }, async () => {
  const [page, server] = await freePorts();
  const recipe = only("index.html", "main.js", "playwright.config.js", "sign-in.e2e.js");
  const files = Object.entries(recipe).map(([name, text]) => [name, text.replaceAll("5173", page).replaceAll("8081", server)]);
  const manifest = JSON.stringify({ name: "app", private: true, type: "module" });
  const app = project(tools, "playwright", packed.folder, { "package.json": manifest, ...Object.fromEntries(files) });
  installServer(app);
  const CHROMIUM = process.env.CHROMIUM || find("chromium", "chromium-browser", "google-chrome");
  const env = { CHROMIUM, CI: "1", NO_COLOR: "1", FORCE_COLOR: undefined };
  const cli = join(tools, "node_modules/@playwright/test/cli.js");
  const { code, output } = await run(process.execPath, [cli, "test", "--reporter", "list"], { cwd: app, env, label: "Playwright" });
  assert.equal(code, 0, output);
  assert.match(output, /^ *3 passed/m);
});
