// Signing out: sentences 19 to 22 of docs/token-mediator.md.

import { refuse, revoked } from "./answers.mjs";
import { end, tokensOf } from "./session.mjs";

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
  const { sessions, upstream } = parts;
  const close = createClose(parts);

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
        const { left, cookie } = await close(asked, session, hold, fields.token ? [fields.token] : []);
        return left.length ? refuse("temporarily_unavailable", { cookie }) : revoked(cookie);
      });
    },
  };
}
