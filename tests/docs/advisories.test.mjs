// Every advisory of the table has its test, and every test that is named after one stands in the table.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";

const read = (file) => readFileSync(join(root, "tests", file), "utf8");
const spelled = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "_");

const FILES = {
  "flow/advisories.rs": /^fn (?=cve_|ghsa_)(\w+)\(/gm,
  "flow/conformance.rs": /^#\[test\]\nfn (\w+)\(/gm,
  "e2e/advisories.test.mjs": /^ {2}test\("((?:CVE|GHSA)-[^:"]+):/gm,
};
const namesIn = (file, pattern) => [...read(file).matchAll(pattern)].map(([, name]) => spelled(name));
const names = Object.fromEntries(Object.entries(FILES).map(([file, pattern]) => [file, namesIn(file, pattern)]));

const rows = [...read("advisories.md").matchAll(/^\| ([\w-]{6,}) \| [^|]+ \| ([^|]+) \|$/gm)]
  .map(([, id, shown]) => ({ id, file: /\]\(([^)]+)\)/.exec(shown)?.[1], shown }))
  .filter(({ id }) => /\d|oidcc/.test(id));

/** The most specific one, where an ID begins like another. */
const idOf = (name) =>
  rows
    .map(({ id }) => spelled(id))
    .filter((id) => name === id || name.startsWith(`${id}_`))
    .sort((a, b) => b.length - a.length)[0];

test("each advisory has a test of its name, or a reason why not", () => {
  assert.ok(rows.length > 40, `${rows.length} rows`);
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, "one stands there twice");
  for (const { id, file, shown } of rows) {
    if (file) assert.equal(names[file]?.filter((name) => idOf(name) === spelled(id)).length, 1, `${id} in ${file}`);
    else assert.match(shown, /^none: \w/, id);
  }
});

test("each test is in the table", () => {
  for (const [file, found] of Object.entries(names)) {
    assert.ok(found.length, file);
    for (const name of found) assert.equal(rows.find(({ id }) => spelled(id) === idOf(name))?.file, file, name);
  }
});
