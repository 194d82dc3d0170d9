import type * as Api from "./types/svelte.d.ts";
import { follow } from "./adapters/follow.ts";

export const procoreAuth: typeof Api.procoreAuth = (auth, options) => {
  const { actions, admits, known, start, state, subscribe } = follow(auth);
  start(options);
  return Object.freeze({
    ...actions,
    subscribe: (run: (state: Api.SignInState) => void) => {
      run(state());
      return subscribe(() => run(state()));
    },
    known,
    // A `load` function may not read the fragment: the browser has it, if this is the page that it shows.
    requireSession: ({ pathname, search }: URL) => {
      const path = pathname + search;
      return admits(path === globalThis.location?.pathname + globalThis.location?.search ? undefined : path);
    },
  });
};
