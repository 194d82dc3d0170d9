// What the page is told: the members of docs/token-mediator.md and no others, made here and never taken from Procore's answer.

const VERSION = 2;

const STATUS = {
  invalid_request: 400,
  invalid_grant: 400,
  session_mismatch: 409,
  in_doubt: 502,
  rate_limited: 429,
  invalid_client: 500,
  temporarily_unavailable: 503,
};

/**
 * `cookie`: the session that is to be kept, `null` to remove the cookie, `undefined` to leave it as it is.
 *
 * @typedef {{ status: number, members: object, retryAfter?: number, cookie?: import("./sessions.mjs").Sealed | null }} Answer
 */

/**
 * @param {keyof typeof STATUS} error
 * @param {{ cookie?: Answer["cookie"], retryAfter?: number, status?: number }} [more]
 * @returns {Answer}
 */
export const refuse = (error, { cookie, retryAfter, status = STATUS[error] } = {}) => ({
  status,
  members: { error },
  retryAfter,
  cookie,
});

/** @param {import("./session.mjs").Session} session @returns {Answer} */
export function tokenAnswer({ access, handle }, cookie, now) {
  const members = {
    access_token: access.token,
    token_type: "Bearer",
    expires_in: Math.max(0, Math.floor((access.until - now) / 1000)),
    session_handle: handle,
  };
  if (access.scope !== undefined) members.scope = access.scope;
  if (access.createdAt !== undefined) members.created_at = access.createdAt;
  return { status: 200, members, cookie };
}

/** @returns {Answer} */
export const pkceIgnored = () => ({ status: 200, members: { pkce: "ignored" } });

/** @returns {Answer} */
export const revoked = (cookie) => ({ status: 200, members: { revoked: true }, cookie });

/** @param {Answer} answer @param {string} [setCookie] */
export function toResponse({ status, members, retryAfter }, setCookie) {
  const headers = new Headers({
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  if (status === 405) headers.set("allow", "POST");
  if (setCookie) headers.set("set-cookie", setCookie);
  if (retryAfter) headers.set("retry-after", String(retryAfter));
  const body = { version: VERSION, ...members, ...(retryAfter ? { retry_after: retryAfter } : {}) };
  return new Response(JSON.stringify(body), { status, headers });
}
