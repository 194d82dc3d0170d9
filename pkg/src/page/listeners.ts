import type * as Api from "../types/index.d.ts";
import { report } from "../boundary/errors.ts";

type Listener = Parameters<Api.ProcoreAuth["subscribe"]>[0];

/** Who wants to know what happens to the session. */
export const createListeners = () => {
  const listeners = new Set<Listener>();
  return {
    add: (listener: Listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell: (session: Api.Session, event: Api.SessionEvent) => {
      for (const listener of [...listeners]) {
        try {
          listener(session, event);
        } catch (error) {
          // A listener's mistake is its own: reported, and kept away from the sign-in.
          report(error);
        }
      }
    },
  };
};
