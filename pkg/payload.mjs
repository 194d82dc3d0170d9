// A WebAssembly module as text in a script: for the build. decode.mjs, which goes into the package, and decoder.wat take it back.
//
// The text is printable ASCII, and nothing in it has to be escaped in a string, a template literal or an inline script.
// So bundlers and minifiers, which write source text anew, leave it as it is, and no charset damages it. The byte values
// that occur most often are one character each, the others two.
//
// A server compresses it. Between numbers that differ each time, a compressor finds little: so the numbers behind the
// opcodes of one kind stand together, apart from the opcodes. That is 7 percent less.
// https://webassembly.github.io/spec/core/binary/instructions.html

import { TEXT_AT } from "./decode.mjs";

/** Ends or escapes something: `"`, `'`, `\` and backtick. */
const UNSAFE = [34, 39, 92, 96];
/** The first of two characters: `$` and `<`. Each takes a page of the table. */
const PREFIXES = [36, 60];
/** Not behind a prefix, for `${`, `</` and `<!--` mean something, and so nowhere: `!`, `/` and `{`. */
const NEVER_SECOND = [33, 47, 123];

/** The characters that a text may use for bytes. */
const ALONE = [...new Array(128).keys()].filter(
  (code) => code > 31 && code < 127 && ![...UNSAFE, ...PREFIXES, ...NEVER_SECOND].includes(code),
);
/** The places of a table: 128 times the page, and the character's code. */
const PLACES = [0, 128, 256].flatMap((page) => ALONE.map((code) => page + code));

const BYTES = [...new Array(256).keys()];

/** The bytes that a table's places stand for: the `common` ones alone, then all others, in order. */
const values = (common) => [...common, ...BYTES.filter((byte) => !common.includes(byte))];

/** The parts of the text: what is no code, then seven kinds of numbers, then the opcodes with what else is behind them. */
const [TEXT, LOCAL, SET, OFFSET, CONSTANT, BRANCH, TYPE, SIZE, CODE] = new Array(9).keys();

/** Which table each part is read by. In the first one, what can be printed stands for itself, so that words stay words. */
const tableOf = (part) => (part === TEXT ? 0 : part < CODE ? 1 : 2);

/**
 * For each opcode, which part the number behind it is in. `0`: none is behind it. `9`: one of `CODE`, an alignment, and then
 * an `OFFSET`.
 */
const NUMBERS = `006660000000555088${"0".repeat(14)}12288880${"9".repeat(23)}8844`.padEnd(256, "0");


/**
 * Goes through the bodies of functions, where `copy(part)` copies one byte to that part, and gives it. The decoder goes the same
 * way, so an instruction misunderstood (there are some with other things behind them) costs a few bytes and nothing else.
 */
function walk(functions, copy) {
  const kinds = Uint8Array.from(NUMBERS);
  let at = 0;
  // LEB128. Of a signed one only the length matters.
  const number = (part) => {
    let value = 0;
    for (let shift = 0, byte = 128; byte > 127; shift += 7, at++) value += ((byte = copy(part)) & 127) << shift;
    return value;
  };
  while (functions--) {
    const size = number(SIZE);
    const end = at + size;
    for (let locals = 2 * number(SIZE); locals > 0; locals--) number(SIZE);
    while (at < end) {
      const opcode = copy(CODE);
      at++;
      const kind = kinds[opcode];
      if (kind > CODE) {
        number(CODE);
        number(OFFSET);
      } else if (kind) {
        // 14: a table of branches, as many as the first number says, and one more.
        for (let more = opcode === 14 ? number(kind) + 1 : 1; more > 0; more--) number(kind);
      }
    }
  }
}

const NO_CODE = { functions: 0, start: 0, end: 0 };

/** What `decode` and `decoder` take. `code`: where the bytes are functions. */
export function encode(bytes, wasmDecoder, { functions, start, end } = NO_CODE) {
  const parts = new Array(CODE + 1).fill().map(() => []);
  parts[TEXT].push(...bytes.subarray(0, start));
  let at = start;
  walk(functions, (part) => {
    if (at === end) throw new Error("a function goes on where the code ends");
    parts[part].push(bytes[at]);
    return bytes[at++];
  });
  if (at !== end) throw new Error("the code of the module does not end where its section does");
  for (const byte of bytes.subarray(end)) parts[TEXT].push(byte);

  const commons = [ALONE, ...[1, 2].map((table) => frequent(parts.filter((_, part) => tableOf(part) === table).flat()))];
  const symbols = commons.map(symbolsOf);
  const written = (part, bytes) => bytes.map((byte) => symbols[tableOf(part)].get(byte)).join("");
  const texts = parts.map((part, index) => written(index, part));
  const head = commons.map(digits).join("") + NUMBERS;
  const starts = texts.map((_, part) => TEXT_AT + head.length + texts.slice(0, part).join("").length);
  const left = starts[TEXT] + written(TEXT, parts[TEXT].slice(0, start)).length;
  return [[...starts, left, functions], head + texts.join(""), bare(wasmDecoder).toString("base64")];
}

/** The byte values that occur most often, as many as are one character, in order. */
function frequent(bytes) {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte]++;
  const common = [...BYTES].sort((a, b) => counts[b] - counts[a]).slice(0, ALONE.length);
  return common.sort((a, b) => a - b);
}

/** A set of bytes, four in the lowest bits of each character. */
const digits = (set) =>
  String.fromCharCode(...BYTES.slice(0, 64).map((at) => [0, 1, 2, 3].reduce((sum, bit) => sum + (set.includes(4 * at + bit) << bit), 64)));

const symbolsOf = (common) =>
  new Map(
    values(common).map((byte, index) => {
      const place = PLACES[index];
      const prefix = place < 128 ? [] : [PREFIXES[(place >> 7) - 1]];
      return [byte, String.fromCharCode(...prefix, place & 127)];
    }),
  );

/** The module without its custom sections (number 0), which no engine reads. */
export const bare = (wasm) =>
  Buffer.concat([
    wasm.subarray(0, 8),
    ...sections(wasm).flatMap(({ id, start, end }) => (id === 0 ? [] : [wasm.subarray(start, end)])),
  ]);

/** The code section (number 10): how many functions it has, and where their bodies start and end. */
export function findCode(wasm) {
  const { content, end } = sections(wasm).find(({ id }) => id === 10);
  const [functions, start] = leb128(wasm, content);
  return { functions, start, end };
}

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
