import { auth0Of, loginUrlOf } from "../contestants/auth0-spa-js.js";

export async function session(config) {
  const auth0 = auth0Of(config);
  return {
    loginUrl: loginUrlOf(auth0),
    redeem: async (url) => void (await auth0.handleRedirectCallback(url)),
    token: () => auth0.getTokenSilently(),
  };
}

/** Its own `fetch` for APIs, by the session of a sign-in. */
export async function api(config, signIn) {
  const auth0 = auth0Of(config);
  await signIn({ loginUrl: loginUrlOf(auth0), redeem: (url) => auth0.handleRedirectCallback(url) });
  const { origin, pathname } = new URL(config.apiUrl);
  const fetcher = auth0.createFetcher({ baseUrl: origin });
  return () => fetcher.fetchWithAuth(pathname);
}
