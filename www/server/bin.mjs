#!/usr/bin/env node
// The authorization server as a program, for tests of apps. It ends with SIGINT or SIGTERM.

import { parseArgs } from "node:util";
import { RedirectUriError } from "./application.mjs";
import { startServer } from "./index.mjs";
import { SWITCHES } from "./switches.mjs";

const USAGE = `usage: procore-spa-auth-server [options]

Plays Procore's documented endpoints on loopback, for tests. It is not Procore, and keeps everything in memory.

  --app ORIGIN            a page's origin, as http://localhost:5173: it may sign in there, at /callback and /, and use the
                          control API; may be given several times (http://localhost:8080)
  --redirect-uri URI      one more redirect URI; may be given several times
  --port N                the sandbox's port; 0 takes any free one (8081)
  --production-port N     that of production (8082)
  --switch NAME=VALUE     a switch of both, its value in JSON; may be given several times
  --help                  this, and what switches there are

Once it listens, it prints one line of JSON: for each environment its origin, client ID, redirect URIs and users.`;

/** A mistake on the command line, to be told in one line. */
class UsageError extends Error {}

const options = {
  app: { type: "string", multiple: true, default: ["http://localhost:8080"] },
  "redirect-uri": { type: "string", multiple: true, default: [] },
  port: { type: "string", default: "8081" },
  "production-port": { type: "string", default: "8082" },
  switch: { type: "string", multiple: true, default: [] },
  help: { type: "boolean", default: false },
};

function argumentsOf(args) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function portOf(name, text) {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new UsageError(`--${name} takes a port, not ${text}`);
}

/** An origin is compared as text, so it has to be one as browsers write it. */
function originOf(text) {
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  throw new UsageError(`--app takes an origin, as http://localhost:5173, not ${text}`);
}

function switchesOf(texts) {
  const pairs = texts.map((text) => {
    const [name, value] = text.split(/=(.*)/s);
    try {
      return [name, JSON.parse(value)];
    } catch {
      throw new UsageError(`--switch takes NAME=VALUE with the value in JSON, not ${text}`);
    }
  });
  return Object.fromEntries(pairs);
}

function help() {
  const switches = Object.entries(SWITCHES).map(([name, [initial, , about]]) => `  ${name} (${JSON.stringify(initial)})\n      ${about}`);
  return `${USAGE}\n\nSwitches:\n${switches.join("\n")}`;
}

async function main() {
  const given = argumentsOf(process.argv.slice(2));
  if (given.help) return console.log(help());
  const ports = { sandbox: portOf("port", given.port), production: portOf("production-port", given["production-port"]) };
  const pageOrigins = given.app.map(originOf);
  const uris = given["redirect-uri"];
  const switches = switchesOf(given.switch);
  const server = await startServer({ ports, pageOrigins, redirectUris: { sandbox: uris, production: uris } });
  const stop = () => server.close().then(() => process.exit(0));
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const environments = Object.entries(server.environments);
  for (const [, environment] of environments) environment.switches.set(switches);
  const facts = environments.map(([name, { origin, clientId, redirectUris, users }]) => [name, { origin, clientId, redirectUris, users }]);
  console.log(JSON.stringify(Object.fromEntries(facts)));
}

main().catch((error) => {
  // What a caller can put right is one line; anything else is a fault of this program.
  const isCallers = [UsageError, RedirectUriError, RangeError].some((kind) => error instanceof kind) || error.code === "EADDRINUSE";
  console.error(`procore-spa-auth-server: ${isCallers ? error.message : error.stack}`);
  process.exit(isCallers ? 2 : 1);
});
