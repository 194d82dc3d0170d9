/** The WebAssembly module; each character is one byte. */
declare const payload: string;
export default payload;
