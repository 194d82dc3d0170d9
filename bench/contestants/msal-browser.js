import { PublicClientApplication } from "@azure/msal-browser";

export async function client(config) {
  const msal = await msalOf(config);
  return () => {
    // It refuses a second sign-in while one is under way, and the page is never left here.
    sessionStorage.clear();
    return msal.loginUrl();
  };
}

export async function msalOf({ issuer, authorizationEndpoint, tokenEndpoint, clientId, redirectUri }) {
  let seen;
  const application = new PublicClientApplication({
    auth: {
      clientId,
      authority: `${issuer}/tenant`,
      redirectUri,
      onRedirectNavigate: (url) => (seen(url), false),
      knownAuthorities: [new URL(issuer).host],
      protocolMode: "OIDC",
      // Given, so that it need not ask.
      authorityMetadata: JSON.stringify({
        issuer,
        authorization_endpoint: authorizationEndpoint,
        token_endpoint: tokenEndpoint,
        jwks_uri: `${issuer}/keys`,
      }),
    },
    cache: { cacheLocation: "sessionStorage" },
  });
  await application.initialize();
  const loginUrl = () =>
    new Promise((resolve, reject) => {
      seen = resolve;
      application.loginRedirect({ scopes: ["api"] }).catch(reject);
    });
  return { application, loginUrl };
}
