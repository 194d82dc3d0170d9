/** The authorization endpoint (RFC 6749 §3.1): Procore's parameters in, Procore's answers out. */

import { randomBytes } from "node:crypto";
import { OUT_OF_BAND } from "./application.mjs";
import { redirect } from "./http.mjs";
import { SCOPES } from "./provider.mjs";
import { codePage, errorPage, sendPage } from "./pages.mjs";

/** What clients may ask for → what the provider calls it. It gives no token without an ID token beside it. */
const RESPONSE_TYPES = { code: "code", token: "id_token token" };

const NATIVE = "/oauth/authorize/native";

export async function authorize({ req, res, url, environment, entry }) {
  entry.responseType = url.searchParams.get("response_type");
  if (environment.engine.needsScope && !url.searchParams.get("scope")) {
    return refuse(res, environment, { error: "invalid_request", description: "Missing required parameter: scope." });
  }
  const strange = strangeScope(url.searchParams, environment);
  if (strange) return redirect(res, strange);
  req.url = `${url.pathname}?${providerParameters(url.searchParams)}`;
  await resume({ req, res, environment });
}

/** Where the browser comes back after login and after consent. */
export async function resume({ req, res, environment }) {
  const { status, body, location } = await environment.ask(req, res);
  if (!location) return status < 400 ? sendPage(res, status, body) : refuse(res, environment, {}, { status, body });
  if (location.startsWith("/")) return redirect(res, location);

  const { target, refusal } = shapeResponse(location, environment);
  if (refusal) return refuse(res, environment, refusal);
  redirect(res, target);
}

/** Where a request for a scope that nobody knows is sent back to. The provider would leave out what it does not know. */
function strangeScope(asked, { application, engine }) {
  const redirectUri = asked.get("redirect_uri");
  const isRegistered = asked.get("client_id") === application.clientId && application.redirectUris.includes(redirectUri);
  const scopes = (asked.get("scope") ?? "").split(" ").filter(Boolean);
  if (!engine.knowsScopes || !isRegistered || scopes.every((scope) => SCOPES.includes(scope))) return undefined;
  const target = new URL(redirectUri);
  target.searchParams.set("error", "invalid_scope");
  target.searchParams.set("state", asked.get("state") ?? "");
  return target.href;
}

/** Says to the user what can't be said to the client. */
function refuse(res, { name, engine }, refusal, page = { status: 400, body: errorPage({ name, ...refusal }) }) {
  const { status, body } = { ...page, ...engine.page };
  if (body === "") return res.writeHead(status).end();
  sendPage(res, status, body);
}

/** The out-of-band redirect URI: the code is shown, to be copied by hand. */
export function native({ res, url, environment }) {
  const code = url.searchParams.get("code");
  sendPage(res, 200, codePage({ name: environment.name, code: code ?? url.searchParams.get("error") ?? "" }));
}

function providerParameters(asked) {
  const parameters = new URLSearchParams(asked);
  const types = asked.getAll("response_type");
  // A repeated parameter stays repeated: the provider refuses it, as it should.
  if (types.length === 1) parameters.set("response_type", RESPONSE_TYPES[types[0]] ?? "unsupported");
  if (types[0] === "token") parameters.set("nonce", randomBytes(16).toString("base64url"));
  if (asked.getAll("scope").length < 2) parameters.set("scope", `openid ${asked.get("scope") ?? ""}`.trim());
  if (!["query", "fragment"].includes(asked.get("response_mode"))) parameters.delete("response_mode");
  return parameters;
}

/**
 * The redirect to the client without what it did not ask for.
 *
 * Registered redirect URIs have no fragment, so all of a fragment is the provider's. In a query, the parameters
 * that the provider added replace those of the same name, so deleting one by name is safe as well.
 */
function shapeResponse(location, { origin, engine, switches }) {
  const url = new URL(location);
  const inFragment = url.hash !== "";
  const response = inFragment ? new URLSearchParams(url.hash.slice(1)) : url.searchParams;

  const error = response.get("error");
  if (error && error !== "access_denied" && (engine.keepsErrors || switches.errorsOnOwnPage)) {
    return { refusal: { error, description: response.get("error_description") } };
  }

  response.delete("id_token");
  hideOpenid(response);
  // The provider leaves `iss` out beside an ID token; without the ID token it belongs there (RFC 9207 §2).
  if (switches.issOff || engine.hasNoIss) response.delete("iss");
  else response.set("iss", origin);

  if (inFragment) url.hash = response.toString();
  const target = url.href;
  return { target: target.startsWith(OUT_OF_BAND) ? target.replace(OUT_OF_BAND, NATIVE) : target };
}

function hideOpenid(response) {
  const scope = visibleScope(response.get("scope")).join(" ");
  if (scope) response.set("scope", scope);
  else response.delete("scope");
}

/** The granted scope as the client knows it. */
export function visibleScope(scope) {
  return (scope ?? "").split(" ").filter((token) => token !== "" && token !== "openid");
}
