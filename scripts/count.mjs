// How many tests passed, in each runner's own words.

const sum = (matches, group) => [...matches].reduce((total, match) => total + Number(match[group]), 0);

/** `cargo test`, and wasm-bindgen's runner, which imitates it. */
export function cargoTest(output) {
  const lines = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)];
  return { passed: sum(lines, 1), failed: sum(lines, 2), skipped: sum(lines, 3) };
}

/** `node --test` with the spec reporter. */
export function nodeTest(output) {
  const of = (word) => sum(output.matchAll(new RegExp(`^ℹ ${word} (\\d+)$`, "gm")), 1);
  return { passed: of("pass"), failed: of("fail") + of("cancelled"), skipped: of("skipped") + of("todo") };
}

// libtest may leave its `test name ... ` before the first line that a test prints.
const own = "^(?:test .+ \\.\\.\\. )?";

/** The attack runners: `N passed, N failed` for each of them. */
export function attacks(output) {
  const lines = [...output.matchAll(new RegExp(`${own}(\\d+) passed, (\\d+) failed(?:, (\\d+) skipped)?\\s*$`, "gm"))];
  return { passed: sum(lines, 1), failed: sum(lines, 2), skipped: sum(lines.filter((line) => line[3]), 3) };
}

export const attackFailures = (output) =>
  [...output.matchAll(new RegExp(`${own}(FAIL \\S+ .+)$`, "gm"))].map((match) => match[1]);

/** A runner's counts as they may be trusted: its exit code is heard, and no tests are no success. */
export function judge({ passed, failed, skipped }, code) {
  if (code && !failed) return { passed, failed: 1, skipped, reason: "the runner failed" };
  if (!passed && !failed && !skipped) return { passed, failed: 1, skipped, reason: "no tests there" };
  return { passed, failed, skipped };
}
