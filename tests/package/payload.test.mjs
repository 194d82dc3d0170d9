// The module as text: the same bytes come back, and nothing on the way to a page has a reason to change the text.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { decode, decoder } from "../../pkg/decode.mjs";
import { bare, encode, findCode } from "../../pkg/payload.mjs";
import { root, target } from "../../scripts/run.mjs";

const dist = join(root, "pkg/dist");
const files = readdirSync(dist).filter((file) => file.endsWith(".js"));
const modules = ["default", "implicit"].map((name) => bare(readFileSync(join(target, "npm", name, "core_bg.wasm"))));

const wasmDecoder = readFileSync(join(target, "npm/decoder.wasm"));

/** By a decoder of its own, as each start has one. */
const decoded = (encoded) => decode(encoded, new WebAssembly.Instance(new WebAssembly.Module(decoder(encoded))).exports);

/** What is hard for a text: every value, few values, each pair of values, what has a meaning in source text. */
const INPUTS = {
  "nothing": "",
  "one byte": "\0",
  "every value": Uint8Array.from({ length: 256 }, (_, byte) => byte),
  "every value but the printable ones, often": Uint8Array.from({ length: 6000 }, (_, at) => 127 + (at % 161)),
  "every pair": Uint8Array.from({ length: 2 * 65536 }, (_, at) => (at % 2 ? at >> 1 : at >> 9) & 255),
  "noise": randomBytes(50_000),
  "source text": "\"'`\\${x}</script><!--\r\n\u2028//# sourceMappingURL=a.js.map\u00e4".repeat(20),
  "only what must not stand there": "\\\"'`$<{/!".repeat(50),
};

/** Everything that may not stand in the text: it ends or escapes a literal, or an inline script. */
const FORBIDDEN = /[^ -~]|["'`\\]|\$\{|<[/!]/;

function comesBack(bytes, code) {
  const encoded = encode(bytes, wasmDecoder, code);
  assert.doesNotMatch(encoded[1] + encoded[2], FORBIDDEN);
  assert.ok(bytes.equals(decoded(encoded)));
}

for (const [title, input] of Object.entries(INPUTS)) {
  test(`the same comes back, out of printable text that nothing escapes: ${title}`, () => comesBack(Buffer.from(input)));
}

test("so do the modules, sorted and as they are", () => {
  for (const module of modules) {
    comesBack(module, findCode(module));
    comesBack(module);
  }
});

/** A module of one function with this body. */
function moduleOf(...body) {
  const sized = (...bytes) => [bytes.length, ...bytes];
  const code = sized(1, ...sized(0, ...body, 0x0b));
  return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, ...code]);
}

// Also what `walk` takes for something else: with more behind it, or less, than it believes.
const BODIES = {
  "a table of branches": [0x02, 0x40, 0x41, 0x00, 0x0e, 0x02, 0x00, 0x00, 0x00, 0x0b],
  "an indirect call": [0x41, 0x00, 0x11, 0x00, 0x00],
  "numbers of several bytes": [0x41, 0xff, 0xff, 0xff, 0x7f, 0x1a, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x1a],
  "numbers with a point": [0x43, 0x20, 0x41, 0x20, 0x41, 0x1a, 0x44, 0x28, 0x80, 0x80, 0x80, 0x80, 0x10, 0x0e, 0x00, 0x1a],
  "a prefix": [0xfc, 0x0a, 0x00, 0x00, 0xfc, 0x0b, 0x00],
};

for (const [title, body] of Object.entries(BODIES)) {
  test(`so does a function with ${title}`, () => {
    const module = moduleOf(...body);
    comesBack(module, findCode(module));
  });
}

test("each module has all its sections but the custom ones, and is one", () => {
  for (const module of modules) {
    assert.ok(WebAssembly.validate(module));
    const compiled = new WebAssembly.Module(module);
    for (const name of ["producers", "name", "target_features"]) {
      assert.deepEqual(WebAssembly.Module.customSections(compiled, name), []);
    }
  }
});

test("a text damaged in any way gives some bytes or other, or an exception, and always an end", () => {
  const [numbers, text, hex] = encode(modules[0], wasmDecoder, findCode(modules[0]));
  const cut = [0, 1, 1000, 30_000, text.length - 1].flatMap((at) => [text.slice(at), text.slice(0, at)]);
  for (const damaged of [...cut, `${text}$`, `${text}\u00ff\u{10000}\ud800`, "$", "<$<$", "~".repeat(80_000)]) {
    let bytes;
    try {
      bytes = decoded([numbers, damaged, hex]);
    } catch {
      // As good: whoever starts it says that it was damaged.
      continue;
    }
    assert.ok(bytes instanceof Uint8Array);
  }
});

for (const file of files) {
  test(`${file} is the same text in every charset`, () => {
    const bytes = readFileSync(join(dist, file));
    const text = bytes.toString("utf8");
    assert.match(text, /^[ -~\n]*$/);
    // What servers and pages name in practice; all of them are ASCII in the lower half.
    for (const charset of ["windows-1252", "iso-8859-2", "windows-1251", "gbk", "big5", "euc-jp", "shift_jis", "euc-kr"]) {
      assert.equal(new TextDecoder(charset).decode(bytes), text, charset);
    }
  });
}
