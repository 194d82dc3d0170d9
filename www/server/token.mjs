/** Token, token info, revocation and metadata: the endpoints that a page calls with fetch. */

import { visibleScope } from "./authorize.mjs";
import { allowClient } from "./cors.mjs";
import { HttpError, bearerToken, readBody, readForm, sendJson } from "./http.mjs";
import { fingerprints } from "./log.mjs";
import { SCOPES } from "./provider.mjs";

/** POST /oauth/token (RFC 6749 §4.1.3 and §6) */
export async function token({ req, res, environment, entry }) {
  const { switches } = environment;
  const body = await readBody(req);
  const form = new URLSearchParams(body.toString());
  allowClient(req, res, form.get("client_id"), environment);
  entry.grantType = form.get("grant_type");
  entry.sent = fingerprints(Object.fromEntries(form));

  if (switches.tokenRedirect) {
    res.writeHead(307, { location: switches.tokenRedirect });
    return res.end();
  }
  const canned = switches.takeCanned("tokenStatus");
  if (canned) return sendJson(res, canned.status, canned.body ?? {}, canned.headers);
  checkSecret(req, form, environment);

  // One at a time, as rows are locked in a database: of two refreshes with one token, exactly one wins.
  const answer = await environment.inTurn(async () => {
    prepareStore(form, environment);
    const answer = await environment.ask(req, res, switches.pkceIgnored ? withoutVerifier(form) : body);
    if (answer.status === 200) followUp(form, answer.body, environment);
    return answer;
  });
  const value = answer.status === 200 ? tokenResponse(answer.body, environment) : answer.body;
  entry.issued = fingerprints(value);
  if (switches.takeLoss("token")) return req.socket.destroy();
  const { status, body: shaped } = refusalOf(form, answer, environment) ?? { status: answer.status, body: value };
  sendJson(res, status, shaped);
}

/** In the words of the engine that this server acts as. */
function refusalOf(form, { body: { error } }, { engine }) {
  if (error === "invalid_client") return engine.client;
  if (error === "invalid_grant") return form.get("grant_type") === "refresh_token" ? engine.refreshToken : engine.code;
  return undefined;
}

/** Doorkeeper's members in Doorkeeper's order; a blank scope is left out. */
function tokenResponse({ access_token, token_type, expires_in, refresh_token, scope }, { store }) {
  return {
    access_token,
    token_type,
    expires_in,
    refresh_token,
    scope: visibleScope(scope).join(" ") || undefined,
    created_at: store.find("AccessToken", access_token).iat,
  };
}

/** A public client needs no secret; one that is sent must still be right, as at Doorkeeper. */
function checkSecret(req, form, { application, engine, switches }) {
  const basic = /^Basic +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1];
  const fromHeader = basic && Buffer.from(basic, "base64").toString().split(":")[1];
  const secret = fromHeader || form.get("client_secret");
  const redirectUri = form.get("redirect_uri");
  const isElsewhere = engine.clientNeedsRedirectUri && redirectUri && !application.redirectUris.includes(redirectUri);
  if (!secret && !switches.secretRequired && !isElsewhere) return;
  if (secret && application.isSecret(secret)) return;
  if (engine.client) throw new HttpError(engine.client.status, engine.client.body);
  throw new HttpError(401, {
    error: "invalid_client",
    error_description: "Client authentication failed due to unknown client, no client authentication included, " +
      "or unsupported authentication method.",
  });
}

/** The switches that make the provider forget what it would hold against this request. */
function prepareStore(form, { store, switches }) {
  const model = form.get("grant_type") === "refresh_token" ? "RefreshToken" : "AuthorizationCode";
  const value = form.get(model === "RefreshToken" ? "refresh_token" : "code");
  const record = store.find(model, value);
  if (!record) return;

  if (switches.pkceIgnored) delete record.codeChallenge;
  if (!record.consumed) return;
  if (switches.oldRefreshTokenLives && model === "RefreshToken") delete record.consumed;
  else if (switches.noReuseDetection) store.remove(model, value);
}

/** The provider refuses a verifier that nobody announced; without one there is nothing to compare. */
function withoutVerifier(form) {
  form.delete("code_verifier");
  return Buffer.from(form.toString());
}

function followUp(form, { access_token, refresh_token }, { store, switches }) {
  store.pair(access_token, refresh_token);
  if (form.get("grant_type") !== "refresh_token") return;
  const record = store.find("AccessToken", access_token);
  record.replacedRefreshToken = form.get("refresh_token");
  if (switches.oldAccessTokenDies) store.removeOtherAccessTokens(record.grantId, access_token);
}

/**
 * The live access token of this request.
 * @throws {HttpError} 401 for none, an unknown, an expired and a revoked one alike
 */
export function liveAccessToken(req, { engine, store, switches }) {
  const value = bearerToken(req);
  const record = value && store.find("AccessToken", value);
  if (!record || record.exp * 1000 <= Date.now()) {
    const body = { error: "invalid_token", error_description: "The access token is missing, invalid, expired or revoked." };
    if (engine.resource) throw new HttpError(engine.resource.status, engine.resource.body);
    throw new HttpError(401, body, { "www-authenticate": 'Bearer realm="demo", error="invalid_token"' });
  }
  // Whoever holds the new access token has received the answer; only now are the old tokens done with.
  const replaced = store.find("RefreshToken", record.replacedRefreshToken);
  if (replaced && switches.oldRefreshTokenLives) store.revokePair(replaced);
  return record;
}

/** GET /oauth/token/info */
export function tokenInfo({ req, res, environment, entry }) {
  entry.sent = fingerprints({ token: bearerToken(req) });
  const { accountId, clientId, scope, exp, iat } = liveAccessToken(req, environment);
  sendJson(res, 200, {
    resource_owner_id: Number(accountId),
    scope: visibleScope(scope),
    expires_in: exp - Math.floor(Date.now() / 1000),
    application: { uid: clientId },
    created_at: iat,
  });
}

/** POST /oauth/revoke (RFC 7009): access and refresh token end together, those of before with them or not. */
export async function revoke({ req, res, environment, entry }) {
  const { switches, engine } = environment;
  const form = await readForm(req);
  allowClient(req, res, form.get("client_id"), environment);
  entry.sent = fingerprints(Object.fromEntries(form));
  if (switches.revokeStatus) return sendJson(res, switches.revokeStatus, { error: "temporarily_unavailable" });

  if (engine.revocation) throw new HttpError(engine.revocation.status, engine.revocation.body);

  // Not in the midst of a refresh, whose new tokens would be missed or torn out of its hands.
  await environment.inTurn(() => endGrant(req, form, environment));
  if (switches.takeLoss("revoke")) return req.socket.destroy();
  sendJson(res, 200, {});
}

function endGrant(req, form, { application, engine, store, switches }) {
  const found = store.findToken(form.get("token"));
  const clientId = form.get("client_id");
  if (engine.revocationClient && (clientId !== application.clientId || switches.secretRequired)) {
    throw new HttpError(engine.revocationClient.status, engine.revocationClient.body);
  }
  const foreign = clientId !== application.clientId || (found && found.record.clientId !== clientId);
  if (foreign || req.headers.authorization) {
    throw new HttpError(403, {
      error: "unauthorized_client", error_description: "You are not authorized to revoke this token",
    });
  }
  if (!found) return;
  const { record } = found;
  // Where old refresh tokens live, each renewal has a row of its own, and one row is what a revocation ends.
  const isLive = switches.oldRefreshTokenLives ? store.isPairLive(record) : store.hasLiveAccessToken(record.grantId);
  if (switches.signOutTrap && !isLive) return;
  if (switches.oldRefreshTokenLives) store.revokePair(record);
  else store.revokeGrant(record.grantId);
}

/** GET /.well-known/oauth-authorization-server (RFC 8414) */
export function metadata({ res, environment: { origin, engine, switches } }) {
  if (engine.metadata === null) throw new HttpError(404, { error: "not_found" });
  const authMethods = [switches.secretRequired ? "client_secret_post" : "none"];
  sendJson(res, 200, {
    issuer: origin,
    authorization_endpoint: `${origin}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    response_types_supported: ["code", "token"],
    response_modes_supported: ["query", "fragment"],
    grant_types_supported: ["authorization_code", "refresh_token", "implicit"],
    scopes_supported: SCOPES.filter((scope) => scope !== "openid"),
    code_challenge_methods_supported: switches.pkceIgnored ? undefined : ["S256"],
    token_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_methods_supported: ["none"],
    authorization_response_iss_parameter_supported: !switches.issOff,
    ...engine.metadata,
  });
}
