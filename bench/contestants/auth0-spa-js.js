import { Auth0Client } from "@auth0/auth0-spa-js";

export async function client({ origin, clientId, redirectUri }) {
  const auth0 = new Auth0Client({ domain: origin, clientId, authorizationParams: { redirect_uri: redirectUri } });
  return async () => {
    let url;
    await auth0.loginWithRedirect({ openUrl: (to) => void (url = to) });
    return url;
  };
}
