import { Core, initSync } from "#core";
import payload from "#payload";
import { caught, startError } from "./errors.ts";

let started: Promise<void> | undefined;
let isStarted = false;
let isPoisoned = false;

/** Starts the WebAssembly core, once. A start that failed may be tried again. */
export const start = (): Promise<void> =>
  (started ??= instantiate().catch((cause: unknown) => {
    started = undefined;
    const message = "WebAssembly could not start. Add 'wasm-unsafe-eval' to the page's script-src.";
    throw startError("wasm_blocked", message, cause);
  }));

/** One client inside the core. Its steps take and give plain values, which cross as JSON text. */
export const open = (): (<T = unknown>(step: string, input?: object, cause?: unknown) => T) => {
  if (isPoisoned) throw poisoned();
  if (!isStarted) throw startError("not_ready", "The core has not started. Wait for ready() first.");
  const core = new Core();
  return <T>(step: string, input: object = {}, cause?: unknown): T => {
    if (isPoisoned) throw poisoned();
    let answer;
    try {
      // Without a prototype, so that nothing polluted is taken for an answer.
      answer = Object.setPrototypeOf(JSON.parse(core.call(step, JSON.stringify(input)) as string), null);
    } catch (trap) {
      // The core never throws: its memory can't be trusted any more, by nobody.
      isPoisoned = true;
      throw poisoned(trap);
    }
    if (answer.error) throw caught(answer, cause);
    return answer as T;
  };
};

const poisoned = (trap?: unknown) =>
  startError("instance_poisoned", "The core failed inside and was stopped. Reload the page.", trap);

/** Inside the script, so that no bundler, CDN or redeploy can lose it. */
const instantiate = async () => {
  initSync({ module: await WebAssembly.compile(payload()) });
  isStarted = true;
};
