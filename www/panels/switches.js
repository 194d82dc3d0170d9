// How the demo servers behave, switch by switch, in the server's own words.

import { ENVIRONMENTS, expireAccessTokens, loadState, resetSwitches, setSwitch, stateOf } from "../base/demo-server.js";
import { byId, el, setText } from "../base/dom.js";
import { describe } from "../base/errors.js";

export function startSwitches() {
  for (const environment of ENVIRONMENTS) {
    // Some switches turn themselves off after use, so ask again when somebody looks.
    byId(`switches-${environment}`).addEventListener("toggle", ({ target }) =>
      target.open && change(environment, "", () => loadState(environment)));
    draw(environment);
  }
}

/** Has both servers demand the client secret, or not. */
export async function demandSecret(isDemanded) {
  for (const environment of ENVIRONMENTS) {
    await change(environment, "secretRequired changed", () => setSwitch(environment, "secretRequired", isDemanded));
  }
}

function draw(environment) {
  const state = stateOf(environment);
  if (!state) return byId(`switch-list-${environment}`).replaceChildren("The demo server does not answer.");
  byId(`switch-list-${environment}`).replaceChildren(
    ...Object.entries(state.switches).map(([name, value]) => row(environment, name, value, state.about[name])),
    el("div", { class: "buttons" },
      button(environment, "switches-reset", "Reset all", "all switches as at the start", () => resetSwitches(environment)),
      button(environment, "switches-expire", "Expire the access tokens now", "live access tokens aged", () => expireAccessTokens(environment))));
}

function row(environment, name, value, about) {
  const id = `switch-${environment}-${name}`;
  const { control, read } = CHOICES[name] ? choice(id, value, CHOICES[name])
    : typeof value === "number" ? amount(id, value) : tick(id, value);
  control.addEventListener("change", () =>
    change(environment, `${name} changed`, () => setSwitch(environment, name, read())));
  return el("div", { class: "switch" },
    control,
    el("label", { for: id }, el("code", {}, name), el("span", { class: "note" }, ` ${about}`)));
}

function button(environment, name, title, done, action) {
  return el("button", { type: "button", id: `${name}-${environment}`, click: () => change(environment, done, action) }, title);
}

async function change(environment, done, action) {
  try {
    await action();
    setText(byId("switch-note"), done && `${environment}: ${done}.`);
  } catch (error) {
    setText(byId("switch-note"), `Not changed. ${describe(error).message}`);
  }
  const focused = document.activeElement?.id;
  draw(environment);
  if (focused) document.getElementById(focused)?.focus();
}

function tick(id, value) {
  const control = el("input", { id, type: "checkbox", checked: value });
  return { control, read: () => control.checked };
}

function amount(id, value) {
  const control = el("input", { id, type: "number", min: "1", value: String(value), class: "value" });
  return { control, read: () => Number(control.value) };
}

function choice(id, value, values) {
  const known = Object.keys(values).find((name) => JSON.stringify(values[name]) === JSON.stringify(value));
  const control = el("select", { id }, ...[...Object.keys(values), ...(known ? [] : ["other"])].map((name) =>
    el("option", { selected: name === (known ?? "other") }, name)));
  return { control, read: () => values[control.value] ?? null };
}

const canned = (status, headers = {}) => ({ status, body: { error: "temporarily_unavailable" }, headers, times: 1 });

/** Of the many values that these take, a few worth seeing. */
const CHOICES = {
  actsAs: Object.fromEntries(
    ["off", "doorkeeper", "oidc-provider", "django-oauth-toolkit", "glewlwyd", "ts-oauth2-server", "authlib"]
      .map((name) => [name, name === "off" ? null : name])),
  loginCoop: { off: null, "same-origin": "same-origin", "same-origin-allow-popups": "same-origin-allow-popups" },
  loseAnswer: { off: null, token: "token", revoke: "revoke", api: "api" },
  tokenRedirect: { off: null, "evil.example": "https://evil.example/take" },
  tokenStatus: { off: null, "429 once": canned(429, { "retry-after": "5" }), "500 once": canned(500), "503 once": canned(503, { "retry-after": "5" }) },
  revokeStatus: { off: null, "always 500": 500, "always 503": 503 },
  apiStatus: { off: null, "401 once": canned(401), "429 once": canned(429, { "retry-after": "5" }), "503 once": canned(503, { "retry-after": "5" }) },
};
