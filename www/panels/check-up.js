// What `diagnose()` finds, the worst first.

import { client } from "../flow/client.js";
import { byId, el, setText } from "../base/dom.js";
import { clearError, showError } from "../base/errors.js";
import { note } from "../base/timeline.js";

const BUTTONS = ["check-up-run", "check-up-popup"];

export function startCheckUp() {
  byId("check-up-run").addEventListener("click", () => run({}));
  byId("check-up-popup").addEventListener("click", () => run({ popup: true }));
}

async function run(options) {
  clearError();
  // Begun in the very turn of the click, or no window would open.
  const checking = diagnose(options);
  setBusy(true);
  setText(byId("check-up-summary"), options.popup ? "Waiting for the sign-in in the other window …" : "Looking …");
  try {
    draw(await checking);
  } catch (error) {
    setText(byId("check-up-summary"), "");
    showError(error);
  }
  setBusy(false);
}

const diagnose = async (options) => client(byId("environment").value).diagnose(options);

function draw(findings) {
  const rank = ({ severity }) => Object.keys(SEVERITIES).indexOf(severity);
  const sorted = [...findings].sort((a, b) => rank(a) - rank(b));
  byId("check-up-list").replaceChildren(...sorted.map(item));
  const count = (severity) => findings.filter((finding) => finding.severity === severity).length;
  const parts = Object.entries(SEVERITIES).map(([severity, { words }]) => [count(severity), words]);
  const summary = parts.filter(([number]) => number).map(([number, [one, many]]) => `${number} ${number === 1 ? one : many}`);
  setText(byId("check-up-summary"), `${summary.join(", ")}.`);
  note("check-up", `Check-up: ${summary.join(", ")}`, { failed: count("error") > 0 });
}

function item({ check, code, severity, seen, advice, source }) {
  const { kind, words } = SEVERITIES[severity];
  return el("li", { "data-check": check, "data-code": code, "data-severity": severity },
    el("p", { class: "finding-line" },
      el("span", { class: "pill", "data-kind": kind }, words[0]),
      el("code", {}, check),
      code === "ok" || code === "not_checked" ? undefined : el("code", { class: "quiet" }, code)),
    el("p", {}, seen),
    advice ? el("p", { class: "finding-advice" }, advice) : undefined,
    source ? el("p", { class: "note" }, source) : undefined);
}

function setBusy(busy) {
  for (const id of BUTTONS) byId(id).disabled = busy;
  byId("check-up-list").setAttribute("aria-busy", String(busy));
}

/** In the order of the list. The words: one, and many. */
const SEVERITIES = {
  error: { kind: "bad", words: ["error", "errors"] },
  warning: { kind: "warn", words: ["warning", "warnings"] },
  unknown: { kind: "idle", words: ["not known", "not known"] },
  ok: { kind: "good", words: ["in order", "in order"] },
};
