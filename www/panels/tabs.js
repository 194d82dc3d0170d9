// The tabs of this page, and what each of them thinks of the session. They tell each other by a channel of the demo's own;
// the SDK's says less.

import { onSession, session } from "../flow/client.js";
import { byId, el } from "../base/dom.js";
import { mode } from "../flow/mode.js";
import { note } from "../base/timeline.js";

const channel = new BroadcastChannel("procore-spa-auth-demo tabs");
const me = { id: crypto.randomUUID(), since: Date.now() };
const tabs = new Map();

export function startTabs() {
  channel.addEventListener("message", ({ data }) => {
    if (data.left) tabs.delete(data.left);
    else tabs.set(data.tab.id, data.tab);
    if (data.asks) tell();
    draw();
  });
  onSession((_, event) => {
    if (event === "signed_in_elsewhere") note("elsewhere", "Another tab has signed in; this one keeps its own session, in memory");
    tell();
  });
  addEventListener("pagehide", () => channel.postMessage({ left: me.id }));
  addEventListener("pageshow", () => tell({ asks: true }));
  tell({ asks: true });
}

/** Says how this tab is, to the others and to itself. */
export function tell(more = {}) {
  const { status = "signed_out" } = session() ?? {};
  const tab = { ...me, status, ...mode() };
  tabs.set(tab.id, tab);
  channel.postMessage({ tab, ...more });
  draw();
}

function draw() {
  const inOrder = [...tabs.values()].sort((a, b) => a.since - b.since);
  byId("tab-list").replaceChildren(...inOrder.map(({ id, status, worker, persist }, index) =>
    el("li", { "data-me": id === me.id },
      el("span", {}, `Tab ${index + 1}${id === me.id ? ", this one" : ""}`),
      el("span", { class: "pill", "data-kind": status === "fresh" ? "good" : "idle" }, status),
      el("span", { class: "note" }, [worker ? "in a worker" : "in the page", persist ? "kept in the tab" : "in memory"].join(", ")))));
}
