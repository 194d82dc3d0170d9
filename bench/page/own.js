// What both entries of this package have in common.

import { leaving } from "./leaving.js";

/** Procore's own servers, or the one that plays them. */
export const optionsOf = ({ clientId, redirectUri, server }) => ({
  credentials: { production: { clientId, redirectUris: [redirectUri] } },
  ...(server && { servers: { production: { customAuthorizationServer: true, ...server } } }),
});

export const sessionOf = (auth) => ({
  loginUrl: () => leaving(() => auth.signIn()),
  redeem: (url) => auth.handleRedirect(url),
  token: async () => (await auth.authorize("/rest/v1.0/me")).headers.Authorization.slice("Bearer ".length),
});

/** `auth.fetch` of a client that has signed in. */
export async function apiOf(auth, config, signIn) {
  await signIn(sessionOf(auth));
  const { pathname } = new URL(config.apiUrl);
  return () => auth.fetch(pathname);
}
