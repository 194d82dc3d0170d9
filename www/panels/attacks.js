// The list of attacks on the page, and the two that go through the address bar.

import { ATTACKS, NAVIGATING_ATTACKS } from "./attack-list.js";
import { session, twin } from "../flow/client.js";
import { byId, el } from "../base/dom.js";
import { describe } from "../base/errors.js";
import { signOut } from "../flow/session-card.js";
import { signIn } from "../flow/sign-in.js";
import { recall, remember } from "../base/store.js";

// The redirect that signed the user in, for the replay: in memory only, and its code is spent.
let spentRedirect = null;

export function startAttacks() {
  byId("attack-list").replaceChildren(
    ...NAVIGATING_ATTACKS.map((attack) => item(attack, NAVIGATE[attack.id])),
    ...ATTACKS.map((attack) => item(attack, () => attempt(attack))),
  );
  byId("attack-all").addEventListener("click", async () => {
    for (const attack of ATTACKS) await attempt(attack);
  });
}

/** Goes on with an attack that was begun before the page was left. */
export async function resumeAttack(signedInBy) {
  spentRedirect = signedInBy;
  const begun = recall("attack");
  remember("attack", null);
  if (begun === "forged-state") showVerdict(begun, byId("error-code").textContent, byId("error-message").textContent);
  if (begun === "replay" && spentRedirect) await replay();
}

const NAVIGATE = {
  "forged-state": async () => {
    if (session()?.signedIn) await signOut();
    remember("attack", "forged-state");
    location.assign("/callback?code=forged&state=forged");
  },
  replay: async () => {
    if (spentRedirect && session()?.signedIn) return replay();
    remember("attack", "replay");
    await signIn("code");
    remember("attack", null); // Only reached if the sign-in did not leave the page.
  },
};

function replay() {
  const { environment } = session();
  return attempt({ id: "replay", run: () => twin(environment).handleRedirect(spentRedirect) });
}

async function attempt({ id, run }) {
  try {
    await run(byId("environment").value);
    showVerdict(id, "", "Not refused. Please report this.");
  } catch (error) {
    const { code, message } = describe(error);
    showVerdict(id, code, message);
  }
}

function showVerdict(id, code, message) {
  const place = byId(`attack-${id}-result`);
  place.dataset.kind = code ? "good" : "bad";
  place.replaceChildren(code ? "Refused: " : "Went through. ", ...(code ? [el("code", {}, code), " "] : []), message);
}

function item({ id, title, story }, run) {
  return el("li", {},
    el("div", {},
      el("h3", { id: `attack-${id}-title` }, title),
      el("p", {}, story),
      el("p", { class: "verdict", id: `attack-${id}-result`, role: "status" })),
    el("button", { type: "button", id: `attack-${id}`, "aria-label": `Try it: ${title}`, click: run }, "Try it"));
}
