import { type Door, call, initSync, __wbg_reset_state as renew } from "#core";
import { type Encoded, decode, decoder, encoded } from "#payload";
import { own } from "../boundary/boundary.ts";
import { caught, named, startError } from "../boundary/errors.ts";
import { loaded } from "../boundary/loaded.ts";
import { createOnce } from "../boundary/once.ts";

type First = ReturnType<typeof initSync>;

/** Of the core that all clients share; nothing before it has started, and after it has failed. */
let memory: WebAssembly.Memory | undefined;
/** Takes any step, where the first part of the core takes those up to a login URL; nothing before the second one is there. */
let door: Door | undefined;
let hasFailed = false;

const started = createOnce(() => instantiate());
const completed = createOnce(() => join());

/** Starts the WebAssembly core, its first part, once. A start that failed may be tried again. */
export const start = (): Promise<First> => started.run();

/** Puts the second part to it, once; nothing where it is there already. What failed may be tried again. */
export const complete = (): Promise<void> | undefined => (door ? undefined : completed.run());

/**
 * One client inside the core, from its step `open` to `close`; the pure steps need neither. Steps take and give plain
 * values, which cross as JSON text.
 */
export const open = (): (<T = unknown>(step: string, input?: object, cause?: unknown) => T) => {
  const opened = memory;
  if (!opened) throw startError("not_ready", "Wait for ready() first.");
  /** Its number there. */
  let core: number | undefined;
  return <T>(step: string, input: object = {}, cause?: unknown): T => {
    // Plain values, so nothing in it has a prototype that could have a part in this. What has one of these names is there twice, which the
    // core refuses.
    const members = JSON.stringify(own(input)).slice(1, -1);
    const asked = ascii(`{"step":"${step}","core":${core ?? 0}${members && ","}${members}}`);
    const answer = guarded(opened, () => own(JSON.parse(call(asked, door) as string)));
    if (answer.error) throw caught(answer, cause);
    core ??= answer.core;
    return answer as T;
  };
};

/** The core never throws: what it throws is a trap, after which nobody can trust what is in its memory. */
const guarded = <T>(opened: WebAssembly.Memory, use: () => T): T => {
  let trap;
  try {
    const result = opened === memory && use();
    // Something that the core has called may have called it, and that may have failed.
    if (result && opened === memory) return result;
  } catch (cause) {
    // The parser of an answer in ruins would show a piece of it.
    if (!(cause instanceof SyntaxError)) trap = cause;
    hasFailed = true;
    new Uint8Array(opened.buffer).fill(0);
    if (opened === memory) {
      memory = door = undefined;
      started.forget();
      completed.forget();
    }
  }
  throw startError("instance_poisoned", "", named(trap));
};

/** Text that the glue copies in one go. For any other it makes room twice, and wipes nothing of what it had copied first. */
const ascii = (json: string) =>
  json.replace(/[^ -~]/g, (letter) => "\\u" + letter.charCodeAt(0).toString(16).padStart(4, "0"));

const instantiate = async (): Promise<First> => {
  // A new instance, which the clients of the one before can't get at.
  if (hasFailed) renew();
  const first = compiled(encoded, (module) => initSync({ module }));
  ({ memory } = first);
  return first;
};

const join = async (): Promise<void> => {
  // Side by side.
  const [{ join }, first] = await Promise.all([loaded(import("./core-rest.js")), start()]);
  const joined = join(first, compiled);
  if (first.memory !== memory) throw startError("instance_poisoned");
  door = joined;
};

/**
 * Out of a script, so that no bundler or CDN has to know of it. In this very turn, which takes two milliseconds: to have it done
 * aside takes several, for a page that starts is busy.
 */
const compiled = <T>(text: Encoded, use: (module: WebAssembly.Module) => T): T => {
  let module;
  try {
    module = decoder(encoded);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
    module = undefined;
    module = decode(text, exports);
    return use(new WebAssembly.Module(module));
  } catch (cause) {
    // To look at a module is never forbidden, only to run it. Safari's Lockdown Mode has no WebAssembly at all. What is of another
    // build lacks what is asked of it.
    const isOfAnother = text !== encoded && (cause as Error).name === "LinkError";
    throw module && globalThis.WebAssembly?.validate(module) !== false && !isOfAnother
      ? startError("wasm_blocked", "", cause)
      : startError("wasm_integrity");
  }
};
