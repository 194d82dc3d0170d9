// The app that is attacked: its client and its servers.

export const CLIENT_ID = "CID";
/** Before the state, in the key of every stored sign-in. */
export const KEY = "procore-spa-auth:";

export const configOf = (redirectUri, more = {}) => ({
  credentials: { production: { clientId: CLIENT_ID, redirectUris: [redirectUri] } },
  ...more,
});

/** A server on loopback, for what needs a real one. */
export const customServer = (origin, api = origin) => ({
  customAuthorizationServer: true,
  issuer: origin,
  authorizationEndpoint: `${origin}/oauth/authorize`,
  tokenEndpoint: `${origin}/oauth/token`,
  revocationEndpoint: `${origin}/oauth/revoke`,
  tokenInfoEndpoint: `${origin}/oauth/token/info`,
  apiOrigin: api,
});
