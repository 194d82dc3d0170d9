// Every sentence of README.md, SECURITY.md and the pages of docs/ below that promises something stands in tests/claims.jsonl, with the tests that
// show it, or with the reason why it needs none.
//
// A sentence counts as a promise when it says never, always, only, nothing, no, once, every and their like, or when it is
// a row of SECURITY.md's table of measures. A row of the table is { says, shown: { file: [name of a test, …] } } or
// { says, why }, where `why` is one of the words below.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";

/** Why a sentence has no test: it tells of a limit, gives advice, tells what others do, or leads to another page. */
const WHY = ["limit", "advice", "others", "not known", "heading", "what it is"];
const ABSOLUTE = /\b(never|always|only|nothing|nobody|nowhere|every|none|no|not|once|each|all)\b/i;
const ABOUT = ["react", "vue", "solid", "svelte", "angular", "csp-and-charset", "diagnose", "embedded", "environments", "errors", "first-sign-in", "keep-the-secret-out", "migrating", "pure-steps", "rust", "session", "tabs-and-reload", "uploads-and-other-clients", "ways-to-a-token", "worker"];
const PAGES = ["README.md", "SECURITY.md", ...ABOUT.map((name) => `docs/${name}.md`)];

const read = (file) => readFileSync(join(root, file), "utf8");
const flat = (text) => text.replace(/\s+/g, " ").trim();

/** The sentences of a page; a row of a table is one, or, in the table of measures, one for each clause. */
function sentencesOf(page) {
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, "");
  const blocks = text.split(/\n\n|\n(?=\| |- |\d+\. |#)/).map(flat).filter(Boolean);
  return blocks.flatMap((block) => {
    if (!block.startsWith("|")) return block.split(/(?<=[.:;!?]\)?) (?=[A-Z`(*[])/);
    // The table of errors describes codes; `docs.test.mjs` holds it to the sources.
    return /^\| `\w+` \| \w+/.test(block) ? [] : [block];
  });
}

const isPromise = (page, sentence) =>
  ABSOLUTE.test(sentence) || (page === "SECURITY.md" && /^\| (?!---)/.test(sentence) && !/^\| (threat|what) \|/.test(sentence));

const rows = read("tests/claims.jsonl").trim().split("\n").map((line) => JSON.parse(line));
const promises = PAGES.flatMap((page) => sentencesOf(page).filter((sentence) => isPromise(page, sentence)));

test("each sentence that promises something is in the table, and the table has no other", () => {
  const said = new Set(rows.map(({ says }) => says));
  assert.equal(said.size, rows.length, "a sentence stands there twice");
  assert.deepEqual(promises.filter((sentence) => !said.has(sentence)), [], "promised, and not in tests/claims.jsonl");
  assert.deepEqual([...said].filter((sentence) => !promises.includes(sentence)), [], "in tests/claims.jsonl, and not said");
});

test("each of them names tests that are there, or why it needs none", () => {
  const texts = new Map();
  const faults = [];
  for (const { says, shown, why } of rows) {
    if (Boolean(shown) === WHY.includes(why)) faults.push(`${says}: neither shown nor explained`);
    for (const [file, names] of Object.entries(shown ?? {})) {
      if (!existsSync(join(root, file))) faults.push(`${file} is not there`);
      else if (!texts.has(file)) texts.set(file, read(file));
      for (const name of names) if (!texts.get(file)?.includes(name)) faults.push(`${file}: ${name}`);
    }
  }
  assert.deepEqual(faults, []);
});
