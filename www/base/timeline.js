// What happened, in order, kept in this tab over the redirect. Only what may be seen is written down: names, lengths, times.

import { byId, el } from "./dom.js";
import { recall, remember } from "./store.js";

const LIMIT = 60;
let entries = recall("timeline") ?? [];

/**
 * Writes one line.
 * @param {string} step - the station of the rail under the title, or any other word
 * @param {{ details?: string[], failed?: boolean, at?: number }} [more]
 */
export function note(step, title, { details = [], failed = false, at = Date.now() } = {}) {
  entries = [...entries, { step, title, details, failed, at }].sort((a, b) => a.at - b.at).slice(-LIMIT);
  remember("timeline", entries);
  draw();
}

export function startTimeline() {
  byId("timeline-clear").addEventListener("click", () => {
    entries = [];
    remember("timeline", null);
    draw();
  });
  // Back from a later page of this tab by the Back button: what that page wrote down counts, too.
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    entries = recall("timeline") ?? [];
    draw();
  });
  draw();
}

function draw() {
  byId("timeline").replaceChildren(...(entries.length ? entries.map(line) : [el("li", { class: "quiet" }, "Nothing yet. Sign in to begin.")]));
  byId("timeline").scrollTop = byId("timeline").scrollHeight;
  drawRail();
}

function line({ step, title, details, failed, at }, index) {
  const before = entries[index - 1]?.at;
  return el("li", { "data-step": step, "data-failed": failed },
    el("p", { class: "timeline-title" }, title),
    ...details.map((detail) => el("p", { class: "timeline-detail value" }, detail)),
    el("p", { class: "timeline-time" },
      el("time", { datetime: new Date(at).toISOString() }, new Date(at).toLocaleTimeString([], { hour12: false })),
      before === undefined ? "" : ` +${elapsed(at - before)}`));
}

/** The stations of the sign-in under way: those since the last time a login URL was built. */
function drawRail() {
  const start = entries.findLastIndex(({ step }) => step === "built");
  const reached = new Set(entries.slice(Math.max(start, 0)).filter(({ failed }) => !failed).map(({ step }) => step));
  const ended = reached.has("signed_out") || start < 0;
  const stations = [...byId("rail").children];
  const last = ended ? undefined : stations.findLast(({ dataset }) => reached.has(dataset.step));
  for (const station of stations) {
    station.dataset.done = String(!ended && reached.has(station.dataset.step));
    if (station === last) station.setAttribute("aria-current", "step");
    else station.removeAttribute("aria-current");
  }
}

function elapsed(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}
