// A WebAssembly module as texts that compress well, and back. `split` is for the build, `join` goes into the package.
//
// Between numbers that differ each time a compressor finds little. So the opcodes stand in a text of their own, and the
// numbers behind each opcode in another: 6 percent less after brotli. What is not code stays as it is.
// https://webassembly.github.io/spec/core/binary/instructions.html

/** Opcodes with one number behind them: blocks, branches, calls, variables, tables, memory sizes, constants. */
const ONE = [2, 3, 4, 12, 13, 16, 32, 33, 34, 35, 36, 37, 38, 63, 64, 65, 66, 208, 210];

/**
 * Goes through the code, where `copy(name)` copies one byte, from or to the text of that name, and gives it. Both
 * directions go the same way, so an instruction misunderstood (there are some with other things behind them) costs a
 * few bytes and nothing else.
 */
function walk(functions, copy) {
  let at = 0;
  const next = (name) => {
    at++;
    return copy(name);
  };
  // LEB128. Of a signed one only the length matters.
  const number = (name) => {
    let value = 0;
    for (let shift = 0, byte = 128; byte > 127; shift += 7) value += ((byte = next(name)) & 127) << shift;
    return value;
  };
  while (functions--) {
    const size = number("size");
    const end = at + size;
    for (let locals = 2 * number("locals"); locals; locals--) number("locals");
    while (at < end) {
      const opcode = next("opcode");
      // 14: a table of branches, all of one kind; 17: an indirect call; 40 to 53 and 54 to 62: loads and stores, with an
      // alignment, and an offset that has more to do with other offsets than with the opcode.
      const isTable = opcode === 14;
      const isMemory = opcode > 39 && opcode < 63;
      let left = isTable ? number(opcode) + 1 : opcode === 17 || isMemory ? 2 : +ONE.includes(opcode);
      for (; left; left--) {
        number(isTable ? opcode : isMemory && left === 1 ? (opcode < 54 ? "load" : "store") : opcode + 256 * left);
      }
    }
  }
}

/** `[functions, texts]`: what stands before the code, what stands behind, and then the others as they are first used. */
export function split(wasm) {
  const { functions, start, end } = findCode(wasm);
  const texts = new Map();
  let at = start;
  walk(functions, (name) => {
    if (!texts.has(name)) texts.set(name, []);
    texts.get(name).push(wasm[at]);
    return wasm[at++];
  });
  if (at !== end) throw new Error("the code of the module does not end where its section does");
  const parts = [wasm.subarray(0, start), wasm.subarray(end), ...texts.values()];
  return [functions, parts.map(toText)];
}

/** The module. */
export function join(functions, [head, tail, ...rest]) {
  const bytes = toBytes(head);
  const texts = {};
  walk(functions, (name) => {
    const copied = (texts[name] ??= toBytes(rest.shift()).reverse()).pop();
    if (copied === undefined) throw new RangeError("The texts are too short.");
    bytes.push(copied);
    return copied;
  });
  return Uint8Array.from([...bytes, ...toBytes(tail)]);
}

/**
 * One character for each byte, so that words stay words; but one for two where the first is above 127, as in a number
 * that fills two: UTF-8 would make two bytes of it alone. NUL and CR, which no source text can hold, become rare
 * characters; what must not be taken for these, or for a mark of a template literal, is 128 higher.
 */
const toText = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    const code = byte > 127 ? byte + 128 + 128 * bytes[++at] : byte + 128 * MARKS.includes(byte);
    text += byte === 0 ? "\x1e" : byte === 13 ? "\x1d" : String.fromCharCode(code);
  }
  return text.replaceAll("${", "\xa4{");
};
const toBytes = (text) =>
  Array.from(text, (character) => {
    const code = { "\x1e": 0, "\x1d": 13 }[character] ?? character.charCodeAt(0);
    return code < 256 ? code & 127 : [(code & 127) + 128, (code >> 7) - 2];
  }).flat();
const MARKS = [0x1d, 0x1e, 0x5c, 0x60];

/** The code section (number 10): how many functions it has, and where their bodies start and end. */
function findCode(wasm) {
  const { content, end } = sections(wasm).find(({ id }) => id === 10);
  const [functions, start] = leb128(wasm, content);
  return { functions, start, end };
}

/**
 * The module without its custom sections (number 0), which no engine reads, but for an empty one at the end: there must
 * not be a byte above 127, which takes the next one along.
 */
export const bare = (wasm) =>
  Buffer.concat([
    wasm.subarray(0, 8),
    ...sections(wasm).flatMap(({ id, start, end }) => (id === 0 ? [] : [wasm.subarray(start, end)])),
    Buffer.from([0, 1, 0]),
  ]);

function sections(wasm) {
  const found = [];
  for (let start = 8; start < wasm.length; start = found.at(-1).end) {
    const [length, content] = leb128(wasm, start + 1);
    found.push({ id: wasm[start], start, content, end: content + length });
  }
  return found;
}

/** `[number, where it ends]`. */
function leb128(bytes, at) {
  let value = 0;
  for (let shift = 0, byte = 128; byte > 127; shift += 7) value += ((byte = bytes[at++]) & 127) << shift;
  return [value, at];
}
