import { startError } from "./errors.ts";

/** A script of this package that is loaded when it is needed, and rarely is. */
export const loaded = <T>(script: Promise<T>): Promise<T> =>
  script.catch((cause: unknown) => {
    throw startError("network_error", "A script of the package is missing. Is the app deployed whole?", cause);
  });
