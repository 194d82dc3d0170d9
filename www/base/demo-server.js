// The two demo authorization servers: where they are, what is registered there, how they behave.

export const ENVIRONMENTS = ["sandbox", "production"];

const origins = {};
const states = {};

/** Reads from this page's own server where the two environments are. */
export async function findServers() {
  const config = await readJson("/demo-config.json");
  for (const name of ENVIRONMENTS) origins[name] = config.environments[name].origin;
}

/** Takes the origins from before the redirect, so that the response is handled before anything is fetched. */
export function assumeOrigins(known) {
  Object.assign(origins, known);
}

export function originOf(environment) {
  return origins[environment];
}

export function allOrigins() {
  return { ...origins };
}

/** What the SDK needs to know of a server that is not Procore's. */
export function serverOptions(environment) {
  const origin = origins[environment];
  return {
    customAuthorizationServer: true,
    issuer: origin,
    authorizationEndpoint: `${origin}/oauth/authorize`,
    tokenEndpoint: `${origin}/oauth/token`,
    revocationEndpoint: `${origin}/oauth/revoke`,
    tokenInfoEndpoint: `${origin}/oauth/token/info`,
    apiOrigin: origin,
  };
}

/** The application as registered at this environment, and the server's switches. */
export async function loadState(environment) {
  states[environment] = await readJson(`${origins[environment]}/demo/state`);
  return states[environment];
}

export function stateOf(environment) {
  return states[environment];
}

export function registerRedirectUris(environment, redirectUris) {
  return change(environment, "PUT", "/demo/application", { redirectUris });
}

export function setSwitch(environment, name, value) {
  return change(environment, "PATCH", "/demo/switches", { [name]: value });
}

export function resetSwitches(environment) {
  return change(environment, "DELETE", "/demo/switches");
}

/** Ages the live access tokens at the server. Answers how many there were. */
export async function expireAccessTokens(environment) {
  return (await readJson(`${origins[environment]}/demo/expire`, { method: "POST" })).expired;
}

/** Each change is answered with the state after it. */
async function change(environment, method, path, body) {
  const more = body ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  states[environment] = await readJson(origins[environment] + path, { method, ...more });
  return states[environment];
}

async function readJson(url, init = {}) {
  const response = await fetch(url, { credentials: "omit", cache: "no-store", ...init });
  if (!response.ok) {
    const { message } = await response.json().catch(() => ({}));
    throw new Error(message ?? `${url} answered ${response.status}.`);
  }
  return response.json();
}
