/**
 * `#payload`: the WebAssembly module; each character is one byte, XORed with 60. `#worker-script`: the script of the
 * worker, module and all.
 */
declare const payload: string;
export default payload;
