/**
 * Authorization servers that a client meets elsewhere, as the switch `actsAs` names them: how each one differs from this
 * server when it refuses something. Seen in whole sign-ins at the servers themselves.
 */

const word = (status, error, more = {}) => ({ status, body: { error, ...more } });

const EMPTY = "";
const INVALID_CLIENT = word(401, "invalid_client");

/**
 * Each part is left out where the engine does what this server does:
 *
 * - `page`: how the authorization endpoint refuses a request that it can't send back: `{ status, body? }`, without `body`
 *   the server's page. `needsScope`: a request without a scope is one of these; `keepsErrors`: all but a denial are.
 *   `knowsScopes`: a scope that nobody knows is refused, and not left out.
 * - `code`, `refreshToken`: the answer where a code, its verifier, or a refresh token does not fit.
 * - `client`, `revocationClient`: to a client that is unknown or does not authenticate; `revocation`: to every revocation.
 * - `resource`: to an access token that is not alive.
 * - `clientNeedsRedirectUri`: one whose redirect URI is not registered is no valid client at the token endpoint.
 * - `metadata`: what differs in it; `null`: there is none.
 * - `allowedHeaders`: those that the preflight allows. `corsByClient`: only a client's own origins may read what it is
 *   answered, and everybody what an unknown client is. `anyOrigin`: everybody may read everything.
 * - `openerPolicy`: that of its pages. `hasNoIss`: its responses do not name it (RFC 9207).
 */
export const ENGINES = {
  doorkeeper: {
    page: { status: 200 },
    needsScope: true,
    keepsErrors: true,
    hasNoIss: true,
    client: INVALID_CLIENT,
    metadata: null,
  },
  "oidc-provider": { client: INVALID_CLIENT, revocationClient: INVALID_CLIENT, corsByClient: true },
  "django-oauth-toolkit": {
    knowsScopes: true,
    page: { status: 400 },
    client: INVALID_CLIENT,
    revocationClient: INVALID_CLIENT,
    resource: { status: 403, body: EMPTY },
    hasNoIss: true,
    metadata: {
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
      authorization_response_iss_parameter_supported: false,
    },
    allowedHeaders: "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with",
    openerPolicy: "same-origin",
  },
  glewlwyd: {
    page: { status: 403, body: EMPTY },
    code: word(403, "invalid_code"),
    client: word(403, "unauthorized_client"),
    clientNeedsRedirectUri: true,
    refreshToken: { status: 400, body: EMPTY },
    revocation: { status: 401, body: EMPTY },
    hasNoIss: true,
    metadata: null,
    anyOrigin: true,
  },
  "ts-oauth2-server": {
    page: { status: 401 },
    hasNoIss: true,
    keepsErrors: true,
    code: word(400, "invalid_request", { status: 400, message: "Bad Request" }),
    refreshToken: word(400, "invalid_request", { status: 400, message: "Bad Request" }),
    client: word(401, "invalid_client", { status: 401, message: "Client authentication failed" }),
    revocationClient: INVALID_CLIENT,
    metadata: null,
  },
  authlib: {
    knowsScopes: true,
    page: { status: 400, body: JSON.stringify({ error: "invalid_client" }) },
    client: word(400, "invalid_client"),
    revocationClient: word(400, "invalid_client"),
    metadata: null,
  },
};
