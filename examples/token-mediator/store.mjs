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
 *
 * @typedef {{ value: string, until: number }} Kept
 *
 * @typedef {object} Entries What a `Map` can; it may take its time.
 * @property {(key: string) => Kept | undefined | Promise<Kept | undefined>} get
 * @property {(key: string, kept: Kept) => unknown} set
 * @property {(key: string) => unknown} delete
 * @property {() => Iterable<[string, Kept]> | Promise<Iterable<[string, Kept]>>} entries
 */

const SWEEP_EVERY = 3_600_000;

/**
 * The store of one process. It forgets with it: what a browser's cookie says is then believed, which is the state as of the
 * last answer that has reached the browser. Whoever can't afford that gives it `entries` that outlive the process; whoever has
 * several instances gives them a store of their own.
 *
 * @param {{ now?: () => number, entries?: Entries }} [options]
 * @returns {Store}
 */
export function createStore({ now = Date.now, entries = new Map() } = {}) {
  const last = new Map();
  let sweepAt = now() + SWEEP_EVERY;

  const sweep = async () => {
    if (now() < sweepAt) return;
    sweepAt = now() + SWEEP_EVERY;
    for (const [key, { until }] of await entries.entries()) if (until <= now()) await entries.delete(key);
  };

  const entry = (key) => ({
    async get() {
      const found = await entries.get(key);
      return found && found.until > now() ? found.value : undefined;
    },
    async put(value, milliseconds) {
      await entries.set(key, { value, until: now() + milliseconds });
    },
    async remove() {
      await entries.delete(key);
    },
  });

  return {
    async exclusive(key, task) {
      await sweep();
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
