// Signing in: sentences 7 to 10 of docs/token-mediator.md.

import { base64url } from "jose";
import { pkceIgnored, refuse, tokenAnswer } from "./answers.mjs";
import { begin, replace } from "./session.mjs";

/** Procore: a code lives for 10 minutes (oauth_endpoints.md). */
const CODE_LIFE = 600_000;
/** A browser keeps 4096 bytes of name and value; a renewal may add some. */
const LONGEST_COOKIE = 3800;

export function signIn({ sessions, upstream, store, log, now }) {
  // 7: a code that has been used, or may have been, is not sent again.
  const sendCode = async (application, { code, redirect_uri, code_verifier }) =>
    store.exclusive(`code:${await digest(code)}`, async (entry) => {
      if (await entry.get()) return { kind: "invalid_grant" };
      await entry.put("sent", CODE_LIFE);
      const answer = await upstream.token(application, {
        grant_type: "authorization_code",
        code,
        redirect_uri,
        code_verifier,
      });
      if (answer.kind !== "tokens" && answer.kind !== "in_doubt") await entry.remove();
      return answer;
    });

  // 8: when the cookie is full, the oldest are revoked after all, rather than left to nobody.
  const sealToFit = async (application, session) => {
    for (let next = session; ; next = { ...next, retired: next.retired.slice(0, -1) }) {
      const sealed = await sessions.seal(next);
      if (sealed.value.length <= LONGEST_COOKIE || !next.retired.length) return sealed;
      const left = await upstream.revoke(application, next.retired.slice(-1));
      if (left.length) log({ action: "retire", client_id: application.clientId, error: "temporarily_unavailable" });
    }
  };

  const redeemOver = async ({ application, fields }, before) => {
    const answer = await sendCode(application, fields);
    // 9: what was there stays as it is.
    if (answer.kind !== "tokens") return refuse(answer.kind, { retryAfter: answer.retryAfter });
    const handle = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
    const session = begin(application, handle, answer, before, now());
    return tokenAnswer(session, await sealToFit(application, session), now());
  };

  return {
    redeem(asked) {
      if (!asked.held) return redeemOver(asked);
      // A renewal of that session is waited for: its cookie must not come after the new one.
      return sessions.hold(asked, async (before, { keep }) => {
        const answer = await redeemOver(asked, before);
        if (answer.status === 200) await keep(replace(before));
        return answer;
      });
    },

    // 10
    async checkPkce({ application, fields }) {
      const answer = await sendCode(application, fields);
      if (answer.kind !== "tokens") return refuse(answer.kind, { retryAfter: answer.retryAfter });
      const left = await upstream.revoke(application, [answer.refresh, answer.access.token].filter(Boolean));
      return left.length ? refuse("temporarily_unavailable") : pkceIgnored();
    },
  };
}

async function digest(text) {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
