// Apps whose pages a server renders, by a process of the framework's own, behind the door of each test.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, stop } from "../../scripts/run.mjs";
import { until } from "../support/browsers.mjs";
import { Person } from "./person.mjs";
import { POLICY, startSite } from "./site.mjs";

const listener = fileURLToPath(new URL("listen.mjs", import.meta.url));

/** What a build or a server of a framework is told: it works for nobody else. */
export const QUIET = { NEXT_TELEMETRY_DISABLED: "1", NUXT_TELEMETRY_DISABLED: "1", NG_CLI_ANALYTICS: "false", DO_NOT_TRACK: "1" };

/** Runs a framework's server, a program in `folder` that says where it listens, until `close`. */
export async function startFramework(folder, args, env = {}) {
  const child = start(process.execPath, args, { cwd: folder, env: { ...process.env, ...QUIET, ...env } });
  let said = "";
  let hasEnded = false;
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const closed = new Promise((done) => child.once("close", () => done((hasEnded = true))));
  const close = async () => {
    stop(child);
    await closed;
  };
  const origin = () => hasEnded || /http:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(said)?.[0];
  const found = await until("the framework's server listens", origin).catch((error) => error);
  if (typeof found === "string") return { origin: found, said: () => said, close };
  await close();
  throw new Error(`${args.join(" ")} does not serve:\n${said}`);
}

/** The same, of a module that exports a function for Node's server, by that name; and the scripts in the folder `files`. */
export const startListener = (folder, module, name, ...files) => startFramework(folder, [listener, join(folder, module), name, ...files]);

/** The hashes of a page's inline scripts, as its policy names them. */
const hashesOf = (page) =>
  [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([^]*?)<\/script>/g)].map(
    ([, script]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );

/** A site as `startSite` makes it, whose pages and files are those of a framework's server, under a policy that knows its inline scripts. */
export function startServedSite(t, folder, framework, options = {}) {
  const serve = async ({ method, url, headers }, response) => {
    const { connection: _, ...asked } = headers;
    const init = { method, headers: { ...asked, "accept-encoding": "identity" }, redirect: "manual" };
    const answer = await fetch(framework.origin + url, init);
    const body = Buffer.from(await answer.arrayBuffer());
    const { "transfer-encoding": __, ...told } = Object.fromEntries(answer.headers);
    if (told["content-type"]?.startsWith("text/html")) {
      const scripts = ["script-src", ...hashesOf(body.toString())].join(" ");
      told["content-security-policy"] = (options.policy ?? POLICY).replace("script-src", scripts);
    }
    response.writeHead(answer.status, told).end(body);
  };
  return startSite(t, folder, { ...options, serve });
}

/**
 * What a page that a server has rendered goes through: `start(t)` answers with its site. `test` is Node's own.
 */
export function declareHydration(test, browser, start) {
  test("a server renders what is known there, nothing, and the page takes that over without a complaint", async (t) => {
    const site = await start(t);
    const answer = await fetch(`${site.origin}/projects/7?tab=docs`);
    assert.equal(answer.status, 200);
    const page = await answer.text();
    assert.match(page, /One moment/);
    assert.doesNotMatch(page, /id="(?:user|sign-in)"/);
    const response = await fetch(`${site.origin}/callback?code=Code-Of-Nobody&state=s`);
    assert.doesNotMatch(await response.text(), /Code-Of-Nobody/, "the code is in the page");
    const person = new Person(browser.driver, site);
    await person.forget();
    await person.visit("/projects/7?tab=docs");
    await person.signInThere();
    await person.isInsideAt("/projects/7?tab=docs");
    // Now it is known soon who is signed in, while the page is still taken over.
    for (let reloads = 0; reloads < 3; reloads += 1) {
      await person.driver.navigate().refresh();
      await person.isInsideAt("/projects/7?tab=docs");
    }
    await person.click("sign-out");
    await person.isOutside();
    await person.driver.navigate().refresh();
    await person.isOutside();
    assert.equal(await person.ask("return localStorage.getItem('complaints')"), null);
  });
}
