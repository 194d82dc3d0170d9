// Runs before everything else in a page, and in its worker: stops this tab at a step of a renewal, lets a step fail, and
// sets the clocks. `{ step: "hang" }` is for a tab that dies there; `{ step: n }` fails n times.
//
// Steps: lock (before it is asked for) · locked (nothing written yet) · write (the renewal is written down) · send ·
// answer (it is here, and nothing kept) · commit (it is written) · release (of the lock).

"use strict";

globalThis.stage = (() => {
  const isWorker = typeof document === "undefined";
  const { id, clocks } = isWorker
    ? JSON.parse(decodeURIComponent(location.search.slice(1)))
    : { id: crypto.randomUUID(), clocks: { wall: 0, monotonic: 0 } };
  const plans = {};
  const reached = [];
  const writes = [];
  let reads = 0;

  const tell = (message) => channel.postMessage({ id, isWorker, ...message });
  const note = (step) => {
    reached.push(step);
    if (isWorker) tell({ reached: step });
  };
  const isToFail = (step) => {
    if (!plans[step]) return false;
    note(step);
    if (plans[step] !== "hang") plans[step] -= 1;
    return true;
  };
  const at = async (step) => {
    if (!isToFail(step)) return;
    if (plans[step] === "hang") await new Promise(() => {});
    throw new TypeError(`${step} failed`);
  };

  const { request } = LockManager.prototype;
  LockManager.prototype.request = async function (name, ...rest) {
    if (!name.endsWith(" renewal")) return request.call(this, name, ...rest);
    const task = rest.pop();
    await at("lock");
    return request.call(this, name, ...rest, async (lock) => {
      await at("locked");
      const result = await task(lock);
      await at("release");
      return result;
    });
  };

  const { put, get } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (value, key) {
    const result = put.call(this, value, key);
    writes.push(key);
    if (isToFail(value.isOut ? "write" : "commit")) this.transaction.abort();
    return result;
  };
  IDBObjectStore.prototype.get = function (key) {
    reads += 1;
    return get.call(this, key);
  };

  const realFetch = fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const isRenewal = String(input.url ?? input).endsWith("/oauth/token");
    if (isRenewal) await at("send");
    const response = await realFetch(input, init);
    if (isRenewal) await at("answer");
    return response;
  };

  const dateNow = Date.now;
  Date.now = () => dateNow() + clocks.wall;
  const performanceNow = performance.now.bind(performance);
  performance.now = () => performanceNow() + clocks.monotonic;

  const apply = (settings) => {
    Object.assign(plans, settings.plans);
    Object.assign(clocks, settings.clocks);
  };
  const channel = new BroadcastChannel("stage");
  let applied;
  channel.onmessage = ({ data }) => {
    if (data.id !== id || data.isWorker === isWorker) return;
    if (data.reached) reached.push(data.reached);
    if (data.settings) apply(data.settings), tell({ applied: true });
    if (data.applied) applied?.();
  };

  return {
    reached,
    writes,
    get reads() {
      return reads;
    },
    /** For `workerUrl`. */
    workerUrl: () => `/support/stage-worker.js?${encodeURIComponent(JSON.stringify({ id, clocks }))}`,
    hasWorker: false,
    /** `{ plans: { step: … }, clocks: { wall, monotonic } }`, in milliseconds. Resolves when it holds. */
    set: async (settings) => {
      apply(settings);
      if (!globalThis.stage.hasWorker) return;
      const isApplied = new Promise((resolve) => (applied = resolve));
      tell({ settings });
      await isApplied;
    },
  };
})();
