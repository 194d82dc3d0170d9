// Sessions where they live: sealed in the browser's cookie, and their newest state in the store.

import { createSeal } from "./cookie.mjs";
import { newer } from "./session.mjs";

/**
 * @typedef {object} Hold What a task may do with the session that it holds. Both answer with the sealed session.
 * @property {(next: object) => Promise<string>} mark Writes it down, or fails: for what must be known before anything is sent.
 * @property {(next: object) => Promise<string>} keep Writes it down if it can: for what has happened already. Then a store that
 *   fails must not cost the answer, and the cookie knows.
 */

export function createSessions({ cookieKeys, store, idle, log }) {
  const { seal, open } = createSeal(cookieKeys);
  return {
    seal,
    open,

    /** Runs `task` with the newest state of the session in the cookie, and with nobody else at it. */
    hold({ application, held }, task) {
      return store.exclusive(`session:${held.handle}`, async (entry) => {
        const stored = await entry.get();
        const session = newer(stored && (await open(stored, application)), held);
        // Older cookies of this session are over after as long a time, and nobody needs the entry any more.
        const mark = async (next) => {
          const sealed = await seal(next);
          await entry.put(sealed, idle);
          return sealed;
        };
        const keep = async (next) => {
          const sealed = await seal(next);
          await entry.put(sealed, idle).catch(({ name }) => log({ action: "store", error: name }));
          return sealed;
        };
        return task(session, { mark, keep });
      });
    },
  };
}
