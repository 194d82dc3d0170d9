// The second part of the core, and what brings its effects about, in a script of its own, which is loaded when the first one runs.
// pkg/split.mjs has made both parts.

import type { Door } from "#core";
import { type Encoded, encoded } from "#payload";

/** Puts it to the first one, whose exports are its imports: those of another build lack one, by name. */
export const join = (first: WebAssembly.Exports, compiled: (encoded: Encoded, use: (module: WebAssembly.Module) => Door) => Door) =>
  compiled(encoded, (module) => new WebAssembly.Instance(module, { __proto__: null, 0: first } as unknown as WebAssembly.Imports).exports.callAll as Door);

export { createEffects } from "./effects.ts";
export { createHolds } from "./holds.ts";
