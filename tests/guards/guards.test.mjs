// A guard that can't fail guards nothing: each is shown what it must refuse.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import * as count from "../../scripts/count.mjs";
import { root, run, target } from "../../scripts/run.mjs";

const flow = (name) => run(process.execPath, ["scripts/check-flow.mjs", `tests/guards/${name}`]);

const refused = {
  order: "tests/guards/order/first.rs:3: first uses second, which comes after it",
  "inline-path": "tests/guards/inline-path/first.rs:3: first uses second, which comes after it",
  javascript: "tests/guards/javascript/first.rs:4: the protocol may not name js_sys",
  source: "tests/guards/source/first.rs:1: its module docs name no RFC and no page of Procore's",
};

for (const [name, message] of Object.entries(refused)) {
  test(`check-flow refuses ${name}`, async () => {
    const { code, output } = await flow(name);
    assert.equal(code, 1);
    assert.ok(output.startsWith(`${message}\n`), output);
  });
}

test("check-flow accepts modules in order, with other words in comments, strings and unit tests", async () => {
  const { code, output } = await flow("in-order");
  assert.equal(code, 0, output);
});

const rooms = {
  circle: "a circle: engine/one.ts → engine/two.ts → engine/one.ts",
  long: "engine/one.ts: long has 61 lines",
  upwards: "engine/one.ts: uses page/two.ts, a room above its own",
};

for (const [name, message] of Object.entries(rooms)) {
  test(`check-rooms refuses ${name}`, async () => {
    const { code, output } = await run(process.execPath, ["scripts/check-rooms.mjs", "pkg/src", `tests/guards/rooms/${name}`]);
    assert.deepEqual([code, output.trim()], [1, message]);
  });
}

test("clippy refuses a clock and an unwrap under the project's own manifest", async () => {
  const folder = join(target, "guards/clock");
  mkdirSync(join(folder, "src"), { recursive: true });
  // The same dependencies and lints; the workspace's other member and other targets stay behind.
  const manifest = readFileSync(join(root, "Cargo.toml"), "utf8")
    .replace(/^members = .*$/m, "members = []")
    .replace(/^\[\[[\s\S]*?(?=^\[[^[]|$(?![\s\S]))/gm, "");
  writeFileSync(join(folder, "Cargo.toml"), manifest);
  copyFileSync(join(root, "Cargo.lock"), join(folder, "Cargo.lock"));
  copyFileSync(join(root, "clippy.toml"), join(folder, "clippy.toml"));
  copyFileSync(join(root, "tests/guards/clock/lib.rs"), join(folder, "src/lib.rs"));
  const args = ["clippy", "--lib", "--quiet", "--manifest-path", join(folder, "Cargo.toml")];
  const { code, output } = await run("cargo", args, { env: { CARGO_TARGET_DIR: target, CARGO_TERM_COLOR: "never" } });
  assert.notEqual(code, 0);
  assert.match(output, /^error: use of a disallowed method `std::time::SystemTime::now`$/m);
  assert.match(output, /^error: use of a disallowed method `std::time::Instant::now`$/m);
  assert.match(output, /^error: used `unwrap\(\)` on an `Option` value$/m);
  assert.match(output, /only src\/browser\/clock\.rs reads a clock/);
});

test("counts are the runners' own", () => {
  const cargo =
    "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n" +
    "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
  assert.deepEqual(count.cargoTest(cargo), { passed: 15, failed: 2, skipped: 1 });
  const node = "ℹ tests 6\nℹ suites 1\nℹ pass 2\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 1\n";
  assert.deepEqual(count.nodeTest(node), { passed: 2, failed: 2, skipped: 2 });
  const rows =
    "test all ... FAIL A001 native: expected ok, got none\n" +
    "FAIL A002 native: expected ok, got none\n" +
    "5 passed, 2 failed\n";
  assert.deepEqual(count.attacks(rows), { passed: 5, failed: 2, skipped: 0 });
  assert.deepEqual(count.attackFailures(rows), [
    "FAIL A001 native: expected ok, got none",
    "FAIL A002 native: expected ok, got none",
  ]);
});

test("a runner that breaks, or that finds no tests, is a failure", () => {
  assert.equal(count.judge({ passed: 3, failed: 0, skipped: 0 }, 101).failed, 1);
  assert.equal(count.judge({ passed: 0, failed: 0, skipped: 0 }, 0).failed, 1);
  assert.equal(count.judge({ passed: 3, failed: 0, skipped: 0 }, 0).failed, 0);
});
