/** `#payload`: puts the WebAssembly module together from what pkg/pack.mjs has made of it. */
declare const payload: () => Uint8Array<ArrayBuffer>;
export default payload;
