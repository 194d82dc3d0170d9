// A token mediator between a page and the demo's authorization server: the one of examples/, or the reference server.

import { createRequestListener } from "@remix-run/node-fetch-server";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { createMediator } from "../../examples/token-mediator/mediator.mjs";
import { run, target } from "../../scripts/run.mjs";
import { pass } from "./servers.mjs";

/** The request listener of the example, for one application of the page at `origin`. */
export function exampleMediator({ origin, clientId, clientSecret, loginOrigin, ...more }) {
  const redirectUris = more.redirectUris ?? [`${origin}/callback`];
  const mediate = createMediator({
    applications: [{ clientId, clientSecret, origins: [origin], redirectUris, loginOrigin }],
    cookieKeys: [{ id: "1", key: randomBytes(32).toString("base64url") }],
    log: () => {},
    ...more.options,
  });
  return createRequestListener(mediate);
}

/**
 * The same listener for a browser that keeps no `Secure` cookie of `http://localhost`, as WebKit: on the way, the cookie is one
 * that it keeps. The mediator sees and says what it does behind TLS.
 */
export const withoutTls = (listener) => (request, response) => {
  const at = request.rawHeaders.findIndex((name) => name.toLowerCase() === "cookie") + 1;
  if (at) request.rawHeaders[at] = request.headers.cookie = request.headers.cookie.replaceAll("Test-", "__Host-");
  const { writeHead } = response;
  const kept = (value) => String(value).replaceAll("__Host-", "Test-").replaceAll("; Secure", "");
  const isCookie = (name) => name.toLowerCase() === "set-cookie";
  response.writeHead = (status, ...more) => {
    const headers = more.at(-1);
    const pairs = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers ?? {});
    const flat = pairs.flatMap(([name, value]) => [value].flat().map((one) => [name, isCookie(name) ? kept(one) : one]));
    return writeHead.call(response, status, flat.flat());
  };
  return listener(request, response);
};

/** Node takes headers also as a list of names and values, one after the other. */
const pairsOf = (flat) => flat.flatMap((name, index) => (index % 2 ? [] : [[name, flat[index + 1]]]));

/** The program of `mediator/`, as `npm test -- mediator` builds it too. */
export async function buildReference() {
  const { code, output } = await run("cargo", ["build", "--package", "procore-token-mediator"], { label: "the token mediator" });
  if (code) throw new Error(output);
  return join(target, "debug/procore-token-mediator");
}

/**
 * The reference server as a program of its own, for one application. Answers with a request listener, and with `restart`, which
 * kills the program at once and starts it again with what it has written down.
 */
export async function referenceMediator(t, program, { origin, redirectUris, clientId, clientSecret, loginOrigin }) {
  mkdirSync(join(target, "e2e"), { recursive: true });
  const env = {
    ...process.env,
    SECRET: clientSecret,
    COOKIE_KEY: randomBytes(32).toString("base64"),
    MEDIATOR__LISTEN: "127.0.0.1:0",
    MEDIATOR__STATE_DIR: mkdtempSync(join(target, "e2e/mediator-")),
    MEDIATOR__COOKIE_KEYS__ENV: "COOKIE_KEY",
    MEDIATOR__APPLICATIONS__MAIN__CLIENT_ID: clientId,
    MEDIATOR__APPLICATIONS__MAIN__CLIENT_SECRET__ENV: "SECRET",
    MEDIATOR__APPLICATIONS__MAIN__ORIGINS: origin,
    MEDIATOR__APPLICATIONS__MAIN__REDIRECT_URIS: redirectUris.join(" "),
    MEDIATOR__APPLICATIONS__MAIN__LOGIN_ORIGIN: loginOrigin,
  };
  let child;
  let said = "";
  const start = async () => {
    child = spawn(program, [], { env, stdio: ["ignore", "pipe", "pipe"] });
    const port = new Promise((found, failed) => {
      const note = (chunk) => {
        said += chunk;
        const [, number] = /127\.0\.0\.1:(\d+)/.exec(said.slice(said.lastIndexOf("listening"))) ?? [];
        if (number) found(number);
      };
      child.stdout.on("data", note);
      child.stderr.on("data", note);
      child.once("exit", () => failed(new Error(said)));
    });
    return `http://localhost:${await port}`;
  };
  const stop = async () => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
  };
  let at = await start();
  t.after(stop);
  return {
    listener: (request, response) => pass(request, response, at),
    restart: async () => {
      await stop();
      said = "";
      at = await start();
    },
    log: () => said,
  };
}
