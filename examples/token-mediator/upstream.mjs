// Requests to Procore's token and revocation endpoints, and what their answers mean. Nothing of Procore's words goes further.

const LONGEST_TOKEN = 1024;
/** Procore: an access token lives for 90 minutes (oauth_endpoints.md). For an answer that does not say. */
const USUAL_LIFE_SECONDS = 5400;
/** For a 429 that does not say: the longer one of Procore's windows is an hour (rate_limiting.md), so no longer either. */
const [USUAL_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS] = [10, 3600];

/**
 * @typedef {object} Access
 * @property {string} token
 * @property {number} until
 * @property {string} [scope]
 * @property {number} [createdAt]
 *
 * @typedef {{ kind: "tokens", access: Access, refresh?: string }
 *   | { kind: "rate_limited", retryAfter: number }
 *   | { kind: "in_doubt" | "invalid_grant" | "invalid_client" | "temporarily_unavailable" }} TokenAnswer
 */

export function createUpstream({ timeout, now }) {
  async function post({ loginOrigin, clientId, clientSecret }, path, fields) {
    const body = new URLSearchParams({ ...fields, client_id: clientId, client_secret: clientSecret });
    // A followed redirect would carry the secret to wherever it points. "error" is not everywhere.
    /** @type {RequestInit} */
    const options = { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(timeout) };
    const answer = await fetch(loginOrigin + path, options);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  return {
    /** @returns {Promise<TokenAnswer>} */
    async token(application, fields) {
      const askedAt = now();
      try {
        const answer = await post(application, "/oauth/token", fields);
        return judge(answer, { secret: application.clientSecret, fields, askedAt, now: now() });
      } catch (error) {
        return { kind: wasNeverSent(error) ? "temporarily_unavailable" : "in_doubt" };
      }
    },

    /** Those of the tokens that Procore has not confirmed to be revoked. */
    async revoke(application, tokens) {
      const left = [];
      for (const token of new Set(tokens)) {
        const { status } = await post(application, "/oauth/revoke", { token }).catch(() => ({ status: 0 }));
        // RFC 7009 §2.2: 200, also for a token that is not known. On 503 it still exists (§2.2.1).
        if (status !== 200) left.push(token);
      }
      return left;
    },
  };
}

/** No connection, no request: nothing can have reached Procore. */
const wasNeverSent = ({ cause }) =>
  ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"].includes(cause?.code);

/** @type {("invalid_grant" | "invalid_client")[]} */
const DECIDED = ["invalid_grant", "invalid_client"];

/** @returns {TokenAnswer} */
function judge({ status, headers, text }, { secret, fields, askedAt, now }) {
  const json = readJson(headers, text);
  if (status === 200) return readTokens(json, { secret, fields, askedAt });
  if (status === 429) return { kind: "rate_limited", retryAfter: readPause(headers, now) };
  if (status < 400 || status >= 500) return { kind: "in_doubt" };
  // RFC 6749 §5.2. Whatever else refuses, a firewall say, has not decided about the grant.
  const known = DECIDED.find((error) => error === json?.error);
  return { kind: known ?? "temporarily_unavailable" };
}

function readJson(headers, text) {
  if (!/^application\/json\b/i.test(headers.get("content-type") ?? "")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * RFC 6749 §5.1. What is not as it should be is as good as lost: the code or refresh token is used up.
 *
 * @returns {TokenAnswer}
 */
function readTokens(json, { secret, fields, askedAt }) {
  const { access_token: token, refresh_token: refresh, token_type: type } = json ?? {};
  // A server that repeats what it was sent must not hand it to a page by way of a member that is passed on.
  const hidden = [secret, fields.code, fields.code_verifier, fields.refresh_token, refresh].filter(
    (text) => text?.length >= 8,
  );
  const isClean = (text) => !hidden.some((one) => text.includes(one));
  const isToken = (text) => typeof text === "string" && text.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(text);
  if (!isToken(token) || !isClean(token) || !/^bearer$/i.test(type)) return { kind: "in_doubt" };
  if (refresh !== undefined && refresh !== null && !isToken(refresh)) return { kind: "in_doubt" };
  const { expires_in: seconds, scope, created_at: createdAt } = json;
  const life = Number.isInteger(seconds) && seconds > 0 ? seconds : USUAL_LIFE_SECONDS;
  /** @type {Access} */
  const access = { token, until: askedAt + life * 1000 };
  if (typeof scope === "string" && /^[\x20-\x7e]{1,256}$/.test(scope) && isClean(scope)) access.scope = scope;
  if (Number.isFinite(createdAt)) access.createdAt = createdAt;
  return { kind: "tokens", access, refresh: refresh ?? undefined };
}

/** Seconds. Procore: `X-Rate-Limit-Reset` in Unix seconds (rate_limiting.md), `Retry-After` beside it (error_reference.md). */
function readPause(headers, now) {
  const [after, reset] = [headers.get("retry-after"), headers.get("x-rate-limit-reset")];
  const isNumber = (text) => /^\d{1,12}$/.test(text ?? "");
  const pauses = [
    isNumber(after) ? Number(after) : (Date.parse(after ?? "") - now) / 1000,
    isNumber(reset) ? Number(reset) - now / 1000 : NaN,
  ].filter((seconds) => seconds > 0);
  const longest = pauses.length ? Math.max(...pauses) : USUAL_PAUSE_SECONDS;
  return Math.ceil(Math.min(longest, LONGEST_PAUSE_SECONDS));
}
