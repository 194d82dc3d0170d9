// An app that does nothing but check itself, in a browser in which one thing may be broken.

import "/support/polls.js";

/** Answers with what puts it back. */
const replace = (object, name, descriptor) => {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, ...descriptor });
  return () => (before ? Object.defineProperty(object, name, before) : delete object[name]);
};

const blocked = () => {
  throw new DOMException("blocked", "SecurityError");
};

const shiftClock = (by) => {
  const { now } = Date;
  return replace(Date, "now", { value: () => now() + by, writable: true });
};

const BREAKS = {
  hourAhead: () => shiftClock(3_600_000),
  hourBehind: () => shiftClock(-3_600_000),
  storageBlocked: () => replace(globalThis, "sessionStorage", { get: blocked }),
  storageFull: () => replace(Storage.prototype, "setItem", { value: blocked }),
  databaseBlocked: () => replace(globalThis, "indexedDB", { get: blocked }),
  noRandom: () => replace(Crypto.prototype, "getRandomValues", { value: (array) => array.fill(0) }),
  noWasm: () => replace(globalThis, "WebAssembly", { value: undefined }),
  noLocks: () => replace(Navigator.prototype, "locks", { value: undefined }),
  refusedLocks: () => replace(LockManager.prototype, "query", { value: async () => blocked() }),
  noChannel: () => replace(globalThis, "BroadcastChannel", { value: undefined }),
  offline: () => replace(Navigator.prototype, "onLine", { get: () => false }),
  hastyTimeouts: () => {
    const { timeout } = AbortSignal;
    return replace(AbortSignal, "timeout", { value: () => timeout.call(AbortSignal, 1000), writable: true });
  },
};

/** A client of the configuration that the test has put into localStorage, before the page was loaded. */
const app = () => JSON.parse(localStorage.getItem("app"));
const load = () => import(`/package/${app().entry}.js`);

const makeClient = async () => (await load()).createProcoreAuth(app().config);

/** A worker's core is in one piece. */
const wholeCore = async () => (await load()).ready?.();

/** What the last check-up found, once it has. `residue`: what it has left behind, and where what it sent can be read. */
globalThis.outcome = undefined;

globalThis.checkUp = async ({ breaks, options } = {}) => {
  const mend = breaks ? BREAKS[breaks]() : () => {};
  try {
    const findings = await (await makeClient()).diagnose(options);
    mend();
    const leaks = await witness.leaks(JSON.stringify(findings));
    globalThis.outcome = { findings, residue: [...leaks, ...Object.keys(sessionStorage)] };
  } catch (error) {
    globalThis.outcome = { error: witness.shown(error) };
  }
};

const start = async () => {
  if (localStorage.getItem("app")) {
    const auth = await makeClient();
    globalThis.arrival = await auth.handleRedirect().catch(({ code }) => ({ code }));
    // A window opens at a click only where all is ready before.
    await auth.ready().catch(() => {});
    // What is broken afterwards is broken for a client that has started.
    await wholeCore().catch(() => {});
    document.getElementById("check-up").addEventListener("click", async () => {
      const findings = await auth.diagnose({ popup: true });
      const leaks = await witness.leaks(JSON.stringify(findings));
      globalThis.outcome = { findings, residue: [...leaks, ...Object.keys(sessionStorage)], session: auth.session };
    });
  }
  document.body.dataset.ready = "true";
};
await start();
