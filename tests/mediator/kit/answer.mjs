// What is true of every answer, whatever was asked: the tables of docs/token-mediator.md, and sentences 3, 4, 6 and 23.

const ERRORS = {
  invalid_request: [400, 403, 405, 413, 415],
  invalid_grant: [400],
  session_mismatch: [409],
  in_doubt: [502],
  rate_limited: [429],
  invalid_client: [500],
  temporarily_unavailable: [503],
};

const isText = (value) => typeof value === "string" && value !== "";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const is = (wanted) => (value) => value === wanted;

const TOKENS = {
  version: is(2),
  access_token: isText,
  token_type: is("Bearer"),
  expires_in: isCount,
  session_handle: (value) => typeof value === "string" && /^[\w-]{22,128}$/.test(value),
};
const MAY = { scope: isText, created_at: (value) => typeof value === "number" };
const PKCE = { version: is(2), pkce: is("ignored") };
const REVOKED = { version: is(2), revoked: is(true) };

const LENGTH = 43;

/** Whether one of these, which are all of one length and alphabet, is in the text: quick, for there are thousands. */
export function hasSecret(text, secrets) {
  for (const [run] of text.matchAll(/[\w-]{43,}/g)) {
    for (let at = 0; at + LENGTH <= run.length; at++) if (secrets.has(run.slice(at, at + LENGTH))) return true;
  }
  return false;
}

/** Hands each fault to `fault(sentence, text)`. `secrets` are what a page must never see, `tokens` what is in no cookie. */
export function examine({ status, headers, text }, { method, secrets, tokens, fault }) {
  for (const name of Object.keys(headers)) if (name.startsWith("access-control-")) fault(3, `an answer has ${name}`);
  if (hasSecret(text, secrets))
    fault(23, `an answer of ${status} repeats a secret, a code, a verifier or a refresh token`);
  const cookies = headers["set-cookie"] ?? [];
  for (const cookie of cookies) examineCookie(cookie, [secrets, tokens], fault);
  for (const [name, value] of Object.entries(headers)) {
    if (name !== "set-cookie" && hasSecret(String(value), secrets)) fault(23, `the header ${name} repeats a secret`);
  }
  // Other paths may be the application's own.
  if (method === "HEAD" || status === 404) return undefined;
  if (!/^application\/json\b/i.test(headers["content-type"] ?? ""))
    fault(23, `an answer of ${status} is ${headers["content-type"] ?? "of no type"}, not application/json`);
  if (!/\bno-store\b/i.test(headers["cache-control"] ?? ""))
    fault(23, `an answer of ${status} may be stored by caches`);
  const json = parse(text);
  if (!json) return void fault(23, `an answer of ${status} is no JSON object`);
  const wrong = status === 200 ? wrongInSuccess(json) : wrongInError(json, status, headers);
  if (wrong) fault(23, `an answer of ${status}: ${wrong}`);
  return json;
}

function parse(text) {
  try {
    const json = JSON.parse(text);
    return json && typeof json === "object" && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function wrongInSuccess(json) {
  const shape = "pkce" in json ? PKCE : "revoked" in json ? REVOKED : TOKENS;
  return wrongMember(json, shape, shape === TOKENS ? MAY : {});
}

function wrongInError(json, status, headers) {
  if (!Object.hasOwn(ERRORS, json.error ?? "")) return "error is none of the words";
  if (!ERRORS[json.error].includes(status)) return `${json.error} does not belong to this status`;
  const wrong = wrongMember(json, { version: is(2), error: isText }, { retry_after: isCount });
  if (wrong) return wrong;
  const after = headers["retry-after"];
  return String(json.retry_after ?? "") === (after ?? "")
    ? undefined
    : "retry_after and the header Retry-After are not the same";
}

function wrongMember(json, must, may) {
  const missing = Object.keys(must).find((name) => !Object.hasOwn(json, name));
  if (missing) return `${missing} is missing`;
  const known = { ...must, ...may };
  const other = Object.keys(json).find((name) => !Object.hasOwn(known, name));
  if (other) return `${other} is not a member that it may have`;
  const bad = Object.keys(json).find((name) => !known[name](json[name]));
  return bad && `${bad} is not what it must be`;
}

function examineCookie(line, secrets, fault) {
  const { name, value, attributes } = parseSetCookie(line);
  const has = (attribute, wanted) => attributes.get(attribute)?.toLowerCase() === wanted;
  if (!name.startsWith("__Host-")) fault(4, `a cookie is named ${name}`);
  for (const flag of ["secure", "httponly"]) if (!attributes.has(flag)) fault(4, `a cookie is set without ${flag}`);
  if (!has("samesite", "strict")) fault(4, "a cookie is set without SameSite=Strict");
  if (!has("path", "/")) fault(4, "a cookie is set without Path=/");
  if (attributes.has("domain")) fault(4, "a cookie is set with Domain");
  if (line.split(";")[0].length > 4096) fault(4, "a cookie is longer than a browser keeps it");
  const texts = readings(value);
  if (texts.some((text) => secrets.some((some) => hasSecret(text, some))))
    fault(6, "a token can be read out of the cookie");
}

/** `isRemoved`: the browser forgets it. */
export function parseSetCookie(line) {
  const [pair, ...rest] = line.split(";").map((part) => part.trim());
  const attributes = new Map(rest.map((part) => [part.split("=")[0].toLowerCase(), part.split("=")[1] ?? ""]));
  const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
  const isRemoved =
    Number(attributes.get("max-age") ?? 1) <= 0 || Date.parse(attributes.get("expires") ?? "") < Date.now();
  return { name, value, attributes, isRemoved };
}

/** What anybody could try who wants to read the cookie. */
function readings(value) {
  const parts = new Set([value, unescape(value)].flatMap((text) => [text, ...text.split(/[.:|~$%]/)]));
  const decode = (text, encoding) => Buffer.from(text, encoding).toString("latin1");
  const decoded = [...parts].flatMap((part) => [decode(part, "base64"), decode(part, "hex")]);
  return [
    ...parts,
    ...decoded,
    ...decoded.flatMap((text) => text.split(/[.:|~$"]/).map((part) => decode(part, "base64"))),
  ];
}
