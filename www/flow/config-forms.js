// The portal's two forms. The SDK judges every edit; what it says stands beside the field.

import { buildLoginUrl } from "/procore-spa-auth/index.js";
import { byId, el, setText } from "../base/dom.js";
import { ENVIRONMENTS, loadState, originOf, registerRedirectUris, serverOptions, stateOf } from "../base/demo-server.js";
import { describe, errorLine } from "../base/errors.js";
import { readClientId, readRedirectUris } from "../base/paste.js";
import { recall, remember } from "../base/store.js";

const listeners = [];

/** Calls `listener` with the environment whose form has changed. */
export function onCredentials(listener) {
  listeners.push(listener);
}

/** The credentials as the form says them, good or not: the SDK is the judge. */
export function credentialsOf(environment) {
  const { fields } = readClientId(clientIdField(environment).value);
  return { redirectUris: readRedirectUris(redirectUrisField(environment).value), ...fields };
}

export function bothCredentials() {
  return Object.fromEntries(ENVIRONMENTS.map((name) => [name, credentialsOf(name)]));
}

/** Fills both forms: with this tab's edits, else with what the server has registered. */
export async function startForms() {
  for (const environment of ENVIRONMENTS) {
    byId(`portal-${environment}`).href = `${originOf(environment)}/developers/application`;
    byId(`form-${environment}`).addEventListener("input", (event) => edited(environment, event.target));
    byId(`form-${environment}`).addEventListener("submit", (event) => register(environment, event));
    byId(`form-${environment}`).addEventListener("reset", (event) => reset(environment, event));
  }
  await Promise.all(ENVIRONMENTS.map(async (environment) => {
    try {
      await loadState(environment);
    } catch (error) {
      setText(byId(`registered-${environment}`), `The demo server does not answer. ${describe(error).message}`);
      return;
    }
    fill(environment, recall(`edits:${environment}`) ?? registered(environment));
    check(environment);
  }));
  if (!ENVIRONMENTS.some(stateOf)) throw new Error("The demo’s authorization servers do not answer. Start them with: npm start");
}

function edited(environment, field) {
  const pasted = readClientId(clientIdField(environment).value);
  const problems = check(environment);
  if (holdsSecret(problems)) return discard(environment, field);

  if (!pasted.plain && pasted.fields.clientId && problems.clientId === null) fill(environment, credentialsOf(environment));
  remember(`edits:${environment}`, sameAsRegistered(environment) ? null : credentialsOf(environment));
  for (const listener of listeners) listener(environment);
}

/** A secret stays neither on the page nor in storage: the field goes back to its last good text, the refusal stays. */
function discard(environment, field) {
  fill(environment, recall(`edits:${environment}`) ?? registered(environment));
  byId(`${field.id}-error`).append(" What you pasted was thrown away.");
  showRegistered(environment);
}

/** Asks the SDK about each field by itself, with the other one known to be good, then about each line of the URIs. */
function check(environment) {
  const { fields } = readClientId(clientIdField(environment).value);
  const lines = readRedirectUris(redirectUrisField(environment).value);

  const clientId = refusal(environment, { redirectUris: [GOOD_REDIRECT_URI], ...fields });
  const badLines = lines
    .map((line, index) => ({ number: index + 1, error: refusal(environment, { clientId: GOOD_CLIENT_ID, redirectUris: [line] }, line) }))
    .filter(({ error }) => error);
  if (!badLines.length) {
    const error = refusal(environment, { clientId: GOOD_CLIENT_ID, redirectUris: lines });
    if (error) badLines.push({ number: 0, error });
  }

  show(clientIdField(environment), clientId ? [el("p", {}, ...errorLine(clientId))] : []);
  show(redirectUrisField(environment), badLines.map(({ number, error }) =>
    el("p", {}, ...(number && lines.length > 1 ? [`Line ${number}: `] : []), ...errorLine(error))));
  showRegistered(environment);
  return { clientId, redirectUris: badLines.map(({ error }) => error) };
}

function refusal(environment, credentials, redirectUri) {
  try {
    buildLoginUrl(credentials, { environment, server: serverOptions(environment), redirectUri });
    return null;
  } catch (error) {
    return error;
  }
}

function holdsSecret({ clientId, redirectUris }) {
  return [clientId, ...redirectUris].some((error) => error?.code === "config_secret_forbidden");
}

function show(field, messages) {
  const place = byId(`${field.id}-error`);
  const text = messages.map((message) => message.textContent).join();
  if (place.textContent !== text) place.replaceChildren(...messages);
  if (messages.length) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** Byte for byte is the rule, so say exactly what differs before the server does. */
function showRegistered(environment) {
  const there = registered(environment);
  if (!there) return;
  const here = credentialsOf(environment);
  const missing = here.redirectUris.filter((uri) => !there.redirectUris.includes(uri));
  const note = here.clientId !== there.clientId ? "The server knows another client ID; it would refuse this one."
    : missing.length ? `Not registered at the server yet: ${missing.join(", ")}`
    : "Byte for byte as the server has it registered.";
  setText(byId(`registered-${environment}`), note);
}

async function register(environment, event) {
  event.preventDefault();
  const note = byId(`registered-${environment}`);
  const { clientId, redirectUris } = check(environment);
  if (clientId || redirectUris.length) return setText(note, "Not sent: put the marked field right first.");
  try {
    await registerRedirectUris(environment, credentialsOf(environment).redirectUris);
    edited(environment, redirectUrisField(environment));
  } catch (error) {
    setText(note, `The server refused. ${describe(error).message}`);
  }
}

function reset(environment, event) {
  event.preventDefault();
  fill(environment, registered(environment));
  edited(environment, clientIdField(environment));
}

function fill(environment, credentials) {
  if (!credentials) return;
  clientIdField(environment).value = credentials.clientId ?? "";
  redirectUrisField(environment).value = (credentials.redirectUris ?? []).join("\n");
}

function registered(environment) {
  return stateOf(environment);
}

function sameAsRegistered(environment) {
  const pick = ({ clientId, redirectUris }) => JSON.stringify([clientId, redirectUris]);
  return pick(credentialsOf(environment)) === pick(registered(environment) ?? {});
}

const clientIdField = (environment) => byId(`client-id-${environment}`);
const redirectUrisField = (environment) => byId(`redirect-uris-${environment}`);

const GOOD_CLIENT_ID = "a-good-client-id";
const GOOD_REDIRECT_URI = `${location.origin}/callback`;
