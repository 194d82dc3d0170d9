// Faults in resuming (17, 18), signing out (19 to 22) and in what it says (23 to 25). See index.mjs.

import { JOURNAL } from "./journal.mjs";

const RENEWAL = "renewal.mjs";
const SESSION = "session.mjs";
const SIGN_OUT = "sign-out.mjs";
const UPSTREAM = "upstream.mjs";
const ANSWERS = "answers.mjs";
const LIVES = "if (livesFor(session, SHORTEST_LIFE, now())) {";
const GONE = 'const { cookie } = await close(asked, session, hold);\n    return refuse("invalid_grant", { cookie });';
const DEAD = "return refuseOver(asked, session, hold);\n      });";
const OVER = "now >= began + absolute || now >= used + idle";
const USED = "return tokenAnswer(used, await hold.keep(used), now());";
const OWN = "if (held?.handle !== fields.session_handle) return revokeNamed(asked);";
const NAMED = "if (!fields.token) return refuse(held ? \"session_mismatch\" : \"invalid_grant\");\n    const left = await upstream.revoke(application, [fields.token]);\n    return left.length ? refuse(\"temporarily_unavailable\") : revoked();";
const ALL = "const tokens = [...new Set([...tokensOf(session), ...more])];";
const LEAVES = "return { left, cookie: left.length ? cookie : null };";
const KEEP_LEFT = "const cookie = await keep(end(ended, left));";
const SAID = 'return left.length ? refuse("temporarily_unavailable", { cookie }) : revoked(cookie);';
const CONFIRMED = "if (status !== 200) left.push(token);";
const EXPIRES = "expires_in: Math.max(0, Math.floor((access.until - now) / 1000)),";

const resuming = [
  [17, "every resumption renews", [RENEWAL, LIVES, "if (false) {"]],
  [17, "a token that is nearly over is resumed", [SESSION, "SHORTEST_LIFE = 30_000", "SHORTEST_LIFE = 0"]],
  [17, "a token with 10 seconds to live is resumed", [SESSION, "SHORTEST_LIFE = 30_000", "SHORTEST_LIFE = 10_000"]],
  [17, "a token with an hour to live is renewed", [SESSION, "SHORTEST_LIFE = 30_000", "SHORTEST_LIFE = 3_600_000"]],
  [17, "a resumption changes the handle", [RENEWAL, "const used = use(session, now());", "const used = { ...use(session, now()), handle: crypto.randomUUID() };"]],
  [17, "a resumption tells the lifetime of the beginning", [ANSWERS, EXPIRES, "expires_in: 5400,"]],
  [17, "a resumption removes the cookie", [RENEWAL, USED, "return tokenAnswer(used, null, now());"]],
  [17, "a resumption wants the handle", ["request.mjs", "resume: [],", 'resume: ["session_handle"],']],
  [17, "nothing is resumed without a living token", [RENEWAL, "if (session.refresh) return renewNewest(asked, session, hold);", ""]],
  [17, "resumptions at the same time are all renewed", ["store.mjs", "(last.get(key) ?? Promise.resolve()).then(() => task(entry(key)))", "Promise.resolve().then(() => task(entry(key)))"]],
  [17, "resuming without a cookie is a fault", [RENEWAL, 'async resume(asked) {\n      if (!asked.held) return refuse("invalid_grant");', 'async resume(asked) {\n      if (!asked.held) return refuse("temporarily_unavailable");']],
  [17, "resuming is not known", ["request.mjs", ', "urn:procore-spa-auth:resume": "resume" };', " };"]],
  [17, "a lost renewal while resuming keeps the refresh token", [UPSTREAM, 'wasNeverSent(error) ? "temporarily_unavailable" : "in_doubt"', '"temporarily_unavailable"']],
  [18, "the cookie of a session that has ended stays", [RENEWAL, GONE, 'return refuse("invalid_grant");']],
  [18, "the cookie of a session in doubt that is over stays", [RENEWAL, DEAD, 'return refuse("invalid_grant");\n      });']],
  [18, "a session in doubt is resumed with a token that is over", [RENEWAL, LIVES, "if (livesFor(session, SHORTEST_LIFE, now()) || (session.access && !session.refresh)) {"]],
  [18, "a session lives for ever when nobody uses it", [SESSION, OVER, "now >= began + absolute"]],
  [18, "a session lives for ever when it is used", [SESSION, OVER, "now >= used + idle"]],
  [18, "the idle lifetime counts from the beginning", [SESSION, "export const use = (session, now) => ({ ...session, used: now });", "export const use = (session) => session;"]],
  [18, "the absolute lifetime begins again with each renewal", [SESSION, "step: session.step + 2, used: now };", "step: session.step + 2, used: now, began: now };"]],
  [18, "the absolute lifetime begins again with each use", [SESSION, "({ ...session, used: now })", "({ ...session, used: now, began: now })"]],
  [18, "lifetimes are for resuming only", [RENEWAL, "if (isOver(session, config, now())) return refuseOver(asked, session, hold);\n        // 12", "// 12"]],
  [18, "lifetimes are for renewing only", [RENEWAL, 'session.state === "ended" || isOver(session, config, now())', 'session.state === "ended"']],
  [18, "the cookie of a session whose time is over stays", [RENEWAL, GONE, 'const { cookie } = await close(asked, session, hold);\n    return refuse("invalid_grant", { cookie: session.state === "live" ? undefined : cookie });']],
  [18, "a session that has ended is said to be unavailable", [RENEWAL, GONE, GONE.replace("invalid_grant", "temporarily_unavailable")]],
];

const signingOut = [
  [19, "revoke ignores the handle", [SIGN_OUT, OWN, "if (!held) return revokeNamed(asked);"]],
  [19, "revoke with another handle removes the cookie", [SIGN_OUT, ": revoked();", ": revoked(null);"]],
  [19, "revoke with another handle is refused", [SIGN_OUT, NAMED, 'return refuse("session_mismatch");']],
  [19, "revoke with another handle ends the cookie's session, too", [SIGN_OUT, "await upstream.revoke(application, [fields.token]);", "await upstream.revoke(application, [fields.token, held?.refresh].filter(Boolean));"]],
  [19, "revoke without a cookie says yes and does nothing", [SIGN_OUT, OWN, `if (!held) return revoked();\n      ${OWN}`]],
  [19, "revoke with another handle says yes and does nothing", [SIGN_OUT, OWN, "if (held?.handle !== fields.session_handle) return revoked();"]],
  [19, "a named token that is not revoked is said to be", [SIGN_OUT, 'return left.length ? refuse("temporarily_unavailable") : revoked();', "return revoked();"]],
  [19, "nothing to revoke is said to be revoked", [SIGN_OUT, 'if (!fields.token) return refuse(held ? "session_mismatch" : "invalid_grant");', "if (!fields.token) return revoked();"]],
  [19, "revoke without a cookie is refused", [SIGN_OUT, OWN, `if (!held) return refuse("invalid_grant");\n      ${OWN}`]],
  [20, "a sign-out that is not confirmed ends nothing", [SIGN_OUT, SAID, "if (left.length) await hold.keep({ ...session, step: session.step + 3 });\n        " + SAID]],
  [20, "a sign-out is known to the cookie only", [SIGN_OUT, KEEP_LEFT, "const cookie = await seal(end(ended, left));\n    await keep({ ...session, step: session.step + 3 });"], [SIGN_OUT, "({ upstream }) =>", "({ upstream, sessions: { seal } }) =>"]],
  [20, "a sign-out does not wait for a renewal under way", [SIGN_OUT, "return sessions.hold(asked, async (session, hold) => {", "return (async (session, hold) => {"], [SIGN_OUT, SAID + "\n      });", SAID + "\n      })(held, { mark: sessions.seal, keep: sessions.seal });"]],
  [20, "a session that was signed out is resumed while its token lives", [SESSION, "state: session.state === \"replaced\" ? \"replaced\" : \"ended\",\n  refresh: null,\n  access: null,", "state: session.state,\n  refresh: null,"]],
  [20, "a session that was signed out is renewed", [SESSION, "state: session.state === \"replaced\" ? \"replaced\" : \"ended\",\n  refresh: null,", "state: session.state,"]],
  [20, "a session is over only when every token is confirmed", [SIGN_OUT, "await mark(ended);", ""], [SIGN_OUT, KEEP_LEFT, "const cookie = await keep(left.length ? { ...session, step: session.step + 3 } : end(ended, left));"]],
  [20, "a sign-out is not written down before it is sent", JOURNAL, [SIGN_OUT, "await mark(ended);", ""]],
  [20, "renewals go on while Procore has not answered the sign-out", ["store.mjs", "(last.get(key) ?? Promise.resolve()).then(() => task(entry(key)))", "Promise.resolve().then(() => task(entry(key)))"], [SIGN_OUT, "await mark(ended);", ""]],
  [21, "only the refresh token is revoked", [SIGN_OUT, ALL, "const tokens = [session.refresh ?? session.retired[0]].filter(Boolean);"]],
  [21, "only the access token is revoked", [SIGN_OUT, ALL, "const tokens = [session.access?.token].filter(Boolean);"]],
  [21, "only the token that the page names is revoked", [SIGN_OUT, ALL, "const tokens = more;"]],
  [21, "the token that the page names is not revoked", [SIGN_OUT, ALL, "const tokens = tokensOf(session);"]],
  [21, "the access token is revoked only if the page names it", [SIGN_OUT, ALL, "const tokens = [...new Set([...tokensOf({ ...session, access: null }), ...more])];"]],
  [21, "the tokens of the cookie are revoked, not those of now", [SIGN_OUT, "async ({ application }, session, { mark, keep }", "async ({ application, held }, session, { mark, keep }"], [SIGN_OUT, ALL, "const tokens = [...new Set([...tokensOf(held), ...more])];"]],
  [21, "nothing of a session in doubt is revoked", [SIGN_OUT, ALL, 'const tokens = session.refresh || session.state === "ended" ? [...new Set([...tokensOf(session), ...more])] : [];']],
  [21, "a token is revoked by the page's hint only", [SIGN_OUT, "async ({ application }, session, { mark, keep }", "async ({ application, fields }, session, { mark, keep }"], [SIGN_OUT, ALL, "const tokens = [...new Set([...tokensOf(session), ...more])].filter((token) => token !== session.refresh || !fields.token_type_hint);"]],
  [21, "what comes of a last renewal is not revoked", [SIGN_OUT, 'return answer.kind === "tokens" ?', "return false ?"]],
  [22, "200 is said when the refresh token is confirmed", [SIGN_OUT, SAID, "return left.includes(session.refresh ?? left[0]) && left.length ? refuse(\"temporarily_unavailable\", { cookie }) : revoked(cookie);"]],
  [22, "200 is said when the access token is confirmed", [SIGN_OUT, SAID, "return left.includes(session.access?.token) ? refuse(\"temporarily_unavailable\", { cookie }) : revoked(cookie);"]],
  [22, "200 is said whatever Procore answers", [SIGN_OUT, SAID, "return revoked(null);"]],
  [22, "200 is said when one token is confirmed", [SIGN_OUT, LEAVES, LEAVES.replace("{ left,", "{ left: left.length === tokens.length ? left : [],")]],
  [22, "503 removes the cookie", [SIGN_OUT, LEAVES, "return { left, cookie: null };"]],
  [22, "503 leaves the cookie as it was", [SIGN_OUT, "{ cookie }) : revoked(cookie)", "{}) : revoked(cookie)"], [SIGN_OUT, KEEP_LEFT, "const cookie = await keep(end(ended, []));"]],
  [22, "what is left is forgotten", [SIGN_OUT, KEEP_LEFT, "const cookie = await keep(end(ended, []));"]],
  [22, "the named token is not among what is left", [SIGN_OUT, KEEP_LEFT, "const cookie = await keep(end(ended, left.filter((token) => !more.includes(token))));"]],
  [22, "what is retired is not among what is left", [SIGN_OUT, KEEP_LEFT, "const cookie = await keep(end(ended, left.filter((token) => !session.retired.includes(token))));"]],
  [22, "200 leaves the cookie", [SIGN_OUT, ": revoked(cookie);", ": revoked();"]],
  [22, "any 4xx is a confirmation", [UPSTREAM, CONFIRMED, "if (!(status >= 200 && status < 500)) left.push(token);"]],
  [22, "400 is a confirmation", [UPSTREAM, CONFIRMED, "if (status !== 200 && status !== 400) left.push(token);"]],
  [22, "403 is a confirmation", [UPSTREAM, CONFIRMED, "if (status !== 200 && status !== 403) left.push(token);"]],
  [22, "429 is a confirmation", [UPSTREAM, CONFIRMED, "if (status !== 200 && status !== 429) left.push(token);"]],
  [22, "503 is a confirmation", [UPSTREAM, CONFIRMED, "if (status !== 200 && status !== 503) left.push(token);"]],
  [22, "a lost answer is a confirmation", [UPSTREAM, ".catch(() => ({ status: 0 }))", ".catch(() => ({ status: 200 }))"]],
  [22, "the rest is forgotten when one token is not confirmed", [UPSTREAM, CONFIRMED, "if (status !== 200) return [token];"]],
  [22, "the last token alone counts", [UPSTREAM, CONFIRMED, "left.length = 0;\n        if (status !== 200) left.push(token);"]],
];

const PRIVATE = "const members = {\n    access_token: access.token,";
const SCOPE = "&& isClean(scope)) access.scope = scope;";
const BODY = "const body = { version: VERSION, ...members, ...(retryAfter ? { retry_after: retryAfter } : {}) };";
const READ = "const access = { token, until: askedAt + life * 1000 };";
const PASSED = 'if (access.createdAt !== undefined) members.created_at = access.createdAt;';
const LOGGED = "log({ ...what, status: made.status, error: made.members.error });";
const logged = (more) => ["mediator.mjs", LOGGED, LOGGED.replace("error: made.members.error", `error: made.members.error, more: ${more}`)];

const saying = [
  [23, "error_description is passed through", [UPSTREAM, 'return { kind: known ?? "temporarily_unavailable" };', 'return { kind: known ?? "temporarily_unavailable", words: json?.error_description };'], [RENEWAL, "return refuse(answer.kind, { retryAfter: answer.retryAfter, cookie });", "const refusal = refuse(answer.kind, { retryAfter: answer.retryAfter, cookie });\n    if (answer.words) refusal.members.error_description = answer.words;\n    return refusal;"]],
  [23, "unknown members are passed through", [UPSTREAM, READ, READ.replace("1000 };", "1000, more: json };")], [ANSWERS, PASSED, `${PASSED}\n  const { refresh_token, ...rest } = access.more ?? {};\n  Object.assign(members, { ...rest, ...members });`]],
  [23, "the refresh token is answered", [ANSWERS, "tokenAnswer({ access, handle }", "tokenAnswer({ access, handle, refresh }"], [ANSWERS, PASSED, `${PASSED}\n  members.refresh_token = refresh;`]],
  [23, "the secret passes as a scope", [UPSTREAM, SCOPE, ") access.scope = scope;"]],
  [23, "a scope of any type is passed through", [UPSTREAM, 'if (typeof scope === "string" && /^[\\x20-\\x7e]{1,256}$/.test(scope) && isClean(scope))', "if (scope !== undefined)"]],
  [23, "created_at of any type is passed through", [UPSTREAM, "if (Number.isFinite(createdAt))", "if (createdAt !== undefined)"]],
  [23, "the server's error word is passed through", [UPSTREAM, 'return { kind: known ?? "temporarily_unavailable" };', 'return { kind: json?.error ?? "temporarily_unavailable" };'], [ANSWERS, "status = STATUS[error]", "status = STATUS[error] ?? 503"]],
  [23, "the version is missing", [ANSWERS, "version: VERSION, ...members", "...members"]],
  [23, "the version is 1", [ANSWERS, "const VERSION = 2;", "const VERSION = 1;"]],
  [23, "the version is text", [ANSWERS, "const VERSION = 2;", 'const VERSION = "2";']],
  [23, "answers may be stored", [ANSWERS, '    "cache-control": "no-store",\n', ""]],
  [23, "answers may be stored for a second", [ANSWERS, '"cache-control": "no-store"', '"cache-control": "private, max-age=1"']],
  [23, "answers are text", [ANSWERS, '"content-type": "application/json"', '"content-type": "text/plain"']],
  [23, "errors are pages", [ANSWERS, "return new Response(JSON.stringify(body), { status, headers });", 'if (status >= 400) return new Response("<h1>Error</h1>", { status, headers: { "content-type": "text/html" } });\n  return new Response(JSON.stringify(body), { status, headers });']],
  [23, "the secret passes as an access token", [UPSTREAM, "!isToken(token) || !isClean(token) ||", "!isToken(token) ||"]],
  [23, "the refresh token passes as an access token", [UPSTREAM, "fields.refresh_token, refresh].filter", "fields.refresh_token].filter"]],
  [23, "token_type is the server's", [UPSTREAM, READ, READ.replace("1000 };", "1000, type };")], [ANSWERS, 'token_type: "Bearer",', "token_type: (access.type ?? \"\").toLowerCase(),"]],
  [23, "retry_after is not in the body", [ANSWERS, BODY, "const body = { version: VERSION, ...members };"]],
  [23, "Retry-After is not in the header", [ANSWERS, 'if (retryAfter) headers.set("retry-after", String(retryAfter));', ""]],
  [23, "retry_after is text", [ANSWERS, "{ retry_after: retryAfter }", "{ retry_after: String(retryAfter) }"]],
  [23, "a 429 without a time has none", [UPSTREAM, "Math.max(...pauses) : USUAL_PAUSE_SECONDS", "Math.max(...pauses) : 0"]],
  [23, "expires_in is text", [ANSWERS, EXPIRES, EXPIRES.replace("Math.max", "String(Math.max").replace("1000)),", "1000))),")]],
  [23, "expires_in is not whole", [ANSWERS, EXPIRES, "expires_in: (access.until - now) / 1000 - 0.5,"]],
  [23, "the handle is short", ["sign-in.mjs", "new Uint8Array(32)", "new Uint8Array(8)"]],
  [23, "the session's dates are told", [ANSWERS, PRIVATE, `${PRIVATE}\n    until: access.until,`]],
  [23, "the error tells of the mediator", [ANSWERS, BODY, 'const body = { version: VERSION, ...members, ...(retryAfter ? { retry_after: retryAfter } : {}) };\n  if (status >= 500) body.message = "upstream failed";']],
  [23, "revoke answers with an empty body", [ANSWERS, "members: { revoked: true }", "members: {}"]],
  [24, "redirects are followed", [UPSTREAM, 'redirect: "manual"', 'redirect: "follow"']],
  [24, "redirects of the revocation endpoint are followed", [UPSTREAM, 'redirect: "manual"', 'redirect: path === "/oauth/revoke" ? "follow" : "manual"']],
  [24, "redirects of the token endpoint are followed", [UPSTREAM, 'redirect: "manual"', 'redirect: path === "/oauth/token" ? "follow" : "manual"']],
  [24, "a redirect is followed by hand", [UPSTREAM, "return { status: answer.status, headers: answer.headers, text: await answer.text() };", 'const there = answer.headers.get("location");\n    const last = there ? await fetch(there, { method: "POST", body }) : answer;\n    return { status: last.status, headers: last.headers, text: await last.text() };']],
  [25, "the fields of requests are logged", logged("asked.fields")],
  [25, "the cookie is logged", logged('request.headers.get("cookie")')],
  [25, "the handle is logged", logged("held?.handle")],
  [25, "the answer is logged", logged("made.members")],
  [25, "the session is logged", logged("held")],
  [25, "what was sent to Procore is logged", ["mediator.mjs", "createUpstream(config)", "createUpstream({ ...config, log })"], [UPSTREAM, "createUpstream({ timeout, now })", "createUpstream({ timeout, now, log })"], [UPSTREAM, "const options = {", "log({ body: String(body) });\n    const options = {"]],
  [25, "what Procore has answered is logged", ["mediator.mjs", "createUpstream(config)", "createUpstream({ ...config, log })"], [UPSTREAM, "createUpstream({ timeout, now })", "createUpstream({ timeout, now, log })"], [UPSTREAM, "return judge(answer,", "log({ text: answer.text });\n        return judge(answer,"]],
  [25, "the settings are logged at the start", ["mediator.mjs", "const { store, log, now } = config;", "const { store, log, now } = config;\n  log(config.applications);"]],
];

export const ending = [...resuming, ...signingOut, ...saying];
