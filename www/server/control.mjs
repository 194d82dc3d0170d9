/** The demo page's and the tests' hold on an environment: what it is, how it behaves, what it was asked. */

import { RedirectUriError } from "./application.mjs";
import { HttpError, readJson, sendJson } from "./http.mjs";
import { Switches } from "./switches.mjs";
import { USERS } from "./users.mjs";

export function state({ res, environment: { name, origin, application, switches } }) {
  sendJson(res, 200, {
    environment: name,
    origin,
    clientId: application.clientId,
    redirectUris: application.redirectUris,
    users: USERS.map(({ email, name, password }) => ({ email, name, password })),
    switches,
    about: Switches.describe(),
  });
}

export async function putApplication(exchange) {
  const { redirectUris } = (await readJson(exchange.req)) ?? {};
  if (!Array.isArray(redirectUris) || !redirectUris.every((uri) => typeof uri === "string")) {
    throw new HttpError(422, { error: "invalid_request", message: "redirectUris is an array of strings.", line: null });
  }
  try {
    exchange.environment.application.setRedirectUris(redirectUris);
  } catch (error) {
    if (!(error instanceof RedirectUriError)) throw error;
    throw new HttpError(422, { error: "invalid_redirect_uri", message: error.message, line: error.line });
  }
  state(exchange);
}

export async function patchSwitches(exchange) {
  const patch = await readJson(exchange.req);
  try {
    exchange.environment.switches.set(patch);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HttpError(422, { error: "invalid_switch", message: error.message });
  }
  state(exchange);
}

export function resetSwitches(exchange) {
  exchange.environment.switches.reset();
  state(exchange);
}

export function readLog({ res, environment: { log } }) {
  sendJson(res, 200, { requests: log.entries });
}

export function clearLog({ res, environment: { log } }) {
  log.clear();
  sendJson(res, 200, { requests: [] });
}

/** Ages the live access tokens, for those who don't want to wait 90 minutes. */
export function expireAccessTokens({ res, environment: { store } }) {
  sendJson(res, 200, { expired: store.expireAccessTokens() });
}

/** Ends every sign-in, as an administrator would. The users find out with their next request. */
export function revokeAll({ res, environment: { store } }) {
  sendJson(res, 200, { revoked: store.revokeAll() });
}

/** As after the start, but for the redirect URIs: no logins, no tokens, no switches, an empty log. */
export function reset(exchange) {
  const { environment } = exchange;
  environment.store.clear();
  environment.switches.reset();
  environment.log.clear();
  environment.rate = {};
  state(exchange);
}
