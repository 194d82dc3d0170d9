// docs/diagnose.md tells of every check, and of every code that is the check-up's own.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");
const types = read("pkg/src/types/diagnosis.d.ts");
const section = read("docs/diagnose.md");
const tables = section.match(/(?:^\|.*\n)+/gm);

/** The words of a union of the types. */
const union = (name) => {
  const [, text] = new RegExp(`type ${name} =([^;]+);`).exec(types);
  return [...text.matchAll(/"(\w+)"/g)].map(([, word]) => word).sort();
};

test("docs/diagnose.md tells of every check, and of no other", () => {
  const [, , ...rows] = tables[0].trim().split("\n");
  const words = rows.flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)].map(([, word]) => word));
  assert.deepEqual([...words, "indexed_db"].sort(), union("DiagnosisCheck"));
  assert.match(tables[0], /`indexed_db`/);
});

test("docs/diagnose.md tells of every code that is the check-up's own, and of no other", () => {
  const codes = [...tables[1].matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code);
  assert.deepEqual([...codes, "not_checked", "ok"].sort(), union("FindingCode"));
});

test("every code is found by a check, and every check finds it by a name of the types", () => {
  const files = ["diagnose-page", "diagnose-servers", "diagnose-login", "unread", "answers"];
  const sources = files.map((name) => read(`pkg/src/check-up/${name}.ts`)).join("\n");
  const unused = union("FindingCode").filter((code) => !["ok", "not_checked"].includes(code) && !sources.includes(`"${code}"`));
  assert.deepEqual(unused, []);
});
