// Sessions where they live: sealed in the browser's cookie, and their newest state in the store.

import { createSeal } from "./cookie.mjs";
import { newer } from "./session.mjs";

/**
 * @typedef {{ value: string, until: number }} Sealed A session as its cookie has it, and when it is over at the latest.
 *
 * @typedef {object} Hold What a task may do with the session that it holds. Both answer with the sealed session.
 * @property {(next: object) => Promise<Sealed>} mark Writes it down, or fails: for what must be known before anything is sent.
 * @property {(next: object) => Promise<Sealed>} keep Writes it down if it can: for what has happened already. Then a store that
 *   fails must not cost the answer, and the cookie knows.
 */

export function createSessions({ cookieKeys, store, idle, absolute, log }) {
  const { seal: encrypt, open } = createSeal(cookieKeys);
  /** @returns {Promise<Sealed>} */
  const seal = async (session) => ({ value: await encrypt(session), until: session.began + absolute });
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
          await entry.put(sealed.value, idle);
          return sealed;
        };
        const keep = async (next) => {
          const sealed = await seal(next);
          await entry.put(sealed.value, idle).catch(({ name }) => log({ action: "store", error: name }));
          return sealed;
        };
        return task(session, { mark, keep });
      });
    },
  };
}
