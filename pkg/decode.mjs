// The WebAssembly module out of the text that payload.mjs has made of it, by decoder.wat.

/** Where the text is in the decoder's memory, and where what comes of it. */
export const TEXT_AT = 4096;
const MODULE_AT = 524288;

/** The decoder itself, as it is shipped beside the text. Not every browser has the first way, which is the faster one. */
export const decoder = ([, , base64]) =>
  Object.hasOwn(Uint8Array, "fromBase64") ? Uint8Array.fromBase64(base64) : Uint8Array.from(atob(base64), (letter) => letter.charCodeAt());

/** The bytes, by the decoder's exports. */
export function decode([numbers, text], { memory, decode }) {
  const bytes = new Uint8Array(memory.buffer);
  new Uint32Array(memory.buffer).set(numbers);
  new TextEncoder().encodeInto(text, bytes.subarray(TEXT_AT));
  return bytes.subarray(MODULE_AT, decode());
}
