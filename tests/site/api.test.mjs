// The API is the one that docs/api/ tells.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";
import { reports } from "../../site/api-report.mjs";

const made = await reports();

for (const [file, text] of Object.entries(made)) {
  test(`${file} has the API as it is`, () => {
    const told = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
    const [before, after] = [told, text].map((report) => report.split("\n"));
    const gone = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`);
    const come = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
    const announce = "the API has changed; if that is meant, run `npm run api:report`, and say it in CHANGELOG.md";
    assert.ok(told === text, [announce, ...gone, ...come].join("\n"));
  });
}

test("the reports have methods, members and items in them, and no comment", () => {
  const [ofPackage, ofCrate] = Object.values(made);
  assert.match(ofPackage, /^ {4}start\(options\?: StartOptions\): Promise<Session>;$/m);
  assert.match(ofPackage, /^ {4}\| "access_denied"$/m);
  assert.doesNotMatch(ofPackage, /\/\*\*|^\s*\/\//m);
  assert.match(ofCrate, /^pub fn authorize\( &mut self, request: &ApiRequest/m);
  assert.match(ofCrate, /^impl Error for Error$/m);
});
