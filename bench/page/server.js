// Plays the login server inside the page, or its worker, where only what a client does itself is measured: each answer is there
// at once.

/** The response that a login URL leads to: with another state, if `isForged`. */
export function responseTo(loginUrl, code, isForged = false) {
  const asked = new URL(loginUrl).searchParams;
  const response = new URLSearchParams({ code, state: (isForged ? "x" : "") + asked.get("state") });
  const mark = asked.get("response_mode") === "fragment" ? "#" : "?";
  return asked.get("redirect_uri") + mark + response;
}

/** What a token endpoint answers to the code of a login URL, to all alike. */
export function tokensFor(loginUrl, issuer, tokens) {
  const asked = new URL(loginUrl).searchParams;
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, sub: "1", aud: asked.get("client_id"), nonce: asked.get("nonce"), iat: now, exp: now + 5400 };
  const isOpenId = asked.get("scope")?.split(" ").includes("openid");
  return { token_type: "Bearer", expires_in: 5400, ...tokens, ...(isOpenId && { id_token: jwt(claims) }) };
}

/** Nobody here checks signatures: the answer has come from the token endpoint by TLS (OpenID Connect Core §3.1.3.7). */
export const jwt = (claims) => [{ alg: "RS256", typ: "JWT", kid: "1" }, claims].map(part).concat("c2lnbmF0dXJl").join(".");

const part = (value) => btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
