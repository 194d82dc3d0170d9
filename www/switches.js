// How the demo servers behave, switch by switch.

import { ENVIRONMENTS, setSwitch, stateOf } from "./demo-server.js";
import { byId, el, setText } from "./dom.js";
import { describe } from "./errors.js";

export function startSwitches() {
  ENVIRONMENTS.forEach(draw);
}

function draw(environment) {
  const switches = stateOf(environment)?.switches ?? [];
  byId(`switch-list-${environment}`).replaceChildren(...(switches.length
    ? switches.map((one) => row(environment, one))
    : [el("p", { class: "note" }, "The demo server does not answer.")]));
}

function row(environment, { name, description, value, options }) {
  const id = `switch-${environment}-${name}`;
  const control = options ? choice(id, value, options) : typeof value === "number" ? amount(id, value) : tick(id, value);
  control.addEventListener("change", () => turn(environment, name, readControl(control, value)));
  return el("div", { class: "switch" },
    control,
    el("label", { for: id }, el("code", {}, name), el("span", { class: "note" }, ` ${description ?? ""}`)));
}

async function turn(environment, name, value) {
  try {
    await setSwitch(environment, name, value);
    setText(byId("switch-note"), `${environment}: ${name} is now ${value}.`);
  } catch (error) {
    setText(byId("switch-note"), `Not changed. ${describe(error).message}`);
  }
  const focused = document.activeElement?.id;
  draw(environment);
  if (focused) document.getElementById(focused)?.focus();
}

function readControl(control, before) {
  if (control.type === "checkbox") return control.checked;
  return typeof before === "number" ? Number(control.value) : control.value;
}

const tick = (id, value) => el("input", { id, type: "checkbox", checked: Boolean(value) });
const amount = (id, value) => el("input", { id, type: "number", min: 0, value: String(value), class: "value" });
const choice = (id, value, options) =>
  el("select", { id }, ...options.map((option) => el("option", { selected: option === value }, option)));
