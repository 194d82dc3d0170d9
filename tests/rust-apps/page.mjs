// An example in Rust, as it is built, with the demo's authorization server, and a user in one browser.

import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root, target } from "../../scripts/run.mjs";
import { startServer } from "../../www/server/index.mjs";
import { until } from "../support/browsers.mjs";
import { Visitor } from "../support/demo.mjs";
import { exampleMediator, keptIn } from "../support/mediator.mjs";
import { must } from "../support/package.mjs";
import { POLICY, openDoor, pages, startPages } from "../support/servers.mjs";

/** Builds an app as its user does. Answers with its `folder`, and that of what came out. */
export async function buildApp(folder) {
  await must("cargo", ["xtask", "app", folder]);
  return { folder: join(root, folder), built: join(target, "rust-apps", basename(folder)) };
}

/** A visitor of an app: its page is there when it shows what is known of the session. */
class AppVisitor extends Visitor {
  /** Calls something of the probe's. `expression` is JavaScript. */
  call(expression) {
    return this.driver.executeAsyncScript(
      `const done = arguments[arguments.length - 1]; attempt(async () => ${expression}).then(done)`,
    );
  }

  async reload() {
    await this.driver.navigate().refresh();
    await this.arrived();
  }

  /** Another tab, with the same page; goes over to it. Answers with how to come back, and how to close it. */
  async openTab(t) {
    const before = await this.driver.getWindowHandle();
    await this.driver.switchTo().newWindow("tab");
    const handle = await this.driver.getWindowHandle();
    t.after(async () => {
      await this.driver.switchTo().window(handle);
      await this.driver.close();
      await this.driver.switchTo().window(before);
    });
    await this.open("/start");
    const goTo = (window) => () => this.driver.switchTo().window(window);
    return { first: goTo(before), second: goTo(handle) };
  }

  async arrived() {
    const script = "return location.origin === arguments[0] && document.getElementById('status')?.textContent";
    await until("the page knows the session", async () => ![undefined, null, "", false, "unknown"].includes(await this.ask(script, this.page)));
  }
}

/** Serves an app on a page of its own, with its server. `change` makes the options of the page what the test wants. */
export async function startApp(t, { driver, engine }, { folder, built }, change = (options) => options, headers = {}) {
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
  const own = join(folder, "start.js");
  await cp(existsSync(own) ? own : join(root, "examples/start.js"), join(home, "start.js"));
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const options = change(optionsOf(sandbox, redirectUri));
  const config = JSON.stringify(options);
  // `<` would end the element.
  const filled = page.replace(/(<script type="application\/json" id="options">)[^<]*/, (_, tag) => tag + config.replaceAll("<", "\\u003c"));
  await writeFile(join(home, "index.html"), filled);
  // Frameworks make elements from text.
  const policy = POLICY.replace(/; require-trusted-types-for.*/, "");
  const secret = sandbox.resetClientSecret();
  const mediate = options.tokenMediator && mediatorOf(sandbox, secret, origin, engine);
  const answer = (listener) =>
    door.answer((request, response) => (mediate && request.url.startsWith("/oauth/") ? mediate : listener)(request, response));
  await startPages({ door: { ...door, answer }, folders: { "/app/": home, "/support/": pages }, fallback: () => join(home, "index.html"), policy, headers });
  const visitor = new AppVisitor(driver, origin);
  await visitor.open("/start");
  await visitor.forget();
  await visitor.ask("sessionStorage.clear(); localStorage.clear()");
  await visitor.open("/start");
  return { visitor, sandbox, redirectUri, secret };
}

/** At a server that wants a secret. */
function mediatorOf({ clientId, origin: loginOrigin, switches }, clientSecret, origin, engine) {
  switches.set({ secretRequired: true });
  const mediator = exampleMediator({ origin, clientId, clientSecret, loginOrigin });
  return keptIn(engine, mediator);
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
