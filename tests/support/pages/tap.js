// Runs before the package: holds on to every worker, and writes down what is said between it and the page, both ways.
//
// In localStorage, so that it outlives the page: one line of JSON for each message, `[way, message]`. `way` is "to" or
// "from", or "news" for what tabs tell each other.

"use strict";

globalThis.tap = (() => {
  const workers = [];
  const note = (way, message) => {
    const line = JSON.stringify([way, message]);
    localStorage.setItem("tap", (localStorage.getItem("tap") ?? "") + `${line}\n`);
  };

  const Original = Worker;
  const { postMessage } = Original.prototype;
  globalThis.Worker = class Worker extends Original {
    constructor(...given) {
      super(...given);
      workers.push(this);
      this.addEventListener("message", ({ data }) => note("from", data));
      this.addEventListener("error", ({ message }) => note("from", { uncaught: message }));
    }

    postMessage(message, ...more) {
      note("to", message);
      postMessage.call(this, message, ...more);
    }
  };
  const { config } = JSON.parse(localStorage.getItem("app") ?? "{}");
  // Where nothing will come, half a minute of waiting is no time at all.
  const { setTimeout } = globalThis;
  if (config?.workerUrl?.endsWith("-silent.js")) globalThis.setTimeout = (done, time) => setTimeout(done, time / 1000);

  const channel = new BroadcastChannel(`procore-spa-auth sandbox:${config?.credentials.sandbox.clientId}`);
  channel.addEventListener("message", ({ data }) => note("news", data));
  const faults = [];
  new BroadcastChannel("worker faults").addEventListener("message", ({ data }) => faults.push(data));
  // Other ways to talk that the package has no business with.
  for (const name of ["SharedWorker", "MessageChannel"]) globalThis[name] &&= () => note("to", name);

  return {
    /** The page's own globals, for drivers that run scripts beside them. */
    page: globalThis,
    workers,
    /** What went wrong in a worker that has a witness. */
    faults,
    /** Says something to a worker that the package would not. */
    forge: (message) => postMessage.call(workers.at(-1), message),
    heard: () => (localStorage.getItem("tap") ?? "").split("\n").filter(Boolean).map((line) => JSON.parse(line)),
    /** What the database holds: `{ key: value }`. */
    database: async () => {
      const done = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await done(indexedDB.open("procore-spa-auth", 1));
      const items = database.transaction("items").objectStore("items");
      const [keys, values] = await Promise.all([done(items.getAllKeys()), done(items.getAll())]);
      database.close();
      return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
    },
    /** Puts something into the database. */
    store: async (key, value) => {
      const opening = indexedDB.open("procore-spa-auth", 1);
      await new Promise((resolve, reject) => Object.assign(opening, { onsuccess: resolve, onerror: reject }));
      const transaction = opening.result.transaction("items", "readwrite");
      transaction.objectStore("items").put(value, key);
      await new Promise((resolve, reject) => Object.assign(transaction, { oncomplete: resolve, onabort: reject }));
      opening.result.close();
    },
  };
})();
