// The one SDK client of this page, and who listens to it.
//
// The configuration of a sign-in is remembered over the redirect ("departure"), so that the response is handled at once,
// before the page asks any server what it should be configured with. It holds public values only.

import { createProcoreAuth } from "/procore-spa-auth/index.js";
import { credentialsOf } from "./config-forms.js";
import { allOrigins, assumeOrigins, ENVIRONMENTS, serverOptions } from "../base/demo-server.js";
import { mode } from "./mode.js";
import { recall, remember } from "../base/store.js";

let auth = null;
let madeFrom = "";
let ahead = null;
let stop = () => {};
const listeners = [];

/** Calls `listener` with the session and the event after each change, whichever client is the present one. */
export function onSession(listener) {
  listeners.push(listener);
}

export function session() {
  return auth?.session ?? null;
}

/** Readies the entry point that the present mode needs, so that {@link client} has it at once. */
export async function loadMode() {
  create = await entryPoint("code", mode());
}

let create = createProcoreAuth;

/** The signed-in client, or one from the form. Throws what the SDK throws for a bad form. */
export function client(environment) {
  return auth?.session.signedIn ? auth : open("code", environment, credentialsOf(environment), create, mode());
}

/** A new client, remembered for the way back. */
export async function clientToLeave(flow, environment) {
  const credentials = credentialsOf(environment);
  const opened = open(flow, environment, credentials, await entryPoint(flow, mode()), mode());
  remember("departure", { flow, environment, credentials, origins: allOrigins(), mode: mode() });
  return opened;
}

/** Makes the client that a popup of this environment will need, and has it ready: there is no time for that in the click. */
export async function prepareToPop(environment) {
  ahead = made("code", environment, credentialsOf(environment), create, mode());
  await ahead.client.ready();
}

/** The client for a popup, at once: only inside the click may it open. The page that comes back there is told of it, too. */
export function clientToPop(environment) {
  const before = auth;
  const credentials = credentialsOf(environment);
  const opened = open("code", environment, credentials, create, mode());
  if (before !== opened && before?.session.signedIn) void before.signOut();
  remember("departure", { flow: "code", environment, credentials, origins: allOrigins(), mode: mode() });
  return opened;
}

/** The client that left for the login page, if this tab sent one. */
export async function returningClient() {
  const departure = recall("departure");
  if (!departure) return null;
  remember("departure", null);
  assumeOrigins(departure.origins);
  const { flow, environment, credentials, mode } = departure;
  return open(flow, environment, credentials, await entryPoint(flow, mode), mode);
}

/** A second client with the same configuration that nobody listens to: what an attacker's copy of the page would be. */
export function twin(environment, extra = {}) {
  return createProcoreAuth(options("code", environment, { ...credentialsOf(environment), ...extra }));
}

function open(...kind) {
  const { from, client } = made(...kind);
  if (client === auth) return auth;
  madeFrom = from;
  stop();
  stop = client.subscribe((session, event) => {
    for (const listener of listeners) listener(session, event);
  });
  auth = client;
  return client;
}

/** The same client, as long as it would be the same. */
function made(flow, environment, credentials, create, mode) {
  const given = options(flow, environment, credentials, mode);
  const from = JSON.stringify([flow, mode, given]);
  if (auth && from === madeFrom) return { from, client: auth };
  return from === ahead?.from ? ahead : { from, client: create(given) };
}

function options(flow, environment, credentials, { worker, persist, mediator } = {}) {
  return {
    credentials: { [environment]: credentials },
    environment,
    servers: Object.fromEntries(ENVIRONMENTS.map((name) => [name, serverOptions(name)])),
    // This page's policy is worker-src 'self'; without one, the worker needs no address.
    ...(worker && flow === "code" ? { workerUrl: "/procore-spa-auth/worker-script.js" } : {}),
    ...(persist ? { persist: "tab" } : {}),
    ...(mediator && flow === "code" ? { tokenMediator: "/oauth/token" } : {}),
    ...(flow === "implicit" ? { allowImplicit: "I accept that tokens in the URL can leak" } : {}),
  };
}

/** The default entry point can't do implicit, and runs in the page; the others are loaded only for those who ask. */
async function entryPoint(flow, { worker } = {}) {
  if (flow === "implicit") return (await import("/procore-spa-auth/implicit.js")).createProcoreAuth;
  return worker ? (await import("/procore-spa-auth/worker.js")).createProcoreAuth : createProcoreAuth;
}
