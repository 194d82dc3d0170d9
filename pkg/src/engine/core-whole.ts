// Instead of core-rest.ts, where the core is in one piece.

import type { Door } from "#core";

export const join = (whole: WebAssembly.Exports): Door => whole.callAll as Door;

export { createEffects } from "./effects.ts";
export { createHolds } from "./holds.ts";
