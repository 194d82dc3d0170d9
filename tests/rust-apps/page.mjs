// An example in Rust, as it is built, with the demo's authorization server, and a user in one browser.

import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, target } from "../../scripts/run.mjs";
import { startServer } from "../../www/server/index.mjs";
import { until } from "../support/browsers.mjs";
import { Visitor } from "../support/demo.mjs";
import { must } from "../support/package.mjs";
import { POLICY, openDoor, startPages } from "../support/servers.mjs";

/** Builds an example as its user does. Answers with the folder of what came out. */
export async function buildExample(name) {
  await must("cargo", ["xtask", "app", `examples/${name}`]);
  return join(target, "rust-apps", name);
}

/** A visitor of an example: its page is there when it shows what is known of the session. */
class AppVisitor extends Visitor {
  async arrived() {
    const script = "return location.origin === arguments[0] && document.getElementById('status')?.textContent";
    await until("the page knows the session", async () => ![undefined, null, "", false, "unknown"].includes(await this.ask(script, this.page)));
  }
}

/** Serves an example on a page of its own, with its server. `options` are added to those of the page. */
export async function startExample(t, { driver }, name, built, options = {}) {
  const door = await openDoor();
  t.after(door.close);
  const { origin } = door;
  const redirectUri = `${origin}/callback`;
  const server = await startServer({
    ports: { sandbox: 0, production: 0 },
    pageOrigins: [origin],
    redirectUris: { sandbox: [redirectUri] },
  });
  t.after(() => server.close());
  const { sandbox } = server.environments;
  const home = await mkdtemp(join(tmpdir(), "rust-app-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  await cp(built, home, { recursive: true });
  await cp(join(root, "examples/start.js"), join(home, "start.js"));
  const page = readFileSync(join(root, `examples/${name}/index.html`), "utf8");
  const config = JSON.stringify({ ...optionsOf(sandbox, redirectUri), ...options });
  // `<` would end the element.
  const filled = page.replace(/(<script type="application\/json" id="options">)[^<]*/, (_, tag) => tag + config.replaceAll("<", "\\u003c"));
  await writeFile(join(home, "index.html"), filled);
  // Frameworks make elements from text.
  const policy = POLICY.replace(/; require-trusted-types-for.*/, "");
  const site = await startPages({ door, folders: { "/app/": home }, fallback: () => join(home, "index.html"), policy });
  const visitor = new AppVisitor(driver, origin);
  await visitor.open("/start");
  await visitor.forget();
  await visitor.ask("sessionStorage.clear(); localStorage.clear()");
  await visitor.open("/start");
  return { visitor, sandbox, redirectUri, site };
}

function optionsOf(sandbox, redirectUri) {
  const at = (path) => sandbox.origin + path;
  const endpoints = {
    issuer: at(""),
    authorizationEndpoint: at("/oauth/authorize"),
    tokenEndpoint: at("/oauth/token"),
    revocationEndpoint: at("/oauth/revoke"),
    tokenInfoEndpoint: at("/oauth/token/info"),
    apiOrigin: at(""),
  };
  return {
    credentials: { sandbox: { clientId: sandbox.clientId, redirectUris: [redirectUri] } },
    servers: { sandbox: { customAuthorizationServer: true, ...endpoints } },
  };
}
