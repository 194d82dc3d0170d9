import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState, validateAuthResponse } from "oauth4webapi";

export async function callback({ origin, clientId }) {
  return (url) => {
    const given = new URL(url);
    const key = `pending:${given.searchParams.get("state")}`;
    const record = sessionStorage.getItem(key);
    if (!record) throw new Error("nobody has asked for it");
    sessionStorage.removeItem(key);
    const checked = validateAuthResponse({ issuer: origin }, { client_id: clientId }, given, key.slice("pending:".length));
    return { code: checked.get("code"), codeVerifier: JSON.parse(record).verifier };
  };
}

export async function client({ origin, clientId, redirectUri }) {
  return async () => {
    const [state, verifier] = [generateRandomState(), generateRandomCodeVerifier()];
    const url = new URL("/oauth/authorize", origin);
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    sessionStorage.setItem(`pending:${state}`, JSON.stringify({ verifier, redirectUri, startedAt: Date.now() }));
    return url.href;
  };
}
