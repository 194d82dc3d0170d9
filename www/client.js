// The one SDK client of this page, and who listens to it.
//
// The configuration of a sign-in is remembered over the redirect ("departure"), so that the response is handled at once,
// before the page asks any server what it should be configured with. It holds public values only.

import { createProcoreAuth } from "/procore-spa-auth/index.js";
import { credentialsOf } from "./config-forms.js";
import { allOrigins, assumeOrigins, ENVIRONMENTS, serverOptions } from "./demo-server.js";
import { recall, remember } from "./store.js";

let auth = null;
let stop = () => {};
const listeners = [];

/** Calls `listener` with the session and the event after each change, whichever client is the present one. */
export function onSession(listener) {
  listeners.push(listener);
}

export function session() {
  return auth?.session ?? null;
}

/** The signed-in client, or a new one from the form. Throws what the SDK throws for a bad form. */
export function client(environment) {
  return auth?.session.signedIn ? auth : open("code", environment, credentialsOf(environment), createProcoreAuth);
}

/** A new client, remembered for the way back. */
export async function clientToLeave(flow, environment) {
  const credentials = credentialsOf(environment);
  const opened = open(flow, environment, credentials, await entryPoint(flow));
  remember("departure", { flow, environment, credentials, origins: allOrigins() });
  return opened;
}

/** The client that left for the login page, if this tab sent one. */
export async function returningClient() {
  const departure = recall("departure");
  if (!departure) return null;
  remember("departure", null);
  assumeOrigins(departure.origins);
  return open(departure.flow, departure.environment, departure.credentials, await entryPoint(departure.flow));
}

/** A second client with the same configuration that nobody listens to: what an attacker's copy of the page would be. */
export function twin(environment, extra = {}) {
  return createProcoreAuth(options("code", environment, { ...credentialsOf(environment), ...extra }));
}

function open(flow, environment, credentials, create) {
  const opened = create(options(flow, environment, credentials));
  stop();
  stop = opened.subscribe((session, event) => {
    for (const listener of listeners) listener(session, event);
  });
  auth = opened;
  return opened;
}

function options(flow, environment, credentials) {
  return {
    credentials: { [environment]: credentials },
    environment,
    servers: Object.fromEntries(ENVIRONMENTS.map((name) => [name, serverOptions(name)])),
    ...(flow === "implicit" ? { allowImplicit: "I accept that tokens in the URL can leak" } : {}),
  };
}

/** The default entry point cannot do implicit; the other one is loaded only for those who ask. */
async function entryPoint(flow) {
  if (flow !== "implicit") return createProcoreAuth;
  return (await import("/procore-spa-auth/implicit.js")).createProcoreAuth;
}
