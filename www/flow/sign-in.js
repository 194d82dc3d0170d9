// Out to the login page and back.

import { clientToLeave, clientToPop, onSession, prepareToPop, session } from "./client.js";
import { ENVIRONMENTS, originOf, stateOf } from "../base/demo-server.js";
import { byId, el, mask, setText, shorten } from "../base/dom.js";
import { clearError, describe, showError } from "../base/errors.js";
import { signOut } from "./session-card.js";
import { remember } from "../base/store.js";
import { note } from "../base/timeline.js";

export function startSignIn() {
  byId("sign-in").addEventListener("click", () => signIn("code"));
  byId("sign-in-popup").addEventListener("click", signInByPopup);
  byId("sign-in-implicit").addEventListener("click", () => signIn("implicit"));
  byId("environment").addEventListener("change", () => {
    remember("environment", byId("environment").value);
    drawDestination();
    void prepare();
  });
  onSession(drawDestination);
  // Back from the login page by the Back button: the page may be the old one, still waiting to leave.
  addEventListener("pageshow", ({ persisted }) => persisted && setBusy(false));
  drawDestination();
  drawUsers();
  void prepare();
}

let preparations = 0;

/**
 * Readies the popup's button, after `change`, which it needs: what is to open inside the click must wait for nothing then.
 * Until the last one of several changes is through, nobody can click it.
 */
export async function prepare(change = async () => {}) {
  const button = byId("sign-in-popup");
  const preparation = ++preparations;
  button.disabled = true;
  await change();
  // What is wrong with the form is said beside it, and at the click.
  await prepareToPop(byId("environment").value).catch(() => {});
  if (preparation === preparations) button.disabled = byId("sign-in").disabled;
}

/** Leaves the page, unless that is refused. */
export async function signIn(flow) {
  const environment = byId("environment").value;
  clearError();
  setBusy(true);
  let notLeft = () => {};
  try {
    if (session()?.signedIn) await signOut();
    notLeft = onLeaving(flow, environment);
    const auth = await clientToLeave(flow, environment);
    await auth.signIn();
  } catch (error) {
    notLeft();
    note("failed", `Sign-in not begun: ${describe(error).code || "fault of this page"}`, { failed: true });
    showError(error);
    setBusy(false);
  }
}

/** Stays here, and signs in beside this page. Nothing is awaited before the window opens. */
async function signInByPopup() {
  const environment = byId("environment").value;
  clearError();
  setBusy(true);
  try {
    const signingIn = clientToPop(environment).signInWithPopup();
    note("built", `Login URL built for ${environment}`, { details: REQUEST.code });
    note("left", `Login page of ${environment} opened in a window`, { details: [`${originOf(environment)}/oauth/authorize`] });
    await signingIn;
    note("received", "Response handed over by the window, and scrubbed there");
    note("token", "Code redeemed with the verifier, once");
    note("signed_in", `Signed in to ${environment}`);
  } catch (error) {
    const { code, phase } = describe(error);
    note("refused", `Refused at phase ${phase}: ${code || "fault of this page"}`, { failed: true });
    showError(error);
  }
  remember("departure", null);
  setBusy(false);
}

/** Writes down the departure when it happens, which is the last thing that this page does. */
function onLeaving(flow, environment) {
  const begun = Date.now();
  const left = () => {
    note("built", `Login URL built for ${environment}`, { details: REQUEST[flow], at: begun });
    note("left", `Gone to the login page of ${environment}`, { details: [`${originOf(environment)}/oauth/authorize`] });
  };
  addEventListener("pagehide", left, { once: true });
  return () => removeEventListener("pagehide", left);
}

/** What the address bar says on arrival, before the SDK scrubs it. Names and lengths are kept; values are not. */
export function readArrival({ href, pathname, search, hash }) {
  const query = [...new URLSearchParams(search)];
  const fragment = hash.includes("=") ? [...new URLSearchParams(hash.slice(1))] : [];
  const isResponse = [...query, ...fragment].some(([name]) => RESPONSE.includes(name));
  const details = [...query, ...fragment].map(([name, value]) => `${name} = ${shown(name, value)}`);
  return { href, pathname, isResponse, channel: fragment.length ? "fragment" : "query", details };
}

/** Judges this page's URL with the SDK. True if the user is signed in by it. */
export async function handleArrival(clientOfThisPage, arrival) {
  if (arrival.isResponse) {
    note("received", `Redirect received at ${arrival.pathname}, in the ${arrival.channel}`, { details: arrival.details });
  }
  const scrubbed = timeOfScrubbing();
  try {
    const auth = clientOfThisPage();
    const { handled, returnTo, warnings = [] } = await auth.handleRedirect();
    if (!handled) return false;
    noteScrubbing(arrival, scrubbed.at);
    const { flow, environment } = auth.session;
    note("token", flow === "implicit" ? "Token checked: it was issued to this client ID" : "Code redeemed with the verifier, once");
    note("signed_in", `Signed in to ${environment}`, { details: warnings.map((code) => `put right: ${code}`) });
    history.replaceState(null, "", returnTo);
    return true;
  } catch (error) {
    noteScrubbing(arrival, scrubbed.at);
    const { code, phase } = describe(error);
    note("refused", `Refused at phase ${phase}: ${code || "fault of this page"}`, { failed: true });
    showError(error);
    byId("error").focus();
    return false;
  }
}

function noteScrubbing(arrival, at) {
  if (!arrival.isResponse) return;
  if (location.href === arrival.href) note("left-alone", "URL left alone: not a response of ours");
  else note("scrubbed", "Response scrubbed from the URL", { at });
}

/** When the URL was first changed, where the browser tells (the Navigation API); else the time of asking. */
function timeOfScrubbing() {
  const change = { at: undefined };
  globalThis.navigation?.addEventListener("currententrychange", () => { change.at = Date.now(); }, { once: true });
  return change;
}

function shown(name, value) {
  if (CONFIDENTIAL.includes(name)) return mask(value);
  return name === "state" ? shorten(value, 4) : value.slice(0, 120);
}

function setBusy(busy) {
  for (const id of ["sign-in", "sign-in-popup", "sign-in-implicit"]) byId(id).disabled = busy;
}

function drawDestination() {
  const environment = byId("environment").value;
  const present = session()?.signedIn ? ` Ends the present session in ${session().environment} first.` : "";
  setText(byId("sign-in-note"), `Goes to ${environment}, ${originOf(environment) ?? "its login page"}.${present}`);
}

/** Who can sign in at the demo server; their passwords are no secret there. */
function drawUsers() {
  const users = ENVIRONMENTS.flatMap((environment) => stateOf(environment)?.users ?? []);
  const names = [...new Set(users.map(({ email, password }) => `${email} / ${password}`))];
  if (names.length) {
    byId("users").replaceChildren("At the login page, sign in as ", ...names.flatMap((name, index) => [index ? ", " : "", el("code", {}, name)]), ".");
  }
}

const REQUEST = {
  code: ["response_type = code", "code_challenge_method = S256", "state = fresh"],
  implicit: ["response_type = token", "state = fresh"],
};

const RESPONSE = ["code", "state", "error", "access_token", "id_token", "response"];

const CONFIDENTIAL = ["code", "access_token", "id_token", "refresh_token", "response"];
