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
  const parts = { sessions, upstream: createUpstream(config), config, store, log, now };
  const actions = { ...signIn(parts), ...renewal(parts), ...signOut(parts) };

  const setCookie = (name, cookie) => {
    if (cookie === undefined) return undefined;
    if (cookie === null) return writeCookie(name);
    const maxAge = config.keepCookie ? Math.ceil((cookie.until - now()) / 1000) : undefined;
    return writeCookie(name, cookie.value, maxAge);
  };

  const answer = async (request) => {
    const asked = { ...(await readRequest(request, config)), at: now() };
    const { action, application } = asked;
    const what = { action, client_id: application.clientId };
    try {
      const name = cookieName(application);
      const value = readCookie(request.headers.get("cookie"), name);
      const held = value === undefined ? undefined : await sessions.open(value, application);
      const made = await actions[action]({ ...asked, held });
      log({ ...what, status: made.status, error: made.members.error });
      return toResponse(made, setCookie(name, made.cookie));
    } catch (error) {
      // A store that is gone, say. Its class alone: a message may repeat what was sent.
      log({ ...what, status: 503, error: "temporarily_unavailable", fault: error?.name });
      return toResponse(refuse("temporarily_unavailable"));
    }
  };

  return async function mediate(request) {
    try {
      return await answer(request);
    } catch (error) {
      if (error instanceof Refusal) {
        log({ action: "none", status: error.status, error: "invalid_request" });
        return toResponse(refuse("invalid_request", { status: error.status }));
      }
      log({ action: "none", status: 503, error: "temporarily_unavailable", fault: error?.name });
      return toResponse(refuse("temporarily_unavailable"));
    }
  };
}
