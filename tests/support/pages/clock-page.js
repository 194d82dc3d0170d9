// Stops the clock of the worker together with that of the page, which is what the app's own time goes by.

"use strict";

globalThis.clock = ((own) => {
  const worker = new BroadcastChannel("clock");
  const waiting = new Map();
  worker.addEventListener("message", ({ data: { id, answer } }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const ask = (name, ...values) =>
    new Promise((resolve) => {
      const id = crypto.randomUUID();
      waiting.set(id, resolve);
      worker.postMessage({ id, name, values });
      own[name](...values);
    });
  return {
    /** Kills the worker, without a word. */
    die: () => worker.postMessage({ name: "die" }),
    stop: () => ask("stop"),
    waits: () => ask("waits"),
    advance: (seconds) => ask("advance", seconds),
  };
})(globalThis.clock);
