/** The authorization server proper: oidc-provider, set up as Procore's public clients would meet it. */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
// The class itself: the package's entry point only adds a warning on Node versions older than its authors test.
import { Provider } from "oidc-provider/lib/provider.js";
import { OUT_OF_BAND } from "./application.mjs";
import { errorPage, pageHeaders } from "./pages.mjs";
import { userById } from "./users.mjs";

/** `openid` is the provider's own need; clients neither have to ask for it nor ever see it. */
export const SCOPES = ["openid", "read", "write"];

const CODE_TTL = 10 * 60;
const TEN_YEARS = 10 * 365 * 24 * 60 * 60;

/**
 * @param {{ name: string, origin: string, application: import("./application.mjs").Application,
 *   store: import("./store.mjs").Store, switches: import("./switches.mjs").Switches }} environment
 */
export function createProvider({ name, origin, application, store, switches }) {
  const provider = new Provider(origin, {
    adapter: (model) => (model === "Client" ? clientAdapter(application) : store.adapter(model)),
    clientAuthMethods: ["none"],
    clockTolerance: 0,
    // Cookies ignore ports: without names of their own, two environments on localhost would end each other's logins.
    cookies: {
      keys: [randomBytes(32).toString("base64url")],
      names: { session: `${name}_session`, interaction: `${name}_interaction`, resume: `${name}_resume` },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      userinfo: { enabled: false },
    },
    findAccount: (_ctx, id) => userById(id) && { accountId: id, claims: () => ({ sub: id }) },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    jwks: { keys: [signingKey()] },
    // Consent is asked at every sign-in, and each sign-in is a grant of its own: revoking one leaves the others. Except
    // with the switch for it.
    loadExistingGrant: async ({ oidc }) => {
      const grantId = oidc.result?.consent?.grantId;
      return grantId ? oidc.provider.Grant.find(grantId) : undefined;
    },
    // A token outlives the login at the server that it came from, as at Procore.
    expiresWithSession: () => false,
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => !switches.pkceIgnored },
    renderError: (ctx, { error, error_description: description }) => {
      ctx.set(pageHeaders());
      ctx.body = errorPage({ name, error, description });
    },
    responseTypes: ["code", "id_token token"],
    routes: { authorization: "/oauth/authorize", token: "/oauth/token" },
    scopes: SCOPES,
    ttl: {
      AccessToken: () => switches.accessTokenTtl,
      RefreshToken: () => switches.refreshTokenTtl,
      AuthorizationCode: CODE_TTL,
      IdToken: CODE_TTL,
      Interaction: 60 * 60,
      Session: 14 * 24 * 60 * 60,
      Grant: TEN_YEARS,
    },
  });
  relaxClientRules(provider);
  return provider;
}

/**
 * Lets the provider work on a request and catches what it would answer, so that the front can shape it:
 * cookies and headers are on `res` by then, but nothing is sent.
 *
 * @returns {(req, res, body?: Buffer) => Promise<{ status: number, body: any, location?: string }>}
 *   to be given the body where it has been read already
 */
export function providerAsker(provider) {
  const answers = new WeakMap();
  provider.use(async (ctx, next) => {
    await next();
    ctx.respond = false;
    answers.set(ctx.res, { status: ctx.status, body: ctx.body, location: ctx.response.get("location") || undefined });
  });
  const handle = provider.callback();

  return async function ask(req, res, body) {
    const before = new Set(res.getHeaderNames());
    await handle(body ? replay(req, body) : req, res);
    // Cookies and their like stay. CORS is the front's business, and the rest describes an answer not sent.
    for (const header of res.getHeaderNames()) {
      if (/^(access-control-|content-|location$)/.test(header) && !before.has(header)) res.removeHeader(header);
    }
    return answers.get(res);
  };
}

/** The same request once more, for a reader that wants its body as a stream. */
function replay({ method, url, headers, socket, httpVersion }, body) {
  // A public client has nothing to authenticate with; errors shall be JSON whatever the caller accepts.
  const { authorization, origin, "transfer-encoding": chunked, ...rest } = headers;
  return Object.assign(Readable.from([body]), {
    method, url, socket, httpVersion,
    headers: { ...rest, accept: "application/json", "content-length": String(body.length) },
  });
}

/** The one client, read afresh each time: what the portal saves is live at once. */
function clientAdapter(application) {
  return {
    find: async (id) => (id === application.clientId ? clientMetadata(application) : undefined),
  };
}

function clientMetadata({ clientId, redirectUris }) {
  return {
    client_id: clientId,
    application_type: "web",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token", "implicit"],
    response_types: ["code", "id_token token"],
    redirect_uris: redirectUris,
    id_token_signed_response_alg: "ES256",
  };
}

/** The portal's rules hold instead of OpenID's: http://localhost also for implicit, and the out-of-band URI. */
function relaxClientRules(provider) {
  const rules = provider.Client.Schema.prototype;
  const { invalidate, redirectUris } = rules;
  rules.invalidate = function (message, code) {
    if (code === "implicit-force-https" || code === "implicit-forbid-localhost") return;
    invalidate.call(this, message, code);
  };
  rules.redirectUris = function (uris = this.redirect_uris, label) {
    redirectUris.call(this, uris.filter((uri) => uri !== OUT_OF_BAND), label);
  };
}

function signingKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256" };
}
