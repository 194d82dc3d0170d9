// The login URL, live: built by the SDK from the form, each parameter with what it is for.

import { buildLoginUrl } from "/procore-spa-auth/index.js";
import { credentialsOf, onCredentials } from "./config-forms.js";
import { serverOptions } from "../base/demo-server.js";
import { byId, copy, el, outside, setText, shorten } from "../base/dom.js";
import { errorLine } from "../base/errors.js";

/** Draws the URL now and after each change of the form or the environment. */
export function startLoginUrl() {
  const environment = byId("environment");
  const redraw = () => draw(environment.value);
  onCredentials(redraw);
  environment.addEventListener("change", redraw);
  byId("login-url-again").addEventListener("click", redraw);
  byId("login-url-copy").addEventListener("click", () =>
    copy(byId("login-url").textContent, byId("login-url-note")));
  redraw();
}

function draw(environment) {
  const place = byId("login-url");
  try {
    // `pending` is dropped on purpose: this is a preview, and the verifier in it is confidential.
    const { url } = buildLoginUrl(credentialsOf(environment), { environment, server: serverOptions(environment) });
    place.replaceChildren(...coloured(url));
    place.dataset.kind = "good";
    byId("login-url-parameters").replaceChildren(...explained(url));
    byId("login-url-copy").disabled = false;
  } catch (error) {
    place.replaceChildren(...errorLine(error));
    place.dataset.kind = "bad";
    byId("login-url-copy").disabled = true;
  }
  setText(byId("environment-note"), `login and API at ${serverOptions(environment).apiOrigin}, and nowhere else`);
}

/** The whole URL, byte for byte, with its parts told apart. */
function coloured(url) {
  const [endpoint, query = ""] = url.split(/\?(.*)/s);
  const parts = query.split("&").map((pair, index) => {
    const [name, value = ""] = pair.split(/=(.*)/s);
    return [index ? "&" : "?", el("wbr"), el("b", {}, name), `=${value}`];
  });
  return [endpoint, ...parts.flat()];
}

function explained(url) {
  const { origin, pathname, searchParams } = new URL(url);
  const rows = [["endpoint", origin + pathname, ENDPOINT]];
  for (const [name, value] of searchParams) {
    rows.push([name, LONG.includes(name) ? shorten(value, 8) : value, PARAMETERS[name]]);
  }
  return rows.map(([name, value, meaning]) => el("div", {},
    el("dt", {}, name),
    el("dd", { class: "value" }, value),
    el("dd", {}, meaning?.[0] ?? "Asked for by this application.", " ",
      ...(meaning ? [outside(meaning[2], meaning[1])] : []))));
}

const LONG = ["state", "code_challenge"];

const rfc = (number, section) => [`RFC ${number} §${section}`, `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`];

const ENDPOINT = ["The login page of this environment; its API has an origin of its own.", ...rfc(6749, "3.1")];

const PARAMETERS = {
  response_type: ["Asks for a code, never for a token: a code is useless to whoever sees the URL.", ...rfc(6749, "3.1.1")],
  client_id: ["Names the application. Public, and no proof of anything.", ...rfc(6749, "2.2")],
  redirect_uri: ["Where the response goes; byte for byte one of those registered.", ...rfc(6749, "3.1.2")],
  scope: ["What the token may do.", ...rfc(6749, "3.3")],
  state: ["Random, for this sign-in alone. A response without it is not ours.", ...rfc(6749, "10.12")],
  code_challenge: ["SHA-256 of the verifier that stays here. Only its holder can redeem the code.", ...rfc(7636, "4.2")],
  code_challenge_method: ["SHA-256 always; the plain method does not exist here.", ...rfc(7636, "4.3")],
  response_mode: ["Where the response stands in the redirect: query or fragment.", "Response types §2.1",
    "https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes"],
};
