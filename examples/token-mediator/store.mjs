// What has to be known beyond one request: the newest state of each session, for the cookie of a request may be older.

/**
 * @typedef {object} Entry
 * @property {() => Promise<string | undefined>} get
 * @property {(value: string, milliseconds: number) => Promise<void>} put Is kept for so long; what was there is replaced.
 * @property {() => Promise<void>} remove
 *
 * @typedef {object} Store
 * @property {<T>(key: string, task: (entry: Entry) => Promise<T>) => Promise<T>} exclusive Runs one task at a time for each key,
 *   in all instances. Values are sealed before they come here, and keys are no secrets.
 */

/**
 * The store of one process. It forgets with it: what a browser's cookie says is then believed, which is the state as of the
 * last answer that has reached the browser. Whoever can't afford that gives it `entries` that outlive the process, something
 * that can what a `Map` can; whoever has several instances gives them a store of their own.
 *
 * @returns {Store}
 */
export function createStore({ now = Date.now, entries = new Map() } = {}) {
  const last = new Map();

  const forgetOld = () => entries.forEach(({ until }, key) => until <= now() && entries.delete(key));
  const entry = (key) => ({
    async get() {
      const found = entries.get(key);
      return found && found.until > now() ? found.value : undefined;
    },
    async put(value, milliseconds) {
      entries.set(key, { value, until: now() + milliseconds });
    },
    async remove() {
      entries.delete(key);
    },
  });

  let sweepAt = 0;
  return {
    async exclusive(key, task) {
      if (sweepAt <= now()) {
        sweepAt = now() + 60_000;
        forgetOld();
      }
      const turn = (last.get(key) ?? Promise.resolve()).then(() => task(entry(key)));
      const done = turn.catch(() => {});
      last.set(key, done);
      try {
        return await turn;
      } finally {
        if (last.get(key) === done) last.delete(key);
      }
    },
  };
}
