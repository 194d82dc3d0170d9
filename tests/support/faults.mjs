// Everything that can happen to a token request between a browser and its server, and what a client is to make of it.

/** It never left, or was turned away unread: the same session goes on. */
const kept = (code) => ({ exchange: code, refresh: { code, status: "fresh" } });
/** It was sent, and nobody knows what has become of it. */
const inDoubt = (exchange) => ({ exchange, refresh: { code: "reauth_required", status: "in_doubt" } });
/** The server has said no. */
const refused = (exchange) => ({ exchange, refresh: { code: "reauth_required", status: "signed_out" } });

const LOST = inDoubt("network_error");
const LATE = { ...inDoubt("timeout"), patience: 200 };
const JSON_TYPE = { "content-type": "application/json" };
const HTML_TYPE = { "content-type": "text/html" };

/** Somebody else answers, and the server never sees it. */
const answered = (status, body = "", headers = JSON_TYPE) => (call) =>
  call.reply({ status, headers: { "access-control-allow-origin": "*", ...headers }, body });
/** The server has done its work. */
const forwarded = (happen) => async (call) => happen(call, await call.forward());
/** WebKit takes what there is for the whole. No beginning of a JSON object is one, so nothing comes of it. */
const cutAt = (at) => ({
  ...LOST,
  exchangeIn: { webkit: "token_bad_json" },
  happen: forwarded((call, answer) => call.cut(answer, at(answer.body.length))),
});
const withBody = (change) => forwarded((call, answer) => call.reply({ ...answer, body: change(answer.body) }));
const withOrigin = (origin) =>
  forwarded((call, { headers, ...answer }) =>
    call.reply({ ...answer, headers: { ...headers, "access-control-allow-origin": origin } }),
  );

const half = (length) => length / 2;
const halved = (body) => body.slice(0, half(body.length));
const NOWHERE = "https://login.test/oauth/token";

/**
 * `happen`: to the request, on the line. `endpoint`: where it goes instead. `patience`: how long anything is waited for,
 * in milliseconds. `exchange`: the error of a code exchange; `exchangeIn`: in one engine. `refresh`: that of a renewal,
 * and what becomes of the session. `isBasic`: one of each kind, for where all would take too long.
 */
export const FAULTS = [
  // Not sent.
  { name: "the device is offline", isBasic: true, ...kept("network_error"), endpoint: NOWHERE, isOffline: true },
  // Sent, for all that a page can know.
  {
    name: "the browser believes to be offline, and the answer is lost",
    isBasic: true,
    ...LOST,
    isOffline: true,
    happen: forwarded((call) => call.drop()),
  },
  { name: "nobody listens there", isBasic: true, ...LOST, endpoint: "http://localhost:1/oauth/token" },
  { name: "a proxy lets nothing through", ...LOST, endpoint: NOWHERE },
  { name: "lost before the server has it", ...LOST, happen: (call) => call.drop() },
  { name: "the answer is lost", isBasic: true, ...LOST, happen: forwarded((call) => call.drop()) },
  { name: "cut after the headers", ...cutAt(() => 0) },
  { name: "cut in the middle", isBasic: true, ...cutAt(half) },
  { name: "cut before the last byte", ...cutAt((length) => length - 1) },
  { name: "answered, and this page may not read it", ...LOST, happen: withOrigin("https://other.example") },
  { name: "no answer in time", isBasic: true, ...LATE, happen: () => {} },
  { name: "headers, and then nothing", ...LATE, happen: forwarded((call, answer) => call.stall(answer, 0)) },
  { name: "half of an answer, and then nothing", ...LATE, happen: forwarded((call, answer) => call.stall(answer)) },
  ...[302, 307].map((status) => ({
    name: `redirected by ${status}`,
    isBasic: status === 307,
    ...inDoubt("token_endpoint_redirected"),
    happen: answered(status, "", { location: "https://evil.test/" }),
  })),
  // Answered, and nobody can make anything of it.
  { name: "500", isBasic: true, ...inDoubt("token_bad_status"), happen: answered(500) },
  { name: "502 from a proxy", ...inDoubt("token_bad_status"), happen: answered(502, "<html>", HTML_TYPE) },
  {
    name: "503, and it is done all the same",
    ...inDoubt("temporarily_unavailable"),
    happen: forwarded((call) => answered(503, '{"error":"temporarily_unavailable"}')(call)),
  },
  { name: "half an answer, as if whole", ...inDoubt("token_bad_json"), happen: withBody(halved) },
  {
    name: "a page, no JSON",
    isBasic: true,
    ...inDoubt("token_bad_content_type"),
    happen: answered(200, "<html>", HTML_TYPE),
  },
  { name: "JSON without a token", ...inDoubt("token_missing_access_token"), happen: answered(200, "{}") },
  { name: "an answer without end", ...inDoubt("response_too_large"), happen: withBody((body) => body.padEnd(100_000)) },
  // Turned away at the door: the one answer after which a token is sent again.
  { name: "429", isBasic: true, ...kept("rate_limited"), happen: answered(429) },
  // Refused.
  { name: "400 without a word", isBasic: true, ...refused("token_bad_status"), happen: answered(400) },
  { name: "400 invalid_grant", ...refused("invalid_grant"), happen: answered(400, '{"error":"invalid_grant"}') },
  { name: "401 without a word", isBasic: true, ...refused("client_auth_required"), happen: answered(401) },
  { name: "403 from a proxy", ...refused("token_bad_status"), happen: answered(403, "<html>", HTML_TYPE) },
];
