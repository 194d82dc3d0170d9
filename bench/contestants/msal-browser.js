import { PublicClientApplication } from "@azure/msal-browser";

export async function client({ origin, clientId, redirectUri }) {
  const authority = `${origin}/tenant`;
  let seen;
  const msal = new PublicClientApplication({
    auth: {
      clientId,
      authority,
      redirectUri,
      onRedirectNavigate: (url) => (seen(url), false),
      knownAuthorities: [new URL(origin).host],
      protocolMode: "OIDC",
      // Given, so that it need not ask.
      authorityMetadata: JSON.stringify({
        issuer: origin,
        authorization_endpoint: `${origin}/oauth/authorize`,
        token_endpoint: `${origin}/oauth/token`,
        jwks_uri: `${origin}/keys`,
      }),
    },
    cache: { cacheLocation: "sessionStorage" },
  });
  await msal.initialize();
  return async () => {
    // It refuses a second sign-in while one is under way, and the page is never left here.
    sessionStorage.clear();
    return new Promise((resolve, reject) => {
      seen = resolve;
      msal.loginRedirect({ scopes: ["api"] }).catch(reject);
    });
  };
}
