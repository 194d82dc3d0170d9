// Faults in signing in (sentences 7 to 10). See index.mjs.

import { JOURNAL } from "./journal.mjs";

const SIGN_IN = "sign-in.mjs";
const UPSTREAM = "upstream.mjs";
const SESSION = "session.mjs";
const CODE_FIELDS = "code,\n        redirect_uri,\n        code_verifier,";
const SENT = 'if (await entry.get()) return { kind: "invalid_grant" };';
const OPEN_AGAIN = 'if (answer.kind !== "tokens" && answer.kind !== "in_doubt") await entry.remove();';
const REFUSED = 'if (answer.kind !== "tokens") return refuse(answer.kind, { retryAfter: answer.retryAfter });\n    const handle';
const CHECKED = 'if (answer.kind !== "tokens") return refuse(answer.kind, { retryAfter: answer.retryAfter });\n      const left';
const TOKENS_OF_CHECK = "[answer.refresh, answer.access.token].filter(Boolean)";
const HANDLE = "base64url.encode(crypto.getRandomValues(new Uint8Array(32)))";
const RETIRED = "retired: before ? tokensOf(before) : []";
const CHECK_SIGNATURE = "async checkPkce({ application, fields }) {";

export const signingIn = [
  [7, "the code is sent again when its answer is lost", [UPSTREAM, "const answer = await post(application, \"/oauth/token\", fields);", 'const ask = () => post(application, "/oauth/token", fields);\n        const answer = await ask().catch(ask);']],
  [7, "the code is sent again when Procore is down", [UPSTREAM, "const answer = await post(application, \"/oauth/token\", fields);", 'const ask = () => post(application, "/oauth/token", fields);\n        let answer = await ask();\n        if (answer.status === 503) answer = await ask();']],
  [7, "the verifier is not passed on", [SIGN_IN, CODE_FIELDS, CODE_FIELDS.replace("code_verifier,", "")]],
  [7, "the redirect URI is not passed on", [SIGN_IN, CODE_FIELDS, CODE_FIELDS.replace("redirect_uri,", "")]],
  [7, "a code that the page sends twice is sent twice", [SIGN_IN, SENT, ""]],
  [7, "a code that is under way is sent again", [SIGN_IN, 'store.exclusive(`code:${await digest(code)}`,', "store.exclusive(`code:${await digest(code)}${crypto.randomUUID()}`,"]],
  [7, "a code is not written down before it is sent", JOURNAL, [SIGN_IN, 'await entry.put("sent", CODE_LIFE);', ""], [SIGN_IN, OPEN_AGAIN, 'if (answer.kind === "tokens" || answer.kind === "in_doubt") await entry.put("sent", CODE_LIFE);']],
  [7, "a code is forgotten after a second", [SIGN_IN, "CODE_LIFE = 600_000", "CODE_LIFE = 1"]],
  [7, "a code in doubt is sent again", [SIGN_IN, OPEN_AGAIN, 'if (answer.kind !== "tokens") await entry.remove();']],
  [7, "a lost answer to a code is said to be nothing", [UPSTREAM, 'wasNeverSent(error) ? "temporarily_unavailable" : "in_doubt"', '"temporarily_unavailable"']],
  [7, "a sign-in sets no cookie", [SIGN_IN, "return tokenAnswer(session, await sealToFit(application, session), now());", "return tokenAnswer(session, undefined, now());"]],
  [7, "all sessions have one handle", [SIGN_IN, HANDLE, '"A".repeat(43)']],
  [7, "the handle is the one of the session before", [SIGN_IN, HANDLE, `before?.handle ?? ${HANDLE}`]],
  [7, "the handle is the application's", [SIGN_IN, HANDLE, "application.clientId"]],
  [7, "the secret is left out", [UPSTREAM, ", client_secret: clientSecret });", " });"]],
  [7, "every application has the first one's secret", [UPSTREAM, "createUpstream({ timeout, now })", "createUpstream({ timeout, now, applications })"], [UPSTREAM, ", client_secret: clientSecret });", ", client_secret: applications[0].clientSecret });"]],
  [7, "the secret is sent with a line break, as it stands in its file", [UPSTREAM, ", client_secret: clientSecret });", ", client_secret: `${clientSecret}\\n` });"]],
  [8, "a second sign-in revokes the tokens of before", [SIGN_IN, "if (answer.status === 200) await keep(replace(before));", "if (answer.status === 200) await upstream.revoke(asked.application, tokensOf(before));"], [SIGN_IN, "import { begin, replace }", "import { begin, replace, tokensOf }"]],
  [8, "the tokens of before are forgotten", [SESSION, RETIRED, "retired: []"]],
  [8, "only the refresh token of before is retired", [SESSION, RETIRED, "retired: before?.refresh ? [before.refresh, ...before.retired] : []"]],
  [8, "only the access token of before is retired", [SESSION, RETIRED, "retired: before?.access ? [before.access.token, ...before.retired] : []"]],
  [8, "what was retired before is forgotten", [SESSION, RETIRED, "retired: before ? tokensOf({ ...before, retired: [] }) : []"]],
  [8, "a tab with the cookie of before goes on with the session of before", [SIGN_IN, "if (answer.status === 200) await keep(replace(before));", ""]],
  [8, "a sign-in does not wait for the renewal of the session before", [SIGN_IN, "if (!asked.held) return redeemOver(asked);", "return redeemOver(asked, asked.held);"]],
  [8, "a tab with the cookie of before loses the new session's", [SESSION, '({ ...end(session, []), state: "replaced" })', "end(session, [])"]],
  [8, "the sign-out leaves what is retired", [SESSION, "[refresh, access?.token, ...retired].filter(Boolean)", "[refresh, access?.token].filter(Boolean)"]],
  [9, "a refused code removes the cookie", [SIGN_IN, REFUSED, REFUSED.replace("answer.retryAfter }", "answer.retryAfter, cookie: null }")]],
  [9, "a refused code ends the session that is there", [SIGN_IN, "if (answer.status === 200) await keep(replace(before));", "await keep(replace(before));"]],
  [9, "a firewall's refusal of a code is said to be Procore's", [UPSTREAM, 'return { kind: known ?? "temporarily_unavailable" };', 'return { kind: known ?? (fields.code ? "invalid_grant" : "temporarily_unavailable") };']],
  [9, "a refused code sets an empty cookie", [SIGN_IN, REFUSED, REFUSED.replace("answer.retryAfter }", 'answer.retryAfter, cookie: "none" }')]],
  [9, "429 to a code is said to be a refusal", [SIGN_IN, REFUSED, 'if (answer.kind === "rate_limited") return refuse("invalid_grant");\n    ' + REFUSED]],
  [10, "purpose is not heard: the check signs in", ["request.mjs", 'if (grant === "authorization_code" && purpose === "check") return "checkPkce";\n  if (purpose !== undefined) return undefined;', ""]],
  [10, "what came of the check is not revoked", [SIGN_IN, `await upstream.revoke(application, ${TOKENS_OF_CHECK})`, "[]"]],
  [10, "only the access token of the check is revoked", [SIGN_IN, TOKENS_OF_CHECK, "[answer.access.token]"]],
  [10, "only the refresh token of the check is revoked", [SIGN_IN, TOKENS_OF_CHECK, "[answer.refresh]"]],
  [10, "the check is answered with tokens", [SIGN_IN, ": pkceIgnored();", ': { status: 200, members: { pkce: "ignored", access_token: answer.access.token } };']],
  [10, "what is not revoked is said to be", [SIGN_IN, 'left.length ? refuse("temporarily_unavailable") : pkceIgnored()', "pkceIgnored()"]],
  [10, "the check removes the cookie", [SIGN_IN, ": pkceIgnored();", ": { ...pkceIgnored(), cookie: null };"]],
  [10, "a check that is refused removes the cookie", [SIGN_IN, CHECKED, CHECKED.replace("answer.retryAfter }", "answer.retryAfter, cookie: null }")]],
  [10, "the check revokes the session that is there", [SIGN_IN, CHECK_SIGNATURE, "async checkPkce({ application, fields, held }) {"], [SIGN_IN, TOKENS_OF_CHECK, `[...${TOKENS_OF_CHECK}, held?.access?.token].filter(Boolean)`]],
  [10, "the check ends the session that is there", [SIGN_IN, `${CHECK_SIGNATURE}\n`, `async checkPkce(asked) {\n      if (asked.held) await sessions.hold(asked, (before, { keep }) => keep(replace(before)));\n      const { application, fields } = asked;\n`]],
  [10, "the check sets the cookie of what came of it", [SIGN_IN, ": pkceIgnored();", ': { ...pkceIgnored(), cookie: await sessions.seal(begin(application, "A".repeat(43), answer, undefined, now())) };']],
];
