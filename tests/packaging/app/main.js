// What an app does first: a login URL, and a client; and what it does when nothing works: a check-up.

import { buildLoginUrl, createProcoreAuth, ready } from "procore-spa-auth";

const say = (facts) => {
  document.body.textContent = JSON.stringify(facts);
  document.body.dataset.ready = "true";
};

const credentials = { clientId: "CID", redirectUris: [`${location.origin}/callback`] };

async function start() {
  await ready();
  const { url, pending } = buildLoginUrl(credentials);
  const auth = createProcoreAuth({ credentials: { production: credentials } });
  await auth.ready();
  const { handled } = await auth.handleRedirect();
  // What keeps the session is a file of its own, too.
  await createProcoreAuth({ credentials: { production: credentials }, persist: "tab" }).ready();
  // A file of its own. Without credentials it asks no server.
  const findings = await createProcoreAuth({ credentials: {} }).diagnose();
  const { code } = findings.find(({ check }) => check === "configuration");
  say({ url, isPending: pending.length > 0, handled, session: auth.session, code });
}

start().catch((error) => say({ error: String(error.stack ?? error) }));
