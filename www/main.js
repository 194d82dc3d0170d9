// The page, in the order of a visit: handle the redirect first, then everything else.

import { ready } from "/procore-spa-auth/index.js";
import { startApiConsole } from "./panels/api-console.js";
import { resumeAttack, startAttacks } from "./panels/attacks.js";
import { startAudit } from "./panels/audit.js";
import { startCheckUp } from "./panels/check-up.js";
import { client, loadMode, returningClient, session } from "./flow/client.js";
import { startForms } from "./flow/config-forms.js";
import { startContents } from "./panels/contents.js";
import { findServers } from "./base/demo-server.js";
import { byId } from "./base/dom.js";
import { showError, startErrors } from "./base/errors.js";
import { startLoginUrl } from "./flow/login-url.js";
import { startNetworkLog } from "./panels/network.js";
import { startMode } from "./flow/mode.js";
import { drawSession, startSessionCard } from "./flow/session-card.js";
import { handleArrival, prepare, readArrival, startSignIn } from "./flow/sign-in.js";
import { startSnippet } from "./panels/snippet.js";
import { recall, remember } from "./base/store.js";
import { demandSecret, startSwitches } from "./panels/switches.js";
import { startTabs, tell } from "./panels/tabs.js";
import { startTimeline } from "./base/timeline.js";

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

  startMode((name, isOn) => {
    // As Procore does; whoever has the secret is the token mediator.
    if (name === "mediator") void demandSecret(isOn);
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
