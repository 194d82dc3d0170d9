import { OktaAuth } from "@okta/okta-auth-js";

export async function client(config) {
  return oktaOf(config).loginUrl;
}

export function oktaOf({ issuer, authorizationEndpoint, tokenEndpoint, clientId, redirectUri }) {
  let seen;
  const okta = new OktaAuth({
    issuer,
    authorizeUrl: authorizationEndpoint,
    tokenUrl: tokenEndpoint,
    clientId,
    redirectUri,
    scopes: ["api"],
    // Its default names the ID token, too, which this server gives to nobody who has not asked for `openid`.
    responseType: "code",
    setLocation: (url) => void (seen = url),
  });
  // Given, so that it need not ask.
  const ask = okta.options.httpRequestClient;
  okta.options.httpRequestClient = (method, url, args) => (url.includes("/.well-known/") ? metadata : ask(method, url, args));
  const loginUrl = async () => {
    await okta.token.getWithRedirect();
    return seen;
  };
  return { okta, loginUrl };
}

const text = JSON.stringify({ code_challenge_methods_supported: ["S256"] });
const metadata = Promise.resolve({ status: 200, headers: {}, responseType: "json", responseJSON: JSON.parse(text), responseText: text });
