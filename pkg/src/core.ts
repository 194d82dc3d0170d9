import init, { Core, buildLoginUrl, errorOf, parseRedirect } from "#core";
import payload from "#payload";
import { caught, startError } from "./errors.ts";

export { Core, buildLoginUrl, parseRedirect };

let started: Promise<unknown> | undefined;
let isStarted = false;

/** Starts the WebAssembly core, once. A start that failed may be tried again. */
export const start = (): Promise<unknown> =>
  (started ??= instantiate().then(
    () => (isStarted = true),
    (cause: unknown) => {
      started = undefined;
      throw startError(
        "wasm_blocked",
        "WebAssembly could not start. Add 'wasm-unsafe-eval' to the page's script-src.",
        cause,
      );
    },
  ));

/** Calls into the core; what it throws becomes a `ProcoreAuthError`. */
export const enter = <T>(call: () => T, cause?: unknown): T => {
  if (!isStarted) throw startError("not_ready", "The core has not started. Wait for ready() first.", undefined);
  try {
    return call();
  } catch (thrown) {
    throw caught(thrown, cause);
  }
};

/** Calls for a structure, which crosses as JSON text; `undefined` where there is none. */
export const call = <T>(ask: () => unknown, cause?: unknown): T | undefined => {
  const text = enter(ask, cause);
  return text === undefined ? undefined : (JSON.parse(text as string) as T);
};

/** An error of the facade's own, with the core's words. */
export const failure = (code: string, phase: string, cause?: unknown): unknown => caught(errorOf(code, phase), cause);

/** Inside the script, so that no bundler, CDN or redeploy can lose it; inflated by the browser. */
const instantiate = () => {
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  const inflated = new Response(bytes).body!.pipeThrough(new DecompressionStream("deflate-raw"));
  return init({ module_or_path: new Response(inflated, { headers: { "content-type": "application/wasm" } }) });
};
