/** `#payload`: the WebAssembly module, out of the text that pkg/payload.mjs has made of it, by another one, the decoder. */
export const decoder: () => Uint8Array<ArrayBuffer>;
export const decode: (exports: WebAssembly.Exports) => Uint8Array<ArrayBuffer>;
