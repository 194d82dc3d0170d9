import { Auth0Client } from "@auth0/auth0-spa-js";

export async function client(config) {
  return loginUrlOf(auth0Of(config));
}

export const auth0Of = ({ issuer, clientId, redirectUri }) =>
  new Auth0Client({ domain: issuer, clientId, authorizationParams: { redirect_uri: redirectUri } });

export const loginUrlOf = (auth0) => async () => {
  let url;
  await auth0.loginWithRedirect({ openUrl: (to) => void (url = to) });
  return url;
};
