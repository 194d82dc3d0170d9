// The messages of errors are in a script of their own: each code has one there, and an error without it says where to look.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root, target } from "../../scripts/run.mjs";

const dist = join(root, "pkg/dist");
const credentials = { production: { clientId: "", redirectUris: ["https://app.example/cb"] } };
const text = (file) => readFileSync(join(dist, file), "utf8");

test("every code of the core, and no other word, has a message, which is a sentence", async () => {
  const { messages } = await import(join(dist, "messages.js"));
  const words = [...text("error.d.ts").matchAll(/^ {2}\|.+$/gm)].flatMap(([line]) => line.match(/"\w+"/g) ?? []);
  const known = new Set(words.map((word) => word.slice(1, -1)));
  const core = [...readFileSync(join(root, "src/error.rs"), "utf8").matchAll(/^    \w+ "(\w+)" \w+ (?:true|false) /gm)];
  assert.ok(core.length > 70);
  for (const [, code] of core) assert.match(messages[code] ?? "", /^\w.+[^.]\.$/, code);
  assert.deepEqual(Object.keys(messages).filter((code) => !known.has(code.replace(/\[\w+\]$/, ""))), []);
  assert.equal(messages.toString, undefined);
});

test("an error says what happened and what to do, and what it is about", async () => {
  const { createProcoreAuth } = await import(join(dist, "index.js"));
  const error = await createProcoreAuth({ credentials, colour: 1 }).ready().catch((error) => error);
  assert.equal(error.code, "config_unknown_key");
  assert.equal(error.message, "There is no such option. Check its spelling. [colour]");
  assert.ok(error.stack.includes(error.message), "a console shows it by its stack");
  assert.deepEqual(Object.keys(error).sort(), ["code", "name", "phase", "retryable"]);
});

test("the steps that throw in their own turn have their messages as soon as ready() has settled", async () => {
  const { buildLoginUrl, ready } = await import(`${join(dist, "index.js")}?pure`);
  await ready();
  assert.throws(() => buildLoginUrl(credentials.production), { code: "config_invalid_client_id", message: /Developer Portal/ });
});

test("without the script of messages an error has its code, says where to look, and still what it is about", async () => {
  const folder = join(target, "pack/without-messages");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.mjs"), text("index.js"));
  const { createProcoreAuth } = await import(join(folder, "index.mjs"));
  const error = await createProcoreAuth({ credentials, colour: 1 }).ready().catch((error) => error);
  assert.equal(error.code, "config_unknown_key");
  assert.match(error.message, /docs\/errors\.md\. \[colour\]$/);
});
