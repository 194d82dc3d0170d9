import { OidcClient, WebStorageStateStore } from "oidc-client-ts";

export async function client({ origin, clientId, redirectUri }) {
  const oidc = new OidcClient({
    authority: origin,
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: "api",
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    // Given, so that it need not ask.
    metadata: {
      issuer: origin,
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
    },
  });
  return async () => (await oidc.createSigninRequest({})).url;
}
