// What an attacker would try. Each `run` does it with the real SDK; the refusal is the error it throws.

import { buildLoginUrl, parseRedirect } from "/procore-spa-auth/index.js";
import { twin } from "../flow/client.js";
import { credentialsOf } from "../flow/config-forms.js";
import { ENVIRONMENTS, originOf, serverOptions } from "../base/demo-server.js";

/** Attacks that stay on this page: they throw, or they have succeeded. */
export const ATTACKS = [
  {
    id: "issuer",
    title: "Mixed-up issuer",
    story: "The response to a sign-in comes from the other environment’s server, to have its code sent to the wrong one.",
    run: (environment) => answer(environment, (state) => ({ code: "stolen", state, iss: originOf(other(environment)) })),
  },
  {
    id: "duplicate",
    title: "Duplicate parameter",
    story: "Two codes in one response, in the hope that the check reads one and the exchange the other.",
    run: (environment) => answer(environment, (state) => `code=first&code=second&state=${state}`),
  },
  {
    id: "no-state",
    title: "Response without state",
    story: "A link that signs the victim in to the attacker’s account: a code, and nothing to tie it to this browser.",
    run: (environment) => answer(environment, () => ({ code: "attackers" })),
  },
  {
    id: "token",
    title: "Token pushed in from outside",
    story: "The flow is code, the response carries an access token instead, with the right state.",
    run: (environment) => answer(environment, (state) => ({ access_token: "attackers", token_type: "bearer", state }), "#"),
  },
  {
    id: "record",
    title: "Stored sign-in tampered with",
    story: "Something has written into this tab’s storage: the record of the sign-in now names another token endpoint, to have the code sent there.",
    run: (environment) => answer(environment, (state) => ({ code: "users", state }), "?", { tokenEndpoint: "https://evil.example/token" }),
  },
  {
    id: "secret",
    title: "Client secret in the configuration",
    story: "Somebody copies the portal’s secret into the page’s source, under a name of their own.",
    run: async (environment) => twin(environment, { "Client-Secret": "not-a-real-one" }).ready(),
  },
  {
    id: "redirect-uri",
    title: "Redirect URI swapped",
    story: "An extra parameter tries to send the response to another site.",
    run: (environment) => login(environment, { extraParams: { redirect_uri: "https://evil.example/callback" } }),
  },
  {
    id: "return-to",
    title: "Open redirect after sign-in",
    story: "A crafted returnTo, which a browser reads as another host, would carry the signed-in user away.",
    run: (environment) => login(environment, { returnTo: "/\\evil.example" }),
  },
];

/** Attacks that need the real address bar; see attacks.js. */
export const NAVIGATING_ATTACKS = [
  {
    id: "forged-state",
    title: "Forged redirect",
    story: "Opens /callback with a made-up code and state, as a hostile link would. Leaves the page, so you are signed out first.",
  },
  {
    id: "replay",
    title: "Replayed redirect",
    story: "Presents the redirect you signed in by a second time, as one taken from the browser’s history would be. Signs you in first, if need be.",
  },
];

function login(environment, more = {}) {
  return buildLoginUrl(credentialsOf(environment), { environment, server: serverOptions(environment), ...more });
}

/** Starts a sign-in, and has the attacker answer it; `planted` is what the attacker adds to its record. */
function answer(environment, response, mark = "?", planted = {}) {
  const { url, pending } = login(environment);
  const request = new URL(url).searchParams;
  const parameters = response(request.get("state"));
  const query = typeof parameters === "string" ? parameters : new URLSearchParams(parameters);
  const record = JSON.stringify({ ...JSON.parse(pending), ...planted });
  return parseRedirect(`${request.get("redirect_uri")}${mark}${query}`, record, { server: serverOptions(environment) });
}

const other = (environment) => ENVIRONMENTS.find((name) => name !== environment);
