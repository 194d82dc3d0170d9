// A WebAssembly module as text in a script, and back. `encode` is for the build, `decode` goes into the package.
//
// The text is printable ASCII, and nothing in it has to be escaped in a string, a template literal or an inline script.
// So bundlers and minifiers, which write source text anew, leave it as it is, and no charset damages it. The byte values
// that occur most often are one character each, the others two.
//
// A server compresses it. Between numbers that differ each time, a compressor finds little: so the numbers behind the
// opcodes of one kind stand together, apart from the opcodes. That is 6 percent less, and takes some two milliseconds to undo.
// https://webassembly.github.io/spec/core/binary/instructions.html

/** Ends or escapes something: `"`, `'`, `\` and backtick. */
const UNSAFE = [34, 39, 92, 96];
/** The first of two characters: `$` and `<`. Each takes a page of the table. */
const PREFIXES = [36, 60];
/** Never behind a prefix, for `${`, `</` and `<!--` mean something: `!`, `/` and `{`. */
const NEVER_SECOND = [33, 47, 123];
/** How many byte values are one character. */
const COMMON = 95 - UNSAFE.length - PREFIXES.length;

/** The places of the table that a text may use: 128 times the page, and the character's code. */
function* places() {
  for (let place = 32; place < 384; place++) {
    const code = place & 127;
    const banned = [...UNSAFE, ...PREFIXES, ...(place > 127 ? NEVER_SECOND : [])];
    if (code > 31 && code < 127 && !banned.includes(code)) yield place;
  }
}

/** The bytes that the table's places stand for: the `common` ones alone, then all others, in order. */
const values = (common) => [...common, ...new Uint8Array(256).map((_, byte) => byte).filter((byte) => !common.includes(byte))];

/** The parts of the text. `MAIN` has everything that is no number of the other kinds, what is no code included. */
const [OFFSET, BRANCH, LOCAL, CONSTANT, MAIN] = [0, 1, 2, 3, 4];

/**
 * For each opcode from 2 on, which part the number behind it is in. `0`: none is behind it. `5`: one of `MAIN`, an
 * alignment, and then an `OFFSET`.
 */
const NUMBERS = `4440000000111044${"0".repeat(14)}22244440${"5".repeat(23)}4434`;

/**
 * Goes through the bodies of functions, where `copy(part)` copies one byte, from or to that part, and gives it. It throws
 * where there is none, which is the end of every loop that something damaged leads into. Both
 * directions go the same way, so an instruction misunderstood (there are some with other things behind them) costs a few
 * bytes and nothing else.
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
    const size = number(CONSTANT);
    const end = at + size;
    for (let locals = 2 * number(MAIN); locals > 0; locals--) number(MAIN);
    while (at < end) {
      const opcode = copy(MAIN);
      at++;
      const kind = kinds[opcode - 2];
      if (kind > MAIN) {
        number(MAIN);
        number(OFFSET);
      } else if (kind) {
        // 14: a table of branches, as many as the first number says, and one more.
        for (let more = opcode === 14 ? number(kind) + 1 : 1; more > 0; more--) number(kind);
      }
    }
  }
}

const NO_CODE = { functions: 0, start: 0, end: 0 };

/**
 * What `decode` takes. `code`: where the bytes are functions. Common bytes that are printable stand for themselves, so
 * words stay words.
 */
export function encode(bytes, { functions, start, end } = NO_CODE) {
  const parts = [[], [], [], [], [...bytes.subarray(0, start)]];
  let at = start;
  walk(functions, (part) => {
    if (at === end) throw new Error("a function goes on where the code ends");
    parts[part].push(bytes[at]);
    return bytes[at++];
  });
  if (at !== end) throw new Error("the code of the module does not end where its section does");
  for (const byte of bytes.subarray(end)) parts[MAIN].push(byte);

  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte]++;
  const frequent = [...counts.keys()].sort((a, b) => counts[b] - counts[a]).slice(0, COMMON);
  const alone = [...places()].slice(0, COMMON);
  const others = frequent.filter((byte) => !alone.includes(byte));
  const common = alone.map((place) => (frequent.includes(place) ? place : others.shift()));

  const symbols = new Map();
  const free = places();
  for (const byte of values(common)) {
    const { value: place } = free.next();
    const prefix = place < 128 ? [] : [PREFIXES[(place >> 7) - 1]];
    symbols.set(byte, String.fromCharCode(...prefix, place & 127));
  }
  const texts = parts.map((part) => part.map((byte) => symbols.get(byte)).join(""));
  const starts = texts.map((_, part) => texts.slice(0, part).join("").length);
  return [common, start, functions, starts, texts.join("")];
}

/** The bytes. All in one pass and by one table, because this runs before any of it is compiled to machine code. */
export function decode([common, start, functions, starts, text]) {
  const table = new Uint8Array(384);
  const all = values(common);
  for (const place of places()) table[place] = all.shift();

  const codes = new TextEncoder().encode(text);
  const bytes = new Uint8Array(codes.length);
  const next = [...starts];
  let end = 0;
  const copy = (part) => {
    const code = codes[next[part]++];
    if (!code) throw new RangeError("The text is too short.");
    const page = code === PREFIXES[0] ? 128 : code === PREFIXES[1] ? 256 : 0;
    return (bytes[end++] = table[page ? page + codes[next[part]++] : code]);
  };
  while (end < start) copy(MAIN);
  walk(functions, copy);
  while (next[MAIN] < codes.length) copy(MAIN);
  return bytes.subarray(0, end);
}

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
