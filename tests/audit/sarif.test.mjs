// The SARIF log, held to OASIS' own schema and to what GitHub asks for besides.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import schema from "../vectors/sarif-schema-2.1.0.json" with { type: "json" };
import { alphabets } from "./corpus/secrets.mjs";
import { folderOf, start } from "./program.mjs";

// Draft 7. The schema has formats without types, which the strict mode minds, and a pattern that is none with the flag `u`.
const ajv = new Ajv({ strict: false, unicodeRegExp: false, allErrors: true });
addFormats(ajv);
const validate = ajv.compile(schema);

async function log(t, files, args = [], env = {}) {
  const cwd = folderOf(t, files);
  symlinkSync(".", join(cwd, "dist/loop"));
  const { out } = await start("native", ["audit", "--format", "sarif", ...args], { cwd, env });
  const log = JSON.parse(out);
  assert.ok(validate(log), JSON.stringify(validate.errors, undefined, 2));
  return log.runs[0];
}

test("the schema refuses what is no log", () => {
  assert.equal(validate({ version: "2.1.0", runs: [{ tool: {} }] }), false);
  assert.equal(validate({ version: "2.1.0", runs: [{ tool: { driver: { name: "a" } }, result: [] }] }), false);
});

test("a log of findings, of what is allowed, and of what is unread, is one", async (t) => {
  const [one, two] = [alphabets.hex(), alphabets.hex()];
  const sha256 = createHash("sha256").update(two).digest("hex");
  const files = {
    "dist/a b.js": `keep("${one}");`,
    "dist/ü%.js": `keep("${two}");`,
    "dist/.env": "A=1\n",
    "dist/a.js.map": "{",
    "dist/a.tgz": Buffer.from([0x1f, 0x8b, 8, 9]),
    "b.json": JSON.stringify({ allow: [{ sha256, reason: 'the "old" one', expires: "2999-12-31" }] }),
  };
  const { tool, results, invocations } = await log(t, files, ["--baseline", "b.json"], { A_SECRET: one, B_SECRET: two });
  const uris = results.map(({ locations: [{ physicalLocation }] }) => physicalLocation.artifactLocation.uri);
  assert.ok(uris.includes("dist/a%20b.js") && uris.includes("dist/%C3%BC%25.js") && uris.includes("dist/.env"), `${uris}`);
  for (const { ruleId, ruleIndex, locations, partialFingerprints } of results) {
    // GitHub shows a result by its rule, its place, and its fingerprint.
    assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
    const { startLine, startColumn } = locations[0].physicalLocation.region;
    assert.ok(startLine >= 1 && startColumn >= 1);
    assert.equal(Object.keys(partialFingerprints).length, 1);
  }
  const [allowed] = results.filter(({ suppressions }) => suppressions);
  assert.match(allowed.suppressions[0].justification, /2999-12-31.*the "old" one/);
  const unread = invocations[0].toolExecutionNotifications.map(({ descriptor }) => descriptor.id).sort();
  assert.deepEqual(unread, ["broken-archive", "broken-map", "link"]);
  assert.equal(invocations[0].executionSuccessful, false);
});

test("a log of nothing is one", async (t) => {
  const { results } = await log(t, { "dist/a.js": "a" }, ["dist/a.js"]);
  assert.deepEqual(results, []);
});

test("the same secret in the same file keeps its fingerprint when a build moves it", async (t) => {
  const secret = alphabets.hex();
  const prints = async (text) =>
    (await log(t, { "dist/a.js": text }, ["dist/a.js"], { A_SECRET: secret })).results.map((result) => result.partialFingerprints);
  assert.deepEqual(await prints(`keep("${secret}")`), await prints(`\n\n  moved("${secret}")`));
});
