/** The application's credentials, as the Developer Portal shows them. */

import { RedirectUriError } from "./application.mjs";
import { readForm, redirect } from "./http.mjs";
import { portalPage, sendPage } from "./pages.mjs";

export function showApplication({ res, url, environment }) {
  sendApplication(res, 200, environment, { saved: url.searchParams.has("saved") });
}

export async function saveApplication({ req, res, environment }) {
  // Browsers send the lines of a text area with CR LF between them.
  const text = ((await readForm(req)).get("redirect_uri") ?? "").replaceAll("\r\n", "\n");
  try {
    environment.application.setRedirectUris(text.split("\n"));
  } catch (error) {
    if (!(error instanceof RedirectUriError)) throw error;
    return sendApplication(res, 422, environment, { error: error.message, text });
  }
  redirect(res, "/developers/application?saved");
}

export function resetSecret({ req, res, environment }) {
  req.resume();
  sendApplication(res, 200, environment, { secret: environment.application.resetSecret() });
}

function sendApplication(res, status, { name, application }, more) {
  const { clientId, redirectUris } = application;
  sendPage(res, status, portalPage({ name, clientId, text: redirectUris.join("\n"), ...more }));
}
