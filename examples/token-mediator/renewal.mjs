// Renewing and resuming: sentences 11 to 18 of docs/token-mediator.md.

import { refuse, tokenAnswer } from "./answers.mjs";
import { SHORTEST_LIFE, inDoubt, isAhead, isOver, livesFor, pauseOf, settle, use } from "./session.mjs";
import { createClose } from "./sign-out.mjs";

export function renewal(parts) {
  const { sessions, upstream, config, now } = parts;
  const close = createClose(parts);

  const send = async ({ application }, session, { mark, keep }) => {
    // 13: whoever dies on the way leaves a session that does not send it again.
    await mark(inDoubt(session));
    const answer = await upstream.token(application, { grant_type: "refresh_token", refresh_token: session.refresh });
    const next = settle(session, answer, now());
    const cookie = await keep(next);
    if (answer.kind === "tokens") return tokenAnswer(next, cookie, now());
    return refuse(answer.kind, { retryAfter: answer.retryAfter, cookie });
  };

  const renewNewest = async (asked, session, hold) => {
    const retryAfter = pauseOf(session, now());
    // 12: who has waited for a renewal that failed is told the same.
    if (asked.at < session.refused?.at) return refuse(session.refused.error, { retryAfter });
    if (!session.refresh) return refuse("invalid_grant");
    // 15
    if (retryAfter) return refuse("rate_limited", { retryAfter });
    return send(asked, session, hold);
  };

  // 18 and 22: nobody would know any more what is left of it, so that is revoked now, and what is not confirmed stays.
  const refuseOver = async (asked, session, hold) => {
    const { cookie } = await close(asked, session, hold);
    return refuse("invalid_grant", { cookie });
  };

  return {
    async renew(asked) {
      // 11
      if (!asked.held) return refuse("invalid_grant");
      if (asked.held.handle !== asked.fields.session_handle) return refuse("session_mismatch");
      return sessions.hold(asked, async (session, hold) => {
        // The browser's cookie knows, or is another session's by now.
        if (session.state !== "live") return refuse("invalid_grant");
        if (isOver(session, config, now())) return refuseOver(asked, session, hold);
        // 12: with the cookie of before.
        if (isAhead(session, asked.held, now())) return tokenAnswer(session, await sessions.seal(session), now());
        return renewNewest(asked, session, hold);
      });
    },

    async resume(asked) {
      if (!asked.held) return refuse("invalid_grant");
      return sessions.hold(asked, async (session, hold) => {
        if (session.state === "replaced") return refuse("invalid_grant");
        if (session.state === "ended" || isOver(session, config, now())) return refuseOver(asked, session, hold);
        if (livesFor(session, SHORTEST_LIFE, now())) {
          const used = use(session, now());
          return tokenAnswer(used, await hold.keep(used), now());
        }
        if (session.refresh) return renewNewest(asked, session, hold);
        return refuseOver(asked, session, hold);
      });
    },
  };
}
