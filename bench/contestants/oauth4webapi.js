import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState, validateAuthResponse } from "oauth4webapi";

export async function client({ authorizationEndpoint, clientId, redirectUri }) {
  return async () => {
    const [state, verifier] = [generateRandomState(), generateRandomCodeVerifier()];
    const url = new URL(authorizationEndpoint);
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

export async function callback(config) {
  return (url) => {
    const { checked, verifier } = judge(config, url);
    return { code: checked.get("code"), codeVerifier: verifier };
  };
}

/** What is to be redeemed: the response, checked, and its verifier. */
export function judge({ issuer, clientId }, url) {
  const given = new URL(url);
  const key = `pending:${given.searchParams.get("state")}`;
  const record = sessionStorage.getItem(key);
  if (!record) throw new Error("nobody has asked for it");
  sessionStorage.removeItem(key);
  const checked = validateAuthResponse({ issuer }, { client_id: clientId }, given, key.slice("pending:".length));
  return { checked, verifier: JSON.parse(record).verifier };
}
