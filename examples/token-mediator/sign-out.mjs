// Signing out: sentences 19 to 22 of docs/token-mediator.md.

import { refuse, revoked } from "./answers.mjs";
import { end, tokensOf } from "./session.mjs";

export function signOut({ sessions, upstream }) {
  // 19: the token that the page names, and nothing of the cookie's.
  const revokeNamed = async ({ application, held, fields }) => {
    if (!fields.token) return refuse(held ? "session_mismatch" : "invalid_grant");
    const left = await upstream.revoke(application, [fields.token]);
    return left.length ? refuse("temporarily_unavailable") : revoked();
  };

  return {
    async revoke(asked) {
      const { application, held, fields } = asked;
      if (held?.handle !== fields.session_handle) return revokeNamed(asked);
      return sessions.hold(asked, async (session, { mark, keep }) => {
        if (session.state === "replaced") return revokeNamed(asked);
        const tokens = [...new Set([...tokensOf(session), fields.token].filter(Boolean))];
        // 20: before anything is sent, so that it holds whatever becomes of this request.
        const ended = end(session, tokens);
        await mark(ended);
        const left = await upstream.revoke(application, tokens);
        const cookie = await keep(end(ended, left));
        return left.length ? refuse("temporarily_unavailable", { cookie }) : revoked(null);
      });
    },
  };
}
