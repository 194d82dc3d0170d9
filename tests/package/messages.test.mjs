// The messages of errors are in a script of their own: each code has one there, and an error without it says where to look.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root, target } from "../../scripts/run.mjs";

const dist = join(root, "pkg/dist");
const credentials = { production: { clientId: "", redirectUris: ["https://app.example/cb"] } };
const sound = { production: { clientId: "CID", redirectUris: ["https://app.example/cb"] } };
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
  const keys = ["code", "name", "phase", "retryable"];
  assert.deepEqual(Object.keys(error).sort(), keys);
  // And one that comes of a call that has waited.
  const late = await createProcoreAuth({ credentials: sound }).refresh().catch((error) => error);
  assert.equal(late.code, "not_signed_in");
  assert.deepEqual(Object.keys(late).sort(), keys);
});

test("a login window of a server whose endpoints are not known yet waits for them, whoever has asked for them", async (t) => {
  const { createProcoreAuth } = await import(join(dist, "index.js"));
  const { fetch } = globalThis;
  t.after(() => (globalThis.fetch = fetch));
  let answer;
  const asked = new Promise((isAsked) => {
    globalThis.fetch = () => new Promise((resolve) => ((answer = resolve), isAsked()));
  });
  const servers = { production: { customAuthorizationServer: true, issuer: "https://as.example", apiOrigin: "https://as.example", discover: true } };
  const auth = createProcoreAuth({ credentials: sound, servers });
  const ready = auth.ready();
  await asked;
  const opened = auth.signInWithPopup().catch((error) => error);
  const facts = { issuer: "https://as.example", authorization_endpoint: "https://as.example/a", token_endpoint: "https://as.example/t", revocation_endpoint: "https://as.example/r" };
  answer(Response.json({ ...facts, code_challenge_methods_supported: ["S256"], response_types_supported: ["code"] }));
  await ready;
  // Node has no window, which is another matter.
  assert.equal((await opened).code, "popup_blocked");
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
