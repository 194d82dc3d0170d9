// A token mediator: adds the client secret to the token requests of your own page, and keeps refresh tokens from every script.
// It obeys docs/token-mediator.md; the numbers in these files are its sentences. One handler on web standards: `mounts/` shows
// where to put it.

import { refuse, toResponse } from "./answers.mjs";
import { readConfig } from "./config.mjs";
import { cookieName, readCookie, writeCookie } from "./cookie.mjs";
import { renewal } from "./renewal.mjs";
import { Refusal, readRequest } from "./request.mjs";
import { createSessions } from "./sessions.mjs";
import { signIn } from "./sign-in.mjs";
import { signOut } from "./sign-out.mjs";
import { createUpstream } from "./upstream.mjs";

/**
 * @param {import("./config.mjs").Options} options
 * @returns {(request: Request) => Promise<Response>}
 * @throws {import("./config.mjs").MediatorConfigError}
 */
export function createMediator(options) {
  const config = readConfig(options);
  const { store, log, now } = config;
  const sessions = createSessions(config);
  const parts = { sessions, upstream: createUpstream(config), config, store, now };
  const actions = { ...signIn(parts), ...renewal(parts), ...signOut(parts) };

  const answer = async (request) => {
    const asked = { ...(await readRequest(request, config)), at: now() };
    const { action, application } = asked;
    try {
      const name = cookieName(application);
      const value = readCookie(request.headers.get("cookie"), name);
      if (value !== undefined) asked.held = await sessions.open(value, application);
      const made = await actions[action](asked);
      log({ action, client_id: application.clientId, status: made.status, error: made.members.error });
      return toResponse(made, setCookie(name, made.cookie, asked.held));
    } catch (error) {
      // A store that is gone, say. Its class alone: a message may repeat what was sent.
      log({ action, client_id: application.clientId, status: 503, error: "temporarily_unavailable", fault: error?.name });
      return toResponse(refuse("temporarily_unavailable"));
    }
  };

  const setCookie = (name, cookie, held) => {
    if (cookie === undefined) return undefined;
    if (cookie === null) return writeCookie(name);
    const began = held?.began ?? now();
    return writeCookie(name, cookie, config.keepCookie ? Math.ceil((began + config.absolute - now()) / 1000) : undefined);
  };

  return async function mediate(request) {
    try {
      return await answer(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      log({ action: "none", status: error.status, error: "invalid_request" });
      return toResponse(refuse("invalid_request", { status: error.status }));
    }
  };
}
