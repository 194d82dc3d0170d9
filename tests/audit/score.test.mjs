// The short form of `npm run audit:score`: all of the seeded corpus, and of clean files those that are here already.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { auditor } from "../../scripts/auditor.mjs";
import { root } from "../../scripts/run.mjs";
import { alarmsOf, audit, score, shown, table, verdict, withHome } from "./score.mjs";

let command, result;

before(async () => {
  const made = await auditor();
  assert.equal(made.reason, undefined);
  command = made.command;
  result = await withHome((home) => score(command, home));
});

test("of the seeded leaks, built by five bundlers, at least 99 % are found, and all of the 24 shapes in some form", (t) => {
  for (const line of table(result.positives)) t.diagnostic(line);
  const shapes = new Map();
  for (const { group, shape, found } of result.positives) {
    if (group === "24 shapes") shapes.set(shape, (shapes.get(shape) ?? false) || found);
  }
  assert.equal(shapes.size, 24);
  assert.deepEqual([...shapes].filter(([, isFound]) => !isFound), []);
  assert.ok(result.positives.length >= 200, `only ${result.positives.length} positives`);
  const { lines, isGood } = verdict({ ...result, alarms: [] });
  assert.ok(isGood, `${lines[0]}\n${table(result.positives).filter((line) => line.endsWith("<-")).join("\n")}`);
  assert.deepEqual(result.unread, [], "a file of the corpus was not looked into");
});

test("what only looks like a leak is let through", () => {
  assert.deepEqual(shown(result.alarms), []);
});

test("of the packages that this repository is built with, the demo and the package itself, less than one in a thousand files alarms", async () => {
  const report = await audit(command, ["node_modules", "www", "pkg/dist"].map((folder) => join(root, folder)), { options: ["--no-env"] });
  const alarms = alarmsOf(report, root);
  const { isGood } = verdict({ positives: [{ found: true }], alarms, files: report.files });
  assert.ok(report.files > 1000, `only ${report.files} files`);
  assert.ok(isGood, `${alarms.length} in ${report.files} files\n${shown(alarms).join("\n")}`);
});
