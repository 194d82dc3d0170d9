// The page, in the order of a visit: handle the redirect first, then everything else.

import { ready } from "/procore-spa-auth/index.js";
import { startApiConsole } from "./api-console.js";
import { resumeAttack, startAttacks } from "./attacks.js";
import { startAudit } from "./audit.js";
import { startCheckUp } from "./check-up.js";
import { client, loadMode, returningClient, session } from "./client.js";
import { startForms } from "./config-forms.js";
import { startContents } from "./contents.js";
import { findServers } from "./demo-server.js";
import { byId } from "./dom.js";
import { showError, startErrors } from "./errors.js";
import { startLoginUrl } from "./login-url.js";
import { startNetworkLog } from "./network.js";
import { startMode } from "./mode.js";
import { drawSession, startSessionCard } from "./session-card.js";
import { handleArrival, prepare, readArrival, startSignIn } from "./sign-in.js";
import { startSnippet } from "./snippet.js";
import { recall, remember } from "./store.js";
import { startSwitches } from "./switches.js";
import { startTabs, tell } from "./tabs.js";
import { startTimeline } from "./timeline.js";

try {
  await start();
} catch (error) {
  showError(error);
}
document.body.dataset.ready = "true";

async function start() {
  const arrival = readArrival(location);
  startErrors();
  startContents();
  startTimeline();
  startNetworkLog();
  startSessionCard();

  // Back from the login page: the client that left judges the response before anything else is asked or shown.
  const returning = arrival.isResponse ? await returningClient() : null;
  let signedIn = returning ? await handleArrival(() => returning, arrival) : false;

  await Promise.all([ready(), findServers(), loadMode()]);
  await startForms();
  byId("environment").value = session()?.signedIn ? session().environment : recall("environment") ?? "sandbox";
  if (!returning) signedIn = await handleArrival(() => client(byId("environment").value), arrival);

  startMode(() => {
    void prepare(async () => {
      await loadMode();
      tell();
    });
  });
  startTabs();
  startLoginUrl();
  startSnippet();
  startSignIn();
  startApiConsole();
  startAttacks();
  startSwitches();
  startCheckUp();
  startAudit();
  drawSession();

  if (signedIn) {
    remember("departure", null);
    byId("session").scrollIntoView();
    byId("session").focus({ preventScroll: true });
  }
  await resumeAttack(signedIn ? arrival.href : null);
}
