// What a page needs at the least: PKCE (RFC 7636) and state by WebCrypto, kept in sessionStorage. The measure of all others.

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

export async function client({ authorizationEndpoint, clientId, redirectUri }) {
  return async () => {
    const [state, verifier] = [random(), random()];
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const url = new URL(authorizationEndpoint);
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      state,
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: "S256",
    });
    sessionStorage.setItem(`pending:${state}`, JSON.stringify({ verifier, redirectUri, startedAt: Date.now() }));
    return url.href;
  };
}

/** What a page needs of a callback: the state's record, once. */
export async function callback() {
  return (url) => {
    const query = new URL(url).searchParams;
    const key = `pending:${query.get("state")}`;
    const record = sessionStorage.getItem(key);
    if (!record) throw new Error("nobody has asked for it");
    sessionStorage.removeItem(key);
    return { code: query.get("code"), codeVerifier: JSON.parse(record).verifier };
  };
}
