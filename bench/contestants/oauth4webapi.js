import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState } from "oauth4webapi";

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
