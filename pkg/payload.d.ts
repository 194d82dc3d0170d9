/** The WebAssembly module: raw DEFLATE (RFC 1951) in base64. */
declare const payload: string;
export default payload;
