/** `#payload`: the WebAssembly module, out of the text that pkg/payload.mjs has made of it. */
declare const payload: () => Uint8Array<ArrayBuffer>;
export default payload;
