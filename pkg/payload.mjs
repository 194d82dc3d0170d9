// A WebAssembly module as text in a script, and back. `encode` is for the build, `decode` goes into the package.
//
// The text is printable ASCII, and nothing in it has to be escaped in a string, a template literal or an inline script.
// So bundlers and minifiers, which write source text anew, leave it as it is, and no charset damages it.
// The byte values that occur most often are one character each, the others two. A server's compression does the rest.

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

/** `[common, text]`, as `decode` takes it. Common bytes that are printable stand for themselves, so words stay words. */
export function encode(bytes) {
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
  return [common, Array.from(bytes, (byte) => symbols.get(byte)).join("")];
}

/** The bytes. One loop over a table, because this runs before any of it is compiled to machine code. */
export function decode([common, text]) {
  const table = new Uint8Array(384);
  const all = values(common);
  for (const place of places()) table[place] = all.shift();

  const bytes = new TextEncoder().encode(text);
  let end = 0;
  let page = 0;
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at];
    const next = code === PREFIXES[0] ? 128 : code === PREFIXES[1] ? 256 : 0;
    if (!next) bytes[end++] = table[page + code];
    page = next;
  }
  return bytes.subarray(0, end);
}

/** The module without its custom sections (number 0), which no engine reads. */
export function bare(wasm) {
  const kept = [wasm.subarray(0, 8)];
  for (let start = 8, end; start < wasm.length; start = end) {
    const [length, content] = leb128(wasm, start + 1);
    end = content + length;
    if (wasm[start] !== 0) kept.push(wasm.subarray(start, end));
  }
  return Buffer.concat(kept);
}

/** `[number, where it ends]`. */
function leb128(bytes, at) {
  let value = 0;
  for (let shift = 0, byte = 128; byte > 127; shift += 7) value += ((byte = bytes[at++]) & 127) << shift;
  return [value, at];
}
