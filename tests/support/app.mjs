// A small app that knows every code, token and verifier it was ever given, its server, and a user.

import assert from "node:assert/strict";
import { join } from "node:path";
import { startServer } from "../../www/server/index.mjs";
import { Windows } from "../popup/windows.mjs";
import { Visitor } from "./demo.mjs";
import { POLICY, openDoor, pages, startPages } from "./servers.mjs";

const RISK = "I accept that tokens in the URL can leak";

/** What the worker needs beside the rest of the policy. */
export const WORKER_POLICY = POLICY.replace("trusted-types 'none'", "trusted-types procore-spa-auth") + "; worker-src 'self' blob:";

/** Apps in one browser, with the package as it is packed in `packed`. */
export class Apps {
  constructor(browser, packed) {
    this.browser = browser;
    this.packed = packed;
  }

  get driver() {
    return this.browser.driver;
  }

  /**
   * An app of this test's own, with its server. `way`: `code`, `implicit`, `worker`, or `tapped`: a worker, overheard. `hold`: as
   * of `startPages`.
   */
  async start(t, { way = "code", policy, hold, isStrict = false, isReadyFirst = false, hasTwin = false, options = {}, switches = {} } = {}) {
    const door = await openDoor();
    t.after(door.close);
    const { origin } = door;
    const redirectUri = `${origin}/${way}/callback`;
    const server = await startServer({
      ports: { sandbox: 0, production: 0 },
      pageOrigins: [origin],
      redirectUris: { sandbox: [redirectUri] },
    });
    t.after(() => server.close());
    const { sandbox } = server.environments;
    sandbox.switches.set(switches);
    await startPages({
      door,
      folders: { "/package/": this.packed().dist, "/support/": pages },
      ...(hold && { hold }),
      fallback: (path) => join(pages, `app-${path.split("/")[1]}.html`),
      policy: policy ?? (way === "code" || way === "implicit" ? POLICY : WORKER_POLICY),
    });

    const visitor = new Visitor(this.driver, origin);
    await visitor.open(`/${way}/start`);
    await visitor.forget();
    const servers = Object.fromEntries(
      [
        ["issuer", ""],
        ["authorizationEndpoint", "/oauth/authorize"],
        ["tokenEndpoint", "/oauth/token"],
        ["revocationEndpoint", "/oauth/revoke"],
        ["tokenInfoEndpoint", "/oauth/token/info"],
        ["apiOrigin", ""],
      ].map(([name, path]) => [name, sandbox.origin + path]),
    );
    const config = {
      credentials: { sandbox: { clientId: sandbox.clientId, redirectUris: [redirectUri] } },
      servers: { sandbox: { customAuthorizationServer: true, ...servers } },
      ...(way === "implicit" ? { allowImplicit: RISK } : {}),
      ...options,
    };
    await visitor.ask("localStorage.setItem('app', arguments[0])", JSON.stringify({ config, isStrict, isReadyFirst, hasTwin }));
    await visitor.open(`/${way}/start`);
    return { visitor, sandbox, redirectUri, origin };
  }

  /** Begins a sign-in and goes through it. Answers with what came of the redirect. */
  async signIn(visitor, options = {}, there = {}) {
    await visitor.ask("auth.signIn(arguments[0])", options);
    await visitor.signInThere(there);
    return visitor.ask("return outcome");
  }

  /** Clicks for a sign-in by popup, and goes over to its window. What comes of it will be in `tap.page.popup`. */
  async openPopup(visitor, t) {
    const windows = await Windows.of(this.driver);
    t.after(() => windows.closeOthers());
    await visitor.ask(`
      const button = document.createElement("button");
      Object.assign(button, { id: "go", textContent: "go" });
      const signIn = () => attempt(() => auth.signInWithPopup());
      button.addEventListener("click", () => signIn().then((outcome) => (tap.page.popup = outcome)));
      document.body.append(button);`);
    await windows.openByClick("go");
    return windows;
  }

  /** Calls something of the app's client. `call` is an expression. */
  call(expression) {
    return this.driver.executeAsyncScript(
      `const done = arguments[arguments.length - 1]; attempt(async () => ${expression}).then(done)`,
    );
  }

  /** Every secret that the app was given is gone from every place, and nothing was refused or broke. */
  async isClean(visitor, ...outcomes) {
    const script = "const done = arguments[arguments.length - 1]; witness.leaks(arguments[0]).then(done)";
    const text = JSON.stringify(outcomes.map((outcome) => outcome?.text ?? ""));
    assert.deepEqual(await this.driver.executeAsyncScript(script, text), [], "secrets are still there");
    assert.deepEqual(await visitor.ask("return witness.faults"), []);
  }
}
