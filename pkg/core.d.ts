/** `#core`: what wasm-bindgen has generated for src/browser/exports.rs, without what pkg/build.mjs takes out of it. */
export type Door = (text: number, length: number) => unknown;
/** Takes one step. `door`: by another one than that of the first part. */
export const call: (input: string, door?: Door) => unknown;
export const initSync: (options: { readonly module: WebAssembly.Module }) => WebAssembly.Exports & { readonly memory: WebAssembly.Memory };
export const __wbg_reset_state: () => void;
