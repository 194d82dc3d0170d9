// The module as text: the same bytes come back, and nothing on the way to a page has a reason to change the text.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { bare, decode, encode } from "../../pkg/payload.mjs";
import { root, target } from "../../scripts/run.mjs";

const dist = join(root, "pkg/dist");
const files = readdirSync(dist).filter((file) => file.endsWith(".js"));
const modules = ["default", "implicit"].map((name) => bare(readFileSync(join(target, "npm", name, "core_bg.wasm"))));

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

for (const [title, input] of [...Object.entries(INPUTS), ...modules.map((module, at) => [`module ${at}`, module])]) {
  test(`the same comes back, out of printable text that nothing escapes: ${title}`, () => {
    const bytes = Buffer.from(input);
    const [common, text] = encode(bytes);
    assert.doesNotMatch(text, FORBIDDEN);
    assert.ok(bytes.equals(decode([common, text])));
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

test("a text damaged in any way gives some bytes or other, quickly, and never an exception", () => {
  const [common, text] = encode(modules[0].subarray(0, 2000));
  for (const damaged of [text.slice(1), text.slice(0, -1), `${text}$`, `${text}\u00ff\u{10000}\ud800`, "", "$", "<$<$"]) {
    assert.ok(decode([common, damaged]) instanceof Uint8Array);
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
