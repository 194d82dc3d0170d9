// A small app: its configuration is in localStorage, for the test to set. What came of the redirect is in `outcome`.

export async function start(sdk) {
  const { config, isStrict, isReadyFirst, hasTwin, isRestless, rounds, starting } = JSON.parse(localStorage.getItem("app") ?? "{}");
  if (isRestless) goOnline();
  const attempt = async (call) => {
    try {
      return { value: await call() };
    } catch (error) {
      const { code, name, phase } = error;
      return { error: code ?? name, phase, returnTo: error.returnTo, isTyped: sdk.isProcoreAuthError(error), text: witness.shown(error) };
    }
  };
  Object.assign(globalThis, { sdk, attempt });
  // Another part of the page, with the same configuration written in another order.
  if (hasTwin) globalThis.twin = sdk.createProcoreAuth(Object.fromEntries(Object.entries(config).reverse()));
  if (config) {
    const auth = sdk.createProcoreAuth(config);
    if (isReadyFirst) await auth.ready();
    await handle(auth, attempt, isStrict, starting);
  }
  // An app without a thought for errors: whoever is not signed in is sent to the login page.
  if (rounds && !auth.session.signedIn) globalThis.stopped = await attempt(() => auth.signIn(rounds));
  document.body.dataset.ready = "true";
}

/** In each of so many turns: what a page hears when it comes back. */
function goOnline(turns = 500) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    dispatchEvent(new Event("online"));
    if (--turns && !document.body.dataset.ready) port2.postMessage("");
  };
  port2.postMessage("");
}

async function handle(auth, attempt, isStrict, starting) {
  const events = [];
  auth.subscribe((session, event) => {
    events.push(event);
    globalThis.stage?.log.push(event);
  });
  Object.assign(globalThis, { auth, events, statusAtOnce: auth.session.status });
  // The one call of a page; what it leaves for never ends it.
  if (starting) return void attempt(() => auth.start(starting)).then((outcome) => (globalThis.outcome = outcome));
  // As React's StrictMode does it: twice, in one breath.
  const calls = [auth.handleRedirect(), ...(isStrict ? [auth.handleRedirect()] : [])];
  if (globalThis.twin) calls.push(twin.handleRedirect());
  globalThis.atOnce = location.href;
  globalThis.outcome = await attempt(async () => (await Promise.all(calls)).at(-1));
}
