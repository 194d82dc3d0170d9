/** The WebAssembly module; each character is one byte, XORed with 60. */
declare const payload: string;
export default payload;
