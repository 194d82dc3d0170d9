import type { Login } from "../engine/engine.ts";
import type { Link } from "./link.ts";

/** A login URL that is ready waits this long for its click: the sign-in is good for ten minutes, from now on. */
const PREPARED_MS = 240_000;

/** A login URL for the next click, made ahead: the worker's answer would come too late for a popup. */
export const createPrepared = ({ ask, tell, isThere }: Link) => {
  let login: (Login & { readonly until: number }) | undefined;
  let renewing: ReturnType<typeof setTimeout> | undefined;

  /** Has one ready, and another one before it is too old. */
  const prepare = async (): Promise<void> => {
    const { url, state } = await ask<Login>("popup", "{}");
    if (login) void tell("drop", login.state);
    login = { url, state, until: Date.now() + PREPARED_MS };
    clearTimeout(renewing);
    renewing = setTimeout(prepareAgain, PREPARED_MS);
  };

  const prepareAgain = async (): Promise<void> => {
    if (isThere()) await prepare().catch(() => {});
  };

  return {
    /** Has one ready, unless there is one. */
    prepare: async (): Promise<void> => {
      if (!login) await prepareAgain();
    },

    /** Timers stand still while a device sleeps. */
    renew: () => {
      if (login && Date.now() >= login.until) void prepareAgain();
    },

    /** The one that is ready. It is for a sign-in without options; another one takes a turn. */
    take: (options: string): Login | undefined => {
      if (options !== "{}" || !login) return undefined;
      const { url, state, until } = login;
      login = undefined;
      void prepareAgain();
      if (Date.now() < until) return { url, state };
      void tell("drop", state);
      return undefined;
    },

    clear: () => {
      login = undefined;
      clearTimeout(renewing);
    },
  };
};
