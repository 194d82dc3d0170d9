/** `#payload`: the WebAssembly module as the text that pkg/payload.mjs has made of it, and what makes one of such a text. */
export type Encoded = readonly [numbers: readonly number[], text: string, decoder?: string];
export const encoded: Encoded;
/** The decoder, a module by itself, which is beside the text. */
export const decoder: (encoded: Encoded) => Uint8Array<ArrayBuffer>;
export const decode: (encoded: Encoded, exports: WebAssembly.Exports) => Uint8Array<ArrayBuffer>;
