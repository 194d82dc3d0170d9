// Calls to the API with the session's token, and calls that must not get it.

import { client, session } from "../flow/client.js";
import { ENVIRONMENTS, originOf } from "../base/demo-server.js";
import { byId, el, setText } from "../base/dom.js";
import { describe } from "../base/errors.js";
import { drawSession } from "../flow/session-card.js";
import { note } from "../base/timeline.js";

export function startApiConsole() {
  byId("api-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  for (const [id, prepare] of Object.entries(HOSTILE)) {
    byId(id).addEventListener("click", () => {
      const { path, headers } = prepare();
      byId("api-path").value = path;
      byId("api-method").value = "GET";
      send(headers);
    });
  }
}

async function send(headers = {}) {
  const path = byId("api-path").value;
  const started = performance.now();
  setText(byId("api-status"), "sending");
  byId("api-status").dataset.kind = "idle";
  try {
    const response = await client(byId("environment").value).fetch(path, request(headers));
    const text = await response.text();
    showAnswer(response, text, Math.round(performance.now() - started));
    note("api", `API answered ${response.status}`, { details: [`${byId("api-method").value} ${path}`], failed: !response.ok });
  } catch (error) {
    showRefusal(error);
    note("api-refused", `API call refused: ${describe(error).code || "fault of this page"}`, { failed: true });
  }
  drawSession();
}

function request(headers) {
  const method = byId("api-method").value;
  const body = byId("api-request-body").value;
  const companyId = byId("api-company").value.trim();
  return {
    method,
    ...(companyId ? { companyId } : {}),
    ...(method !== "GET" && body ? { body } : {}),
    headers: { ...(method !== "GET" && body ? { "Content-Type": "application/json" } : {}), ...headers },
  };
}

function showAnswer(response, text, milliseconds) {
  setText(byId("api-status"), String(response.status));
  byId("api-status").dataset.kind = response.ok ? "good" : "bad";
  setText(byId("api-summary"), `${response.statusText || ""} in ${milliseconds} ms, from ${new URL(response.url).origin}`.trim());
  const headers = SHOWN_HEADERS.filter((name) => response.headers.has(name));
  byId("api-headers").replaceChildren(...headers.map((name) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, response.headers.get(name)))));
  setText(byId("api-body"), indented(text));
}

/** A refusal by the SDK: no request was made, so there is no status to show, only the reason. */
function showRefusal(error) {
  const { code, phase, message, advice } = describe(error);
  setText(byId("api-status"), code || "failed");
  byId("api-status").dataset.kind = "bad";
  setText(byId("api-summary"), `refused by the SDK, phase ${phase}`);
  byId("api-headers").replaceChildren();
  setText(byId("api-body"), [message, advice].filter(Boolean).join("\n\n"));
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const SHOWN_HEADERS = [
  "content-type",
  "x-rate-limit-limit",
  "x-rate-limit-remaining",
  "x-rate-limit-reset",
  "retry-after",
  "www-authenticate",
];

const HOSTILE = {
  "api-evil-origin": () => ({ path: "https://evil.example/rest/v1.0/me" }),
  "api-other-environment": () => {
    const own = session()?.environment ?? byId("environment").value;
    return { path: `${originOf(ENVIRONMENTS.find((name) => name !== own))}/rest/v1.0/me` };
  },
  "api-token-in-url": () => ({ path: "/rest/v1.0/me?access_token=stolen" }),
  "api-own-authorization": () => ({ path: "/rest/v1.0/me", headers: { Authorization: "Bearer not-the-session's" } }),
};
