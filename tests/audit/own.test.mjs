// Everything that this repository publishes or shows, audited by its own auditor: the package as it is packed, the demo, and the
// examples.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { auditor } from "../../scripts/auditor.mjs";
import { root } from "../../scripts/run.mjs";
import { pack } from "../support/package.mjs";
import { alarmsOf, audit, shown } from "./score.mjs";

let command, packed;

before(async () => {
  command = (await auditor()).command;
  packed = await pack();
});
after(() => packed?.remove());

for (const [what, path] of Object.entries({
  "the package, as npm packs it": () => packed.tarball,
  "the demo, and its server": () => join(root, "www"),
  "the examples, the token mediator among them": () => join(root, "examples"),
  "the reference token mediator, as it is deployed": () => join(root, "mediator/deploy"),
  "its program and its settings": () => join(root, "mediator/src"),
})) {
  test(`${what}: nothing is found, and all of it is looked into`, async () => {
    const report = await audit(command, [path()], { options: ["--no-env"] });
    assert.deepEqual(shown(alarmsOf(report, root)), []);
    assert.deepEqual(report.unread, []);
    assert.ok(report.files > 0);
    assert.equal(report.code, 0);
  });
}
