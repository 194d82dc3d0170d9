import { startError } from "./errors.ts";

/** A script of this package that is loaded when it is needed, and rarely is. */
export const loaded = <T>(script: Promise<T>, name: string): Promise<T> =>
  script.catch((cause: unknown) => {
    throw startError("network_error", `A script could not be loaded. Is the app deployed whole? [${name}]`, cause);
  });
