// What an app with its client in a worker does first.

import { createProcoreAuth } from "procore-spa-auth/worker";

const workerUrl = undefined;

const say = (facts) => {
  document.body.textContent = JSON.stringify(facts);
  document.body.dataset.ready = "true";
};

// What is opened, and which workers are started.
const opened = [];
globalThis.open = (url) => void opened.push(url);
const workers = [];
globalThis.Worker = class extends Worker {
  constructor(url, ...more) {
    super(url, ...more);
    workers.push(String(url));
  }
};

const credentials = { clientId: "CID", redirectUris: [`${location.origin}/callback`] };

async function start() {
  const auth = createProcoreAuth({ credentials: { production: credentials }, workerUrl });
  await auth.ready();
  const { handled } = await auth.handleRedirect();
  const refused = await auth.signInWithPopup().catch(({ code }) => code);
  say({ url: opened[0], handled, refused, session: auth.session, workers });
}

start().catch((error) => say({ error: String(error.stack ?? error) }));
