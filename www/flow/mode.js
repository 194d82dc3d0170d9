// How the next client is to run. For all tabs of this page, so that a second one joins the session of the first.

import { byId } from "../base/dom.js";

const KEY = "procore-spa-auth-demo:mode";
const BOXES = { worker: "mode-worker", persist: "mode-persist", mediator: "mode-mediator" };
const NONE = { worker: false, persist: false, mediator: false };

/** `{ worker, persist, mediator }`, as the boxes say. */
export function mode() {
  try {
    return { ...NONE, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return NONE;
  }
}

/** Calls `changed` after each change, with its name and value. */
export function startMode(changed) {
  const draw = () => {
    for (const [name, id] of Object.entries(BOXES)) byId(id).checked = mode()[name];
  };
  for (const [name, id] of Object.entries(BOXES)) {
    byId(id).addEventListener("change", ({ target }) => {
      try {
        localStorage.setItem(KEY, JSON.stringify({ ...mode(), [name]: target.checked }));
      } catch {
        // Without storage there is nothing to share either.
      }
      changed(name, target.checked);
    });
  }
  // Another tab has changed it.
  addEventListener("storage", ({ key }) => {
    if (key === KEY) draw();
  });
  draw();
}
