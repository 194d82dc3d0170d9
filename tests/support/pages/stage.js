// Runs before the package, in a page and in its worker: stops this tab at a step of a renewal, lets a step fail, makes it
// deaf to other tabs, takes the network or something of the platform away, and sets the clocks. From the start by localStorage.stage, or
// later by `stage.set()`.
//
// Steps: lock (before it is asked for) · locked (nothing written yet) · write (the renewal is written down) · send ·
// answer (it is here, and nothing kept) · commit (it is written) · release (of the lock) · read (what is kept is read, and
// not looked at yet).

"use strict";

globalThis.stage = (() => {
  const isWorker = typeof document === "undefined";
  const given = isWorker
    ? JSON.parse(decodeURIComponent(location.search.slice(1)))
    : { id: crypto.randomUUID(), ...JSON.parse(localStorage.getItem("stage") ?? "{}") };
  // It is set for one page.
  if (!isWorker) localStorage.removeItem("stage");
  const { id } = given;
  /** `{ step: "hang" }` is for a tab that dies there; `{ step: "hold" }` waits for another plan; `{ step: n }` fails n times. */
  const plans = { ...given.plans };
  const held = {};
  /** In milliseconds. `patience`: the longest that anything is waited for. */
  const clocks = { wall: 0, monotonic: 0, patience: 1e9, ...given.clocks };
  const reached = [];
  /** What happened, in order: `send` and `answer` of a token request, `kept`, `api` with the token that was sent. */
  const log = [];
  const patience = [];
  let isDeaf = false;
  let isOffline = false;
  let isDatabaseGone = false;
  let reads = 0;

  const tell = (message) => channel.postMessage({ id, isWorker, ...message });
  const isToFail = (step) => {
    if (!plans[step]) return false;
    reached.push(step);
    if (isWorker) tell({ reached: step });
    if (Number.isInteger(plans[step])) plans[step] -= 1;
    return true;
  };
  const at = async (step) => {
    if (!isToFail(step)) return;
    if (plans[step] === "hang") await new Promise(() => {});
    if (plans[step] === "hold") return new Promise((go) => (held[step] = go));
    throw new TypeError(`${step} failed`);
  };

  const { request } = LockManager.prototype;
  LockManager.prototype.request = async function (name, ...rest) {
    if (!name.endsWith(" renewal")) return request.call(this, name, ...rest);
    const task = rest.pop();
    await at("lock");
    return request.call(this, name, ...rest, async (lock) => {
      const result = await task(lock);
      await at("release");
      return result;
    });
  };

  const { generateKey } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.generateKey = async function (...rest) {
    await at("locked");
    return generateKey.apply(this, rest);
  };
  const { decrypt } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.decrypt = async function (...rest) {
    await at("read");
    return decrypt.apply(this, rest);
  };

  const { put, get } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (value, key) {
    const result = put.call(this, value, key);
    if (isToFail(value?.isOut ? "write" : "commit")) this.transaction.abort();
    written.set(this.transaction, value?.isOut ? "written" : "kept");
    return result;
  };
  const written = new WeakMap();
  const { transaction } = IDBDatabase.prototype;
  const connections = new Set();
  IDBDatabase.prototype.transaction = function (...rest) {
    connections.add(this);
    const begun = transaction.apply(this, rest);
    // Before anybody else can listen.
    begun.addEventListener("complete", () => written.has(begun) && log.push(written.get(begun)));
    return begun;
  };
  const { open: openDatabase } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (...rest) {
    if (isDatabaseGone) throw new DOMException("gone", "UnknownError");
    return openDatabase.apply(this, rest);
  };
  IDBObjectStore.prototype.get = function (key) {
    reads += 1;
    return get.call(this, key);
  };

  const realFetch = fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const isRenewal = String(input.url ?? input).endsWith("/oauth/token");
    const authorization = new Headers(init?.headers).get("authorization");
    if (authorization) log.push(authorization);
    if (isRenewal) await at("send");
    const response = await realFetch(input, init);
    if (isRenewal) await at("answer");
    return response;
  };

  const workers = [];
  globalThis.Worker &&= class Worker extends globalThis.Worker {
    constructor(...given) {
      super(...given);
      workers.push(this);
    }
  };

  const { addEventListener: listen } = BroadcastChannel.prototype;
  BroadcastChannel.prototype.addEventListener = function (type, listener) {
    return listen.call(this, type, (event) => isDeaf || listener(event));
  };

  if (!isWorker) {
    for (const name of ["visibilitychange", "pageshow", "online"]) {
      globalThis.addEventListener(name, (event) => isDeaf && event.stopImmediatePropagation(), true);
    }
  }

  Object.defineProperty(Object.getPrototypeOf(navigator), "onLine", { get: () => !isOffline });

  const dateNow = Date.now;
  Date.now = () => dateNow() + clocks.wall;
  const performanceNow = performance.now.bind(performance);
  performance.now = () => performanceNow() + clocks.monotonic;
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (milliseconds) => {
    patience.push(milliseconds);
    return timeout.call(AbortSignal, Math.min(milliseconds, clocks.patience));
  };

  const refuse = () => {
    throw new DOMException("refused", "SecurityError");
  };
  /** The app's own configuration is read once, before the package reads anything. */
  const afterTheApp = (get) => {
    const real = globalThis.localStorage;
    let isRead = false;
    return () => {
      if (isRead) return get();
      isRead = true;
      return real;
    };
  };
  const without = (name, get) => isWorker || Object.defineProperty(globalThis, name, { get, configurable: true });

  const lacking = {
    sessionStorage: () => without("sessionStorage", () => undefined),
    "sessionStorage, refused": () => without("sessionStorage", refuse),
    "sessionStorage, full": () => {
      if (isWorker) return;
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    },
    localStorage: () => without("localStorage", afterTheApp(() => undefined)),
    "localStorage, refused": () => without("localStorage", afterTheApp(refuse)),
    everything: () => {
      for (const name of ["sessionStorage, refused", "indexedDB, refused", "BroadcastChannel, refused", "locks"]) lacking[name]();
      lacking["localStorage, refused"]();
    },
    locks: () => Object.defineProperty(Object.getPrototypeOf(navigator), "locks", { value: undefined }),
    BroadcastChannel: () => delete globalThis.BroadcastChannel,
    "BroadcastChannel, refused": () => {
      globalThis.BroadcastChannel = function () {
        refuse();
      };
    },
    // What is told fails, and nothing else.
    "BroadcastChannel, closed": () => {
      const { postMessage } = BroadcastChannel.prototype;
      BroadcastChannel.prototype.postMessage = function (...word) {
        if (!this.name.startsWith("procore-spa-auth")) return postMessage.apply(this, word);
        throw new DOMException("closed", "InvalidStateError");
      };
    },
    indexedDB: () => Object.defineProperty(globalThis, "indexedDB", { value: undefined }),
    "indexedDB, refused": () => {
      IDBFactory.prototype.open = refuse;
    },
    "indexedDB, silent": () => {
      IDBFactory.prototype.open = () => ({});
      const { setTimeout } = globalThis;
      // What is longer may be a WebDriver's own.
      const shortened = (wait) => (wait <= 60_000 ? Math.min(wait, 100) : wait);
      globalThis.setTimeout = (task, wait = 0, ...more) => setTimeout(task, shortened(wait), ...more);
    },
    "indexedDB, full": () => {
      IDBObjectStore.prototype.put = function () {
        this.transaction.abort();
      };
    },
  };

  const apply = (settings) => {
    Object.assign(plans, settings.plans);
    for (const step of Object.keys(settings.plans ?? {})) held[step]?.();
    Object.assign(clocks, settings.clocks);
    isDeaf = settings.isDeaf ?? isDeaf;
    isOffline = settings.isOffline ?? isOffline;
    isDatabaseGone = settings.isDatabaseGone ?? isDatabaseGone;
    // As when a browser ends them in the background: no event, and every call from now on throws.
    if (settings.isCut) for (const connection of connections) connection.close();
  };
  const channel = new BroadcastChannel("stage");
  let applied;
  channel.onmessage = ({ data }) => {
    if (data.id !== id || data.isWorker === isWorker) return;
    if (data.reached) reached.push(data.reached);
    if (data.settings) apply(data.settings), tell({ applied: true });
    if (data.applied) applied?.();
  };
  lacking[given.without]?.();

  return {
    reached,
    log,
    patience,
    get reads() {
      return reads;
    },
    /** For `workerUrl`. */
    workerUrl: () => `/support/stage-worker.js?${encodeURIComponent(JSON.stringify({ ...given, plans, clocks }))}`,
    hasWorker: false,
    /** The worker dies, and no event says so. */
    killWorker: () => workers.at(-1).terminate(),
    /** `{ plans, clocks, isDeaf, isOffline, isCut, isDatabaseGone }`. Resolves when it holds. */
    set: async (settings) => {
      apply(settings);
      if (!globalThis.stage.hasWorker) return;
      const isApplied = new Promise((resolve) => (applied = resolve));
      tell({ settings });
      await isApplied;
    },
  };
})();
