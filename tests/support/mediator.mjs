// A token mediator between a page and the demo's authorization server: the one of examples/, or the reference server.

import { createRequestListener } from "@remix-run/node-fetch-server";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { createMediator } from "../../examples/token-mediator/mediator.mjs";
import { startReference } from "../../scripts/reference-mediator.mjs";
import { target } from "../../scripts/run.mjs";

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
const withoutTls = (listener) => (request, response) => {
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

/** A listener whose cookie is kept in that engine. */
export const keptIn = (engine, listener) => (engine === "webkit" ? withoutTls(listener) : listener);

/** Node takes headers also as a list of names and values, one after the other. */
const pairsOf = (flat) => flat.flatMap((name, index) => (index % 2 ? [] : [[name, flat[index + 1]]]));

/** The reference server for one application; it ends with the test. */
export async function referenceMediator(t, program, application) {
  mkdirSync(join(target, "e2e"), { recursive: true });
  const stateDir = mkdtempSync(join(target, "e2e/mediator-"));
  const server = await startReference(program, { applications: { main: application }, stateDir });
  t.after(server.close);
  return server;
}
