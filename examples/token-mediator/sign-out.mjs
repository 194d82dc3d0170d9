// Signing out: sentences 19 to 22 of docs/token-mediator.md.

import { refuse, revoked } from "./answers.mjs";
import { SHORTEST_LIFE, end, livesFor, pauseOf, settle, tokensOf } from "./session.mjs";

/**
 * Ends a session and revokes its tokens, those of `more` among them. Answers with the tokens that Procore has not confirmed to be
 * revoked, and with the cookie that has them.
 */
export const createClose =
  ({ upstream }) =>
  async ({ application }, session, { mark, keep }, more = []) => {
    const tokens = [...new Set([...tokensOf(session), ...more])];
    const ended = end(session, tokens);
    // 20: before anything is sent, so that it holds whatever becomes of this request.
    await mark(ended);
    const left = await upstream.revoke(application, tokens);
    const cookie = await keep(end(ended, left));
    return { left, cookie: left.length ? cookie : null };
  };

export function signOut(parts) {
  const { sessions, upstream, now } = parts;
  const close = createClose(parts);

  // 21: some servers say 200 to the revocation of a session whose access token is over, and revoke nothing (Doorkeeper 5.5, 5.6).
  // So it is renewed for the last time. Where that fails, the tokens of before are revoked as they are.
  const renewLast = async ({ application }, session, { mark }) => {
    const { refresh } = session;
    if (!refresh || livesFor(session, SHORTEST_LIFE, now()) || pauseOf(session, now())) return session;
    // 20
    await mark(end(session, tokensOf(session)));
    const answer = await upstream.token(application, { grant_type: "refresh_token", refresh_token: refresh });
    return answer.kind === "tokens" ? { ...settle(session, answer, now()), retired: tokensOf(session) } : session;
  };

  // 19: the token that the page names, and nothing of the cookie's.
  const revokeNamed = async ({ application, held, fields }) => {
    if (!fields.token) return refuse(held ? "session_mismatch" : "invalid_grant");
    const left = await upstream.revoke(application, [fields.token]);
    return left.length ? refuse("temporarily_unavailable") : revoked();
  };

  return {
    async revoke(asked) {
      const { held, fields } = asked;
      if (held?.handle !== fields.session_handle) return revokeNamed(asked);
      return sessions.hold(asked, async (session, hold) => {
        if (session.state === "replaced") return revokeNamed(asked);
        const last = await renewLast(asked, session, hold);
        const { left, cookie } = await close(asked, last, hold, fields.token ? [fields.token] : []);
        return left.length ? refuse("temporarily_unavailable", { cookie }) : revoked(cookie);
      });
    },
  };
}
