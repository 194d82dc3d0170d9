// The session as the SDK shows it, a countdown, and the two things that can be done with it.

import { client, onSession, session } from "./client.js";
import { byId, setText } from "../base/dom.js";
import { clearError, showError } from "../base/errors.js";
import { note } from "../base/timeline.js";

let lifetime = 1;

export function startSessionCard() {
  onSession((changed, event) => {
    if (event === "signed_in" || event === "refreshed") lifetime = Math.max(secondsLeft(changed), 1);
    if (EVENTS[event]) note(...EVENTS[event], { failed: event === "reauth_required" });
    drawSession();
  });
  byId("refresh").addEventListener("click", refresh);
  byId("sign-out").addEventListener("click", signOut);
  setInterval(drawCountdown, 1000);
  drawSession();
}

export function drawSession() {
  const now = session();
  const { status, signedIn } = now ?? SIGNED_OUT;
  setText(byId("session-status"), status);
  byId("session-status").dataset.kind = { fresh: "good", expired: "warn", in_doubt: "bad" }[status] ?? "idle";
  setText(byId("session-environment"), signedIn ? now.environment : "none");
  setText(byId("session-flow"), now?.flow ? FLOWS[now.flow] : "none");
  setText(byId("session-renewable"), now?.renewable ? "yes" : "no");
  // The same in every tab and over a renewal, and new with each sign-in: its beginning is enough to see that.
  setText(byId("session-id"), now?.id?.slice(0, 8) ?? "none");
  setText(byId("session-scope"), signedIn && now.scope ? now.scope : "none named");
  drawCountdown();
}

/** Signs out, and says what became of the tokens at the server. */
export async function signOut() {
  clearError();
  try {
    const { outcome } = await client(byId("environment").value).signOut();
    setText(byId("sign-out-outcome"), outcome);
    note("signed_out", OUTCOMES[outcome], { failed: outcome === "revoke_pending" });
  } catch (error) {
    showError(error);
  }
  drawSession();
}

async function refresh() {
  clearError();
  try {
    await client(byId("environment").value).refresh();
  } catch (error) {
    note("refresh", `Refresh refused: ${error.code ?? error.message}`, { failed: true });
    showError(error);
  }
  drawSession();
}

function drawCountdown() {
  const now = session();
  const left = now?.signedIn ? secondsLeft(now) : 0;
  if (now?.signedIn) lifetime = Math.max(lifetime, left);
  setText(byId("session-expires"), now?.signedIn ? clock(left) : "no token");
  byId("session-lifetime").value = left / lifetime;
  const { status } = now ?? SIGNED_OUT;
  if (byId("session-status").textContent !== status) drawSession();
}

function secondsLeft({ expiresAtEpochSeconds }) {
  return expiresAtEpochSeconds ? Math.max(0, Math.round(expiresAtEpochSeconds - Date.now() / 1000)) : 0;
}

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const SIGNED_OUT = { status: "signed_out", signedIn: false };

const FLOWS = { code: "code with PKCE", implicit: "implicit" };

// `signed_in` and `signed_out` are written down where they are caused, with their details.
const EVENTS = {
  refreshed: ["refreshed", "Access token renewed; the refresh token before it is void"],
  expired: ["expired", "Access token expired"],
  reauth_required: ["ended", "The session can’t be renewed: a new sign-in is needed"],
};

const OUTCOMES = {
  revoked: "Signed out: tokens wiped here, revoked at the server",
  revoke_pending: "Signed out: tokens wiped here; the server could not be told and may still hold them valid",
  nothing: "Sign-out: nobody was signed in",
};
