// Faults in renewing (sentences 11 to 16). See index.mjs.

import { JOURNAL } from "./journal.mjs";

const RENEWAL = "renewal.mjs";
const SESSION = "session.mjs";
const SESSIONS = "sessions.mjs";
const STORE = "store.mjs";
const UPSTREAM = "upstream.mjs";
const SAME = "asked.held.handle !== asked.fields.session_handle";
const MISMATCH = 'return refuse("session_mismatch");';
const JUDGE_200 = "if (status === 200) return readTokens(json, { secret, fields, askedAt });";
const JUDGE_429 = 'if (status === 429) return { kind: "rate_limited", retryAfter: readPause(headers, now) };';
const JUDGE_5XX = 'if (status < 400 || status >= 500) return { kind: "in_doubt" };';
const JUDGE_4XX = 'return { kind: known ?? "temporarily_unavailable" };';
const KNOWN = "const known = DECIDED.find((error) => error === json?.error);";
const CAUGHT = 'wasNeverSent(error) ? "temporarily_unavailable" : "in_doubt"';
const KEPT_COOKIE = "retryAfter: answer.retryAfter, cookie });";
const setting = (text) => [RENEWAL, KEPT_COOKIE, `retryAfter: answer.retryAfter, cookie: ${text} });`];
const DOUBTED = 'if (answer.kind === "in_doubt") return { ...failed, refresh: null };';
const PAUSED = 'answer.kind === "rate_limited" ? { ...failed, pausedUntil: now + answer.retryAfter * 1000 } : failed';
const WAITED = "if (asked.at < session.refused?.at) return refuse(session.refused.error, { retryAfter });";
const PUT = "await entries.set(key, { value, until: now() + milliseconds });";
const TURN = "(last.get(key) ?? Promise.resolve()).then(() => task(entry(key)))";
const NO_REFRESH = "refresh: answer.refresh ?? session.refresh";

const handles = [
  [11, "the handle is not compared", [RENEWAL, SAME, "false"]],
  [11, "a handle need only begin alike", [RENEWAL, SAME, "!asked.held.handle.startsWith(asked.fields.session_handle)"]],
  [11, "a handle may go on", [RENEWAL, SAME, "!asked.fields.session_handle.startsWith(asked.held.handle)"]],
  [11, "handles are compared without regard to case", [RENEWAL, SAME, "asked.held.handle.toLowerCase() !== asked.fields.session_handle.toLowerCase()"]],
  [11, "another handle removes the cookie", [RENEWAL, MISMATCH, 'return refuse("session_mismatch", { cookie: null });']],
  [11, "another handle is said to be the end", [RENEWAL, MISMATCH, 'return refuse("invalid_grant");']],
  [11, "another handle is answered with 403", [RENEWAL, MISMATCH, 'return refuse("session_mismatch", { status: 403 });']],
  [11, "no handle is as good as the right one", ["request.mjs", 'renew: ["session_handle"],', "renew: [],"], [RENEWAL, SAME, `asked.fields.session_handle && ${SAME}`]],
  [11, "no session is said to be a fault of the mediator", [RENEWAL, '// 11\n      if (!asked.held) return refuse("invalid_grant");', 'if (!asked.held) return refuse("temporarily_unavailable");']],
  [11, "a renewal changes the handle", [RENEWAL, 'if (answer.kind === "tokens") return tokenAnswer(next, cookie, now());', 'if (answer.kind === "tokens") return tokenAnswer({ ...next, handle: crypto.randomUUID() }, cookie, now());']],
  [11, "a renewal leaves the cookie of before", [RENEWAL, 'if (answer.kind === "tokens") return tokenAnswer(next, cookie, now());', 'if (answer.kind === "tokens") return tokenAnswer(next, undefined, now());']],
  [11, "a renewal answers with the token of before", [RENEWAL, 'if (answer.kind === "tokens") return tokenAnswer(next, cookie, now());', 'if (answer.kind === "tokens") return tokenAnswer(session, cookie, now());']],
];

const once = [
  [12, "renewals at the same time are all sent", [STORE, TURN, "Promise.resolve().then(() => task(entry(key)))"]],
  [12, "the answer is forgotten 10 seconds after the start", [STORE, PUT, "entries.set(key, { value, until: entries.get(key)?.until ?? now() + 10_000 });"]],
  [12, "a renewal under way is forgotten 10 seconds after its start", [STORE, TURN, "(now() < (begun.get(key) ?? 0) + 10_000 ? (last.get(key) ?? Promise.resolve()) : Promise.resolve()).then(() => (begun.set(key, now()), task(entry(key))))"], [STORE, "const last = new Map();", "const last = new Map();\n  const begun = new Map();"]],
  [12, "the answer is forgotten 10 seconds after the end", [STORE, PUT, "entries.set(key, { value, until: now() + 10_000 });"]],
  [12, "the answer is forgotten 60 seconds after the start", [SESSIONS, "await entry.put(sealed.value, idle).catch", "await entry.put(sealed.value, 41_000).catch"]],
  [12, "the answer is forgotten when it has come", [SESSIONS, "await entry.put(sealed.value, idle).catch", "await entry.remove().catch"]],
  [12, "nothing is written down", [STORE, PUT, ""]],
  [12, "each instance has a store of its own", ["config.mjs", "store: options.store ?? createStore({ now })", "store: createStore({ now })"]],
  [12, "the cookie of before is no session any more", [RENEWAL, "return tokenAnswer(session, await sessions.seal(session), now());", 'return refuse("invalid_grant");']],
  [12, "the cookie of before renews once more", [RENEWAL, "if (isAhead(session, asked.held, now())) return", "if (false) return"]],
  [12, "the cookie of before is answered with the token of before", [RENEWAL, "return tokenAnswer(session, await sessions.seal(session), now());", "return tokenAnswer(asked.held, await sessions.seal(session), now());"]],
  [12, "who has waited for a renewal that failed sends it again", [RENEWAL, WAITED, ""]],
  [12, "who has waited for a renewal that was lost is told of an end", [RENEWAL, WAITED, 'if (session.refused && session.refused.error !== "in_doubt" && asked.at < session.refused.at) return refuse(session.refused.error, { retryAfter });']],
  [12, "the cookie of before is believed", [SESSIONS, "newer(stored && (await open(stored, application)), held)", "held"]],
  [12, "of two states the older one counts", [SESSION, "stored.step >= held.step", "stored.step <= held.step"]],
  [12, "a renewal ends with the request of the tab that has asked for it", ["mediator.mjs", "const asked = { ...(await readRequest(request, config)), at: now() };", "const asked = { ...(await readRequest(request, config)), at: now(), signal: request.signal };"], [RENEWAL, "const send = async ({ application }, session", "const send = async ({ application, signal }, session"], [RENEWAL, "refresh_token: session.refresh });", "refresh_token: session.refresh }, signal);"], [UPSTREAM, "async token(application, fields) {", "async token(application, fields, gone) {"], [UPSTREAM, 'await post(application, "/oauth/token", fields);', 'await post(application, "/oauth/token", fields, gone);'], [UPSTREAM, "clientSecret }, path, fields) {", "clientSecret }, path, fields, gone) {"], [UPSTREAM, "signal: AbortSignal.timeout(timeout)", "signal: gone ? AbortSignal.any([gone, AbortSignal.timeout(timeout)]) : AbortSignal.timeout(timeout)"]],
];

const doubt = [
  [13, "5xx keeps the refresh token", [UPSTREAM, JUDGE_5XX, `if (status >= 500) return { kind: "temporarily_unavailable" };\n  ${JUDGE_5XX}`]],
  [13, "503 keeps the refresh token", [UPSTREAM, JUDGE_5XX, `if (status === 503) return { kind: "temporarily_unavailable" };\n  ${JUDGE_5XX}`]],
  [13, "502 and 503 keep the refresh token", [UPSTREAM, JUDGE_5XX, `if (status > 500) return { kind: "temporarily_unavailable" };\n  ${JUDGE_5XX}`]],
  [13, "503 with Retry-After is taken for a 429", [UPSTREAM, JUDGE_429, JUDGE_429.replace("status === 429", 'status === 429 || (status === 503 && headers.has("retry-after"))')]],
  [13, "a lost answer keeps the refresh token", [UPSTREAM, CAUGHT, '"temporarily_unavailable"']],
  [13, "a late answer keeps the refresh token", [UPSTREAM, CAUGHT, `error.name === "TimeoutError" ? "temporarily_unavailable" : (${CAUGHT})`]],
  [13, "an answer is waited for without an end", [UPSTREAM, ", signal: AbortSignal.timeout(timeout) }", " }"]],
  [13, "a lost answer ends the session", [UPSTREAM, CAUGHT, '"invalid_grant"']],
  [13, "5xx ends the session", [UPSTREAM, JUDGE_5XX, JUDGE_5XX.replace('"in_doubt"', '"invalid_grant"')]],
  [13, "5xx is sent once more", [UPSTREAM, 'const answer = await post(application, "/oauth/token", fields);', 'let answer = await post(application, "/oauth/token", fields);\n        if (answer.status >= 500) answer = await post(application, "/oauth/token", fields);']],
  [13, "a lost answer is sent once more", [UPSTREAM, 'const answer = await post(application, "/oauth/token", fields);', 'const ask = () => post(application, "/oauth/token", fields);\n        const answer = await ask().catch(ask);']],
  [13, "in doubt, the cookie keeps the refresh token", setting('answer.kind === "in_doubt" ? undefined : cookie')],
  [13, "in doubt, the cookie is removed", setting('answer.kind === "in_doubt" ? null : cookie')],
  [13, "in doubt, the access token is dropped, too", [SESSION, DOUBTED, DOUBTED.replace("refresh: null", "refresh: null, access: null")]],
  [13, "in doubt, the refresh token is sent once more", [SESSION, DOUBTED, ""]],
  [13, "in doubt by the cookie only", [RENEWAL, "const cookie = await keep(next);", 'const cookie = answer.kind === "in_doubt" ? await sessions.seal(next) : await keep(next);\n    if (answer.kind === "in_doubt") await keep(session);']],
  [13, "in doubt by its memory only", [RENEWAL, "const cookie = await keep(next);", 'await keep(next);\n    const cookie = await sessions.seal(answer.kind === "in_doubt" ? { ...next, refresh: session.refresh } : next);']],
  [13, "an invalid_grant of a 503 is believed", [UPSTREAM, JUDGE_5XX, `if (json?.error === "invalid_grant") return { kind: "invalid_grant" };\n  ${JUDGE_5XX}`]],
  [13, "a 200 that is HTML keeps the refresh token", [UPSTREAM, JUDGE_200, `if (status === 200 && !json) return { kind: "temporarily_unavailable" };\n  ${JUDGE_200}`]],
  [13, "a 200 without a token keeps the refresh token", [UPSTREAM, '!/^bearer$/i.test(type)) return { kind: "in_doubt" };', '!/^bearer$/i.test(type)) return { kind: "temporarily_unavailable" };']],
  [13, "a 200 without a token is a fault", [UPSTREAM, "= json ?? {};", "= json;"], [UPSTREAM, CAUGHT, `error instanceof TypeError && !error.cause ? "temporarily_unavailable" : (${CAUGHT})`]],
  [13, "a renewal is not written down before it is sent", JOURNAL, [RENEWAL, "await mark(inDoubt(session));", ""]],
  [13, "what was under way is taken for done", JOURNAL, [SESSION, "session.refresh !== null && !session.refused", "!session.refused"]],
  [13, "a renewal is written down without being in doubt", JOURNAL, [RENEWAL, "await mark(inDoubt(session));", "await mark(session);"]],
  [13, "in doubt is answered with 500", ["answers.mjs", "in_doubt: 502", "in_doubt: 500"]],
  [13, "the next renewal in doubt says so once more", [RENEWAL, 'if (!session.refresh) return refuse("invalid_grant");', 'if (!session.refresh) return refuse("in_doubt");']],
];

const kept = [
  [14, "any 4xx ends the session", [UPSTREAM, JUDGE_4XX, 'return { kind: known ?? "invalid_grant" };']],
  [14, "403 ends the session", [UPSTREAM, JUDGE_4XX, 'return { kind: known ?? (status === 403 ? "invalid_grant" : "temporarily_unavailable") };']],
  [14, "401 ends the session", [UPSTREAM, JUDGE_4XX, 'return { kind: known ?? (status === 401 ? "invalid_grant" : "temporarily_unavailable") };']],
  [14, "400 ends the session", [UPSTREAM, JUDGE_4XX, 'return { kind: known ?? (status === 400 ? "invalid_grant" : "temporarily_unavailable") };']],
  [14, "a 400 with any error in JSON ends the session", [UPSTREAM, JUDGE_4XX, 'return { kind: known ?? (status === 400 && json?.error ? "invalid_grant" : "temporarily_unavailable") };']],
  [14, "invalid_grant anywhere in the body ends the session", [UPSTREAM, KNOWN, 'const known = ["invalid_grant", "invalid_client"].find((error) => text.includes(error));']],
  [14, "an empty 400 ends the session", [UPSTREAM, JUDGE_4XX, 'return { kind: known ?? (text === "" ? "invalid_grant" : "temporarily_unavailable") };']],
  [14, "JSON without an error ends the session", [UPSTREAM, JUDGE_4XX, 'return { kind: known ?? (json && !json.error ? "invalid_grant" : "temporarily_unavailable") };']],
  [14, "invalid_client ends the session", [SESSION, 'if (answer.kind === "invalid_grant") return', 'if (answer.kind === "invalid_grant" || answer.kind === "invalid_client") return']],
  [14, "invalid_client is no more than unavailable", [UPSTREAM, KNOWN, 'const known = ["invalid_grant"].find((error) => error === json?.error);']],
  [14, "invalid_client is passed on with 401", ["answers.mjs", "invalid_client: 500", "invalid_client: 401"]],
  [14, "invalid_grant keeps the session", [SESSION, 'if (answer.kind === "invalid_grant") return { ...failed, state: "ended", refresh: null };', ""]],
  [14, "invalid_grant is no more than unavailable", [UPSTREAM, KNOWN, 'const known = ["invalid_client"].find((error) => error === json?.error);']],
  [14, "4xx leaves the session in doubt", [UPSTREAM, JUDGE_5XX, 'if (status !== 400) return { kind: "in_doubt" };']],
  [14, "408 leaves the session in doubt", [UPSTREAM, JUDGE_5XX, `if (status === 408) return { kind: "in_doubt" };\n  ${JUDGE_5XX}`]],
  [14, "a firewall's 403 removes the cookie", setting('answer.kind === "temporarily_unavailable" ? null : cookie')],
  [14, "4xx drops the refresh token", [SESSION, PAUSED, PAUSED.replace(": failed", ": { ...failed, refresh: null }")]],
  [14, "a renewal that failed is not tried again", [RENEWAL, WAITED, "if (session.refused) return refuse(session.refused.error, { retryAfter });"]],
  [14, "a session in a 4xx loses its access token", [SESSION, PAUSED, PAUSED.replace(": failed", ": { ...failed, access: null }")]],
];

const paused = [
  [15, "429 is no more than unavailable", [UPSTREAM, JUDGE_429, ""]],
  [15, "429 ends the session", [UPSTREAM, JUDGE_429, 'if (status === 429) return { kind: "invalid_grant" };']],
  [15, "429 leaves the session in doubt", [UPSTREAM, JUDGE_429, 'if (status === 429) return { kind: "in_doubt" };']],
  [15, "nothing waits after a 429", [SESSION, PAUSED, "failed"]],
  [15, "a date in Retry-After is not understood", [UPSTREAM, '(Date.parse(after ?? "") - now) / 1000', "NaN"]],
  [15, "X-Rate-Limit-Reset is not heard", [UPSTREAM, "isNumber(reset) ? Number(reset) - now / 1000 : NaN,", ""]],
  [15, "Retry-After is not heard", [UPSTREAM, 'isNumber(after) ? Number(after) : (Date.parse(after ?? "") - now) / 1000,', ""]],
  [15, "X-Rate-Limit-Reset is taken for seconds from now", [UPSTREAM, "Number(reset) - now / 1000", "Number(reset)"]],
  [15, "the answer does not say how long", [RENEWAL, "return refuse(answer.kind, { retryAfter: answer.retryAfter, cookie", "return refuse(answer.kind, { cookie"]],
  [15, "a tab with the cookie of before does not wait", [RENEWAL, "const cookie = await keep(next);", 'const cookie = await keep(next);\n    if (answer.kind === "rate_limited") await keep({ ...session, step: next.step - 1 });']],
  [15, "it waits half as long", [SESSION, "answer.retryAfter * 1000", "answer.retryAfter * 500"]],
  [15, "it waits in milliseconds", [SESSION, "answer.retryAfter * 1000", "answer.retryAfter"]],
  [15, "it waits for ever", [SESSION, "pausedUntil > now ? Math.ceil((pausedUntil - now) / 1000) : undefined", "pausedUntil ? Math.max(1, Math.ceil((pausedUntil - now) / 1000)) : undefined"]],
  [15, "a session that waits is not resumed", [RENEWAL, "if (livesFor(session, SHORTEST_LIFE, now())) {", "if (livesFor(session, SHORTEST_LIFE, now()) && !pauseOf(session, now())) {"]],
];

const unrotated = [
  [16, "an answer without a refresh token loses it", [SESSION, NO_REFRESH, "refresh: answer.refresh ?? null"]],
  [16, "an answer without a refresh token leaves the session in doubt", [UPSTREAM, "if (refresh !== undefined && refresh !== null && !isToken(refresh))", "if (!isToken(refresh))"]],
  [16, "an answer without a refresh token ends the session", [SESSION, NO_REFRESH, `${NO_REFRESH}, state: answer.refresh ? "live" : "ended"`]],
  [16, "an answer without a refresh token is taken for none", [SESSION, 'if (answer.kind === "tokens") return {', 'if (answer.kind === "tokens" && !answer.refresh) return next;\n  if (answer.kind === "tokens") return {']],
];

export const renewing = [...handles, ...once, ...doubt, ...kept, ...paused, ...unrotated];
