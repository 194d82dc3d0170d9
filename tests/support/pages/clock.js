// Runs before everything else, in a page or in a worker: a clock that a test can stop, so that waiting costs no time, and
// requests to a server that a test can hold back.

"use strict";

globalThis.clock = (() => {
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
  const realNow = performance.now.bind(performance);
  const timers = new Map();
  let stoppedAt;
  let count = 0;

  performance.now = () => stoppedAt ?? realNow();
  // What is shorter, or longer, than any pause may be a WebDriver's own.
  const isPause = (milliseconds) => milliseconds >= 500 && milliseconds <= 60_000;
  globalThis.setTimeout = (run, milliseconds = 0, ...rest) => {
    if (stoppedAt === undefined || !isPause(milliseconds)) return realSetTimeout(run, milliseconds, ...rest);
    count += 1;
    timers.set(-count, { run, due: stoppedAt + milliseconds });
    return -count;
  };
  globalThis.clearTimeout = (id) => timers.delete(id) || realClearTimeout(id);

  return {
    stop: () => void (stoppedAt ??= realNow()),
    /** How many seconds each of those who wait has still to wait. */
    waits: () => [...timers.values()].map(({ due }) => Math.round((due - stoppedAt) / 100) / 10),
    advance: (seconds) => {
      stoppedAt += seconds * 1000;
      for (const [id, { run, due }] of timers) {
        if (due > stoppedAt) continue;
        timers.delete(id);
        run();
      }
    },
  };
})();

globalThis.hold = (() => {
  const realFetch = fetch.bind(globalThis);
  let path;
  let go;
  globalThis.fetch = async (input, init) => {
    if (path && new URL(input.url ?? input, location.href).pathname === path) {
      globalThis.hold.count += 1;
      await new Promise((open) => (go = open));
    }
    return realFetch(input, init);
  };
  return {
    count: 0,
    back: (held) => void (path = held),
    release: () => ((path = undefined), go?.()),
  };
})();
