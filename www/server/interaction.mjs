/** What the user does between authorization request and response: sign in, then allow or deny. */

import { visibleScope } from "./authorize.mjs";
import { readForm, redirect } from "./http.mjs";
import { consentPage, errorPage, loginPage, sendPage } from "./pages.mjs";
import { USERS, userById, userByLogin } from "./users.mjs";

export async function showInteraction({ req, res, environment }) {
  const details = await interactionDetails(req, res, environment);
  if (details) sendPrompt(res, environment, details);
}

export async function submitInteraction({ req, res, environment }) {
  const details = await interactionDetails(req, res, environment);
  if (!details) return;
  const form = await readForm(req);
  const result = details.prompt.name === "login" ? loginResult(form) : await consentResult(form, details, environment);
  if (!result) return sendPrompt(res, environment, details, { email: form.get("email") ?? "", failed: true });
  const next = await environment.provider.interactionResult(req, res, result);
  if (result.login) await replaceUser(details, result.login, environment);
  redirect(res, next);
}

/** Somebody else signs in where a login is remembered. The provider would first ask the browser to log out, by script. */
async function replaceUser({ session }, { accountId }, { provider }) {
  if (!session?.accountId || session.accountId === accountId) return;
  const remembered = await provider.Session.findByUid(session.uid);
  Object.assign(remembered, { accountId, authorizations: undefined });
  await remembered.persist();
}

async function interactionDetails(req, res, { name, provider }) {
  try {
    return await provider.interactionDetails(req, res);
  } catch (error) {
    if (error.name !== "SessionNotFound") throw error;
    // A bookmark, the Back button after the end, a restart of this server.
    sendPage(res, 400, errorPage({ name, error: "invalid_request", description: "This sign-in is over or has expired." }));
    return null;
  }
}

function sendPrompt(res, { name }, { prompt, params, session }, login = {}) {
  const html = prompt.name === "login"
    ? loginPage({ name, users: USERS, email: params.login_hint, ...login })
    : consentPage({
        name,
        user: userById(session.accountId),
        redirectUri: params.redirect_uri,
        scope: visibleScope(params.scope),
      });
  const { protocol, origin } = new URL(params.redirect_uri);
  sendPage(res, login.failed ? 401 : 200, html, protocol.startsWith("http") ? origin : "");
}

function loginResult(form) {
  const user = userByLogin(form.get("email"), form.get("password"));
  return user && { login: { accountId: String(user.id) } };
}

async function consentResult(form, { params, session }, { provider, application, switches }) {
  if (form.get("answer") !== "allow") {
    return {
      error: "access_denied",
      error_description: "The resource owner or authorization server denied the request.",
    };
  }
  const { authorizations = {} } = switches.oneGrant ? await provider.Session.findByUid(session.uid) : {};
  const before = authorizations[application.clientId]?.grantId;
  const grant = (before && (await provider.Grant.find(before))) ||
    new provider.Grant({ accountId: session.accountId, clientId: application.clientId });
  grant.addOIDCScope(params.scope);
  return { consent: { grantId: await grant.save() } };
}
