// The WebAssembly module that a file of the package carries as text.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decode, decoder } from "../../pkg/decode.mjs";
import { root, target } from "../../scripts/run.mjs";

/** See pkg/payload.mjs: texts without any escape, and numbers. So it is JSON. The decoder, in the end, only the first part has. */
const LITERAL = /\[\[[\d,]+\],"[^"\\]*"(?:,"[\w+/=]*")?\]/;

/** The module, and the text of the file without it. */
export function moduleIn(file, dist = join(root, "pkg/dist")) {
  const js = readFileSync(join(dist, `${file}.js`), "utf8");
  const literal = LITERAL.exec(js);
  assert.ok(literal, `${file}.js carries no module`);
  const [numbers, text, base64 = readFileSync(join(target, "npm/decoder.wasm")).toString("base64")] = JSON.parse(literal[0]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(decoder([numbers, text, base64])));
  const module = Buffer.from(decode([numbers, text], exports));
  assert.ok(WebAssembly.validate(module), `${file}.js carries a broken module`);
  return { js: js.replace(literal[0], ""), module };
}

/** The text that a module is in a file of the package. */
export const textIn = (file, dist) => /"([^"]{20000,})"/.exec(readFileSync(join(dist, `${file}.js`), "utf8"))[1];
