// The whole program of docs/first-sign-in.md, with nothing changed but the server that it signs in at.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { root, target } from "../../scripts/run.mjs";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { Visitor, tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";
import { openDoor, startPages } from "../support/servers.mjs";
import { startServer } from "../../www/server/index.mjs";

const PAGE = "docs/first-sign-in.md";
const HTML = '<!doctype html><meta charset="utf-8"><title>first</title><link rel="icon" href="data:,"><body></body><script type="module" src="/app/main.js"></script>';

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** The page's program for a server of the test's own, in a folder with its page. */
async function program(sandbox, redirectUri) {
  const [, code] = /^```ts\n([^]*?)^```$/m.exec(readFileSync(join(root, PAGE), "utf8"));
  const [shown] = /credentials: \{ sandbox: .* \},\n/.exec(code);
  const { origin, clientId } = sandbox;
  const endpoints = { authorizationEndpoint: "authorize", tokenEndpoint: "token", revocationEndpoint: "revoke", tokenInfoEndpoint: "token/info" };
  const urls = Object.entries(endpoints).map(([name, path]) => [name, `${origin}/oauth/${path}`]);
  const server = { customAuthorizationServer: true, issuer: origin, apiOrigin: origin, ...Object.fromEntries(urls) };
  const credentials = { sandbox: { clientId, redirectUris: [redirectUri] } };
  const ours = `credentials: ${JSON.stringify(credentials)}, servers: ${JSON.stringify({ sandbox: server })},\n`;
  const folder = join(target, "first-sign-in");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { outputFiles } = await build({
    stdin: { contents: code.replace(shown, ours), loader: "ts" },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    external: ["procore-spa-auth"],
  });
  writeFileSync(join(folder, "main.js"), outputFiles[0].text.replace('"procore-spa-auth"', '"/package/index.js"'));
  writeFileSync(join(folder, "index.html"), HTML);
  return folder;
}

inTwoEngines("first sign-in", (browser) => {
  test("the page's program leaves for the login page, says who is signed in, and says so after a reload", async (t) => {
    const door = await openDoor();
    t.after(door.close);
    const redirectUri = `${door.origin}/callback`;
    const server = await startServer({ ports: { sandbox: 0, production: 0 }, pageOrigins: [door.origin], redirectUris: { sandbox: [redirectUri] } });
    t.after(() => server.close());
    const { sandbox } = server.environments;
    const folder = await program(sandbox, redirectUri);
    await startPages({ door, folders: { "/package/": packed.dist, "/app/": folder }, fallback: join(folder, "index.html") });
    const visitor = new Visitor(browser.driver, door.origin);
    const says = (text) => until(`the page says ${text}`, async () => (await visitor.ask("return document.body?.textContent")) === text);

    await browser.driver.get(`${door.origin}/`);
    await visitor.signInThere({ isPopup: true });
    await says("Signed in as Pat Rivera");
    assert.equal(await visitor.url(), `${door.origin}/`);
    await browser.driver.navigate().refresh();
    await says("Signed in as Pat Rivera");
    assert.equal(tokenRequests(sandbox).length, 1, "the session was kept");
  });
});
