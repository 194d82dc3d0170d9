// One situation: does its steps with the package, and reports what came of each and what is left behind.
// Judges nothing.

import { watch, windowSteps } from "./attacks-windows.js";

// A situation with windows brings its plan in the frame's name, for the page around it may be another site's.
const { plan, finished } = name
  ? { plan: JSON.parse(name), finished: (result) => (window.result = JSON.stringify(result)) }
  : parent;
/** The host, which looks on. A page that knows that it is framed would refuse to leave for the login page. */
const host = parent;
if (!name) globalThis.parent = globalThis;
const { recorder } = globalThis;

const LEFT_BY_OTHERS = "left-by-another-app";
const seesFirstParty = localStorage.getItem("first-party") !== null;
const isWithWindows = Boolean(name);
if (isWithWindows) {
  name = "";
  watch();
  sessionStorage.clear();
  localStorage.clear();
  localStorage.setItem(LEFT_BY_OTHERS, "untouched");
}

Object.assign(recorder.answers, structuredClone(plan.answers ?? {}));
for (const [name, value] of Object.entries(plan.pollution ?? {})) Object.prototype[name] = value;
const sabotaged = plan.sabotage?.map((name) => SABOTAGE()[name]()) ?? [];

const sdk = await import(plan.entry === "implicit" ? "/package/implicit.js" : "/package/index.js");
const clients = {};
const pending = {};
let departures = 0;
let reads = 0;
let change = () => {};

/** What the page shows and holds at one moment. */
async function look(auth) {
  return {
    url: location.href,
    title: document.title,
    name: window.name,
    historyState: JSON.stringify(history.state),
    dom: document.documentElement.outerHTML,
    session: auth ? { ...auth.session } : undefined,
    keys: Object.keys(sessionStorage),
    storage: JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]),
    databases: (await indexedDB.databases?.())?.map(({ name }) => name) ?? [],
    caches: (await globalThis.caches?.keys()) ?? [],
    sent: recorder.requests.length,
    said: recorder.said.length,
    departures,
  };
}

/** What a caller sees of an error, and what a careless one might log of it. */
function described(error) {
  const facts = { isTyped: sdk.isProcoreAuthError(error), name: error?.name, residue: recorder.shown(error) };
  for (const key of ["code", "phase", "retryable", "message", "oauthError", "oauthErrorDescription"]) {
    if (error?.[key] !== undefined) facts[key] = error[key];
  }
  return facts;
}

const STEPS = {
  new: ({ as = "main", config, wrap }) => {
    const options = wrap ? WRAPS[wrap.name](config, wrap) : config;
    clients[as] = sdk.createProcoreAuth(options);
    if (wrap?.name === "changedLater") change();
  },
  reads: () => ({ count: reads }),
  ready: ({ as = "main" }) => clients[as].ready(),
  handleRedirect: ({ as = "main", url }) => clients[as].handleRedirect(url),
  handleTwice: async ({ as = "main" }) => {
    const calls = [clients[as].handleRedirect(), clients[as].handleRedirect()];
    return { isShared: calls[0] === calls[1], results: await Promise.all(calls) };
  },
  signIn: async ({ as = "main", options, sink }) => {
    // Asked from outside: a page that begins to leave loses its requests, even if it stays after all.
    const seen = host.fetch(`${sink}/seen?after=${plan.departures + departures}`).then((answer) => answer.json());
    const [url] = await Promise.race([clients[as].signIn(options), seen]);
    departures += 1;
    return { url };
  },
  // Answers the latest sign-in of this page, as the server would.
  respond: ({ url }) => {
    const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("procore-spa-auth:"));
    history.replaceState(null, "", url.replace("{state}", encodeURIComponent(key.slice("procore-spa-auth:".length))));
  },
  goTo: ({ url }) => history.replaceState(history.state, "", url),
  store: ({ key, value }) => sessionStorage.setItem(key, value),
  stored: ({ key }) => sessionStorage.getItem(key),
  answer: ({ kind, answers }) => void (recorder.answers[kind] = structuredClone(answers)),
  refresh: async ({ as = "main" }) => ({ ...(await clients[as].refresh()) }),
  signOut: ({ as = "main" }) => clients[as].signOut(),
  fetch: async ({ as = "main", input, made, init }) => {
    const target = made ? MADE[made](input) : input;
    const response = await clients[as].fetch(target, init);
    return { status: response.status, url: response.url, body: await response.text(), stringified: target.stringified };
  },
  // Begins a step and goes on; `settled` waits for it.
  begin: ({ as: name, step }) => void (pending[name] = attempt(step)),
  requested: async ({ count }) => {
    while (recorder.requests.length < count) await new Promise(requestAnimationFrame);
  },
  settled: ({ as: name }) => pending[name],
  open: ({ gate }) => recorder.gates[gate](),
  buildLoginUrl: async ({ credentials, options, wrap }) => {
    await sdk.ready();
    const built = sdk.buildLoginUrl(wrap ? WRAPS[wrap.name](credentials, wrap) : credentials, options);
    return { url: built.url, pending: JSON.parse(built.pending) };
  },
  parseRedirect: async ({ url, pending, options }) => {
    await sdk.ready();
    return sdk.parseRedirect(url, pending, options);
  },
  timeParsing: async ({ url, pending }) => {
    await sdk.ready();
    const times = [1, 2, 3].map(() => {
      const began = performance.now();
      try {
        sdk.parseRedirect(url, pending);
      } catch {
        // How it ends is seen elsewhere.
      }
      return performance.now() - began;
    });
    return { milliseconds: Math.min(...times) };
  },
  look: ({ as = "main" }) => look(clients[as]),
  restore: () => {
    for (const name of Object.keys(plan.pollution ?? {})) delete Object.prototype[name];
    for (const restore of sabotaged) restore();
  },
  isPolluted: ({ name }) => ({ value: String({}[name]) }),
  ...windowSteps(clients, sdk),
};

/** Ways to hand over options that are not plain. */
const WRAPS = {
  changing: (config, { path, second }) => {
    const owner = path.slice(0, -1).reduce((object, key) => object[key], config);
    const first = owner[path.at(-1)];
    reads = 0;
    return (
      Object.defineProperty(owner, path.at(-1), { enumerable: true, get: () => (reads++ === 0 ? first : second) }),
      config
    );
  },
  throwing: (config) =>
    new Proxy(config, {
      get: () => {
        throw new Error("not to be read");
      },
    }),
  changedLater: (config, { path, second }) => {
    change = () => {
      const owner = path.slice(0, -1).reduce((object, key) => object[key], config);
      owner[path.at(-1)] = second;
    };
    return config;
  },
};

/** Things that name a URL and are no string. */
const MADE = {
  request: (url) => new Request(url),
  url: (url) => new URL(url),
  // Another place on every reading.
  shifty: ([first, second]) => ({
    stringified: 0,
    toString() {
      return this.stringified++ === 0 ? first : second;
    },
  }),
};

/** Takes something away that the package needs. Answers with what puts it back. */
function SABOTAGE() {
  const replace = (object, name, value) => {
    const before = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { configurable: true, ...value });
    return () => (before ? Object.defineProperty(object, name, before) : delete object[name]);
  };
  return {
    randomThrows: () =>
      replace(Crypto.prototype, "getRandomValues", {
        value: () => {
          throw new Error("no entropy");
        },
      }),
    randomIsZero: () => replace(Crypto.prototype, "getRandomValues", { value: (array) => array.fill(0) }),
    noCrypto: () => replace(globalThis, "crypto", { value: undefined }),
    noSubtle: () => replace(Crypto.prototype, "subtle", { value: undefined }),
    noLocks: () => replace(Navigator.prototype, "locks", { value: undefined }),
    insecure: () => replace(globalThis, "isSecureContext", { value: false }),
    offline: () => replace(Navigator.prototype, "onLine", { get: () => false }),
    fullStorage: () =>
      replace(Storage.prototype, "setItem", {
        value: () => {
          throw new DOMException("full", "QuotaExceededError");
        },
      }),
    blockedStorage: () =>
      replace(globalThis, "sessionStorage", {
        get: () => {
          throw new DOMException("blocked", "SecurityError");
        },
      }),
    hastyTimeouts: () =>
      replace(AbortSignal, "timeout", {
        value: (milliseconds) => {
          recorder.timeouts = [milliseconds];
          const timeout = new AbortController();
          // No timer: WebKit has those of a page that was there for a while wait longer and longer.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => timeout.abort(new DOMException("", "TimeoutError"));
          port2.postMessage("");
          return timeout.signal;
        },
        writable: true,
      }),
    noDice: () =>
      replace(Math, "random", {
        value: () => {
          throw new Error("Math.random was asked");
        },
      }),
  };
}

async function attempt(step) {
  try {
    return { value: await STEPS[step.do](step) };
  } catch (error) {
    return { error: described(error) };
  }
}

const steps = [];
for (const step of plan.steps) {
  steps.push(await attempt(step));
}
// What was begun and not waited for shows its faults now.
await new Promise((next) => setTimeout(next, 0));
const { requests, said, faults, stored, told, timeouts } = recorder;
const end = await look(clients.main);
const more = isWithWindows ? { seesFirstParty, others: localStorage.getItem(LEFT_BY_OTHERS) } : {};
finished(JSON.parse(JSON.stringify({ steps, requests, said, faults, stored, told, timeouts, end, ...more })));
