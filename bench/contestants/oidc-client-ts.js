import { OidcClient, WebStorageStateStore } from "oidc-client-ts";

export async function client(config) {
  const oidc = oidcOf(config);
  return async () => (await oidc.createSigninRequest({})).url;
}

export async function callback(config) {
  const oidc = oidcOf(config);
  return async (url) => {
    const { state, response } = await oidc.readSigninResponseState(url, true);
    return { code: response.code, codeVerifier: state.code_verifier };
  };
}

export function oidcOf({ issuer, authorizationEndpoint, tokenEndpoint, clientId, redirectUri }) {
  return new OidcClient({
    authority: issuer,
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: "api",
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    // Given, so that it need not ask.
    metadata: { issuer, authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint },
  });
}
