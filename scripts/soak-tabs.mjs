// npm run soak:tabs [-- --rounds N]: eight tabs renew one session N times (1,000), in every browser that is here, or in
// those that ENGINES names. Prints the refresh requests that the server counted.

import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { withBrowsers } from "./legs.mjs";
import { run, tail } from "./run.mjs";
import { packages, rust } from "./setup.mjs";

const { rounds } = parseArgs({ options: { rounds: { type: "string", default: "1000" } } }).values;
if (!/^[1-9]\d{0,6}$/.test(rounds)) end(2, `--rounds takes a number, not ${rounds}`);
const missing = (await rust()) ?? (await packages());
if (missing) end(1, missing);
const { reason, output } = await build();
if (reason) end(1, `${reason}\n${tail(output, 60)}`);

// Without an answer for this long, a round is not slow but stuck; the test itself says so sooner.
const timeout = 60_000 + Number(rounds) * 2_000;
const args = ["--test", "--test-reporter=spec", `--test-timeout=${timeout}`, "tests/e2e/rounds.test.mjs"];
const soak = withBrowsers(async function* (env) {
  yield run(process.execPath, args, { env: { ...env, ROUNDS: rounds }, label: `${rounds} rounds` });
});
for await (const { code, output, where, reason } of soak) {
  if (reason) console.log(`skip ${where}: ${reason}`);
  else if (code) end(1, tail(output, 150));
  else console.log(output.match(/^.*the server counted.*$/gm)?.join("\n") ?? end(1, "no browser is here"));
}

function end(code, message) {
  console.error(`soak: ${message}`);
  process.exit(code);
}
