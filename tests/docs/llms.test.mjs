// llms.txt, as https://llmstxt.org has it, names every page by its heading, shows the README's code, and nothing that is not there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";
import { pages } from "../../site/build.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");
const text = read("llms.txt");
const [head, ...sections] = text.split(/^## /m);
const links = sections.flatMap((section) => section.split("\n").slice(1)).filter(Boolean);
const ITEM = /^- \[(.+)\]\(([\w./-]+\.md)\): .+\.$/;

test("it has a title, a summary, words on how to use it, and then lists of links", () => {
  assert.match(head, /^# procore-spa-auth\n\n(?:> .+\n)+\n/);
  assert.doesNotMatch(head.slice(1), /^#/m, "no heading before the lists");
  assert.ok(sections.length > 2);
  assert.deepEqual(links.filter((line) => !ITEM.test(line)), []);
});

test("every page is listed once, by its own heading", () => {
  const listed = links.map((line) => ITEM.exec(line).slice(1));
  assert.deepEqual(listed.map(([, file]) => file).sort(), pages().sort());
  const misnamed = listed.filter(([title, file]) => title !== /^# (.+)$/m.exec(read(file))[1]);
  assert.deepEqual(misnamed, []);
});

test("its code is the README's first", () => {
  const [shown, first] = [text, read("README.md")].map((page) => /^```ts\n([^]*?)^```$/m.exec(page)[1]);
  assert.equal(shown, first);
});

test("its rules name what the package has", () => {
  const types = ["index", "error"].map((name) => read(`pkg/src/types/${name}.d.ts`)).join("\n");
  const named = [...head.matchAll(/`(?:await )?(?:auth|error|session)\.(\w+)/g)].map(([, name]) => name);
  assert.ok(named.length > 8);
  assert.deepEqual(named.filter((name) => !new RegExp(`\\b${name}\\b[?:(]`).test(types)), []);
  const words = [...head.matchAll(/`(\w+)(?:: "|\(error\)`|`)/g)].map(([, name]) => name);
  assert.ok(words.includes("tokenMediator") && words.includes("config_secret_forbidden"));
  const OTHERS = ["VITE_", "NEXT_PUBLIC_", "fetch", "Authorization", "bigint"];
  assert.deepEqual(words.filter((name) => !OTHERS.includes(name) && !types.includes(name)), []);
});
