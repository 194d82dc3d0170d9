// npm run audit:bench: how fast the auditor reads published builds, beside ripgrep with an equal set of patterns, and gitleaks.
//
// All read the same files, in the same run, in turns; of each the fastest turn counts. What is not installed is left out and
// named: `cargo install ripgrep`; gitleaks as a program on the PATH, or GITLEAKS=path.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fetchPackages } from "../tests/audit/corpus/clean.mjs";
import { makeCorpus } from "../tests/audit/corpus/index.mjs";
import { patternsFor } from "../tests/audit/corpus/patterns.mjs";
import { password } from "../tests/audit/corpus/secrets.mjs";
import { withHome } from "../tests/audit/score.mjs";
import { auditor } from "./auditor.mjs";
import { find, run, target } from "./run.mjs";

const ROUNDS = 3;
/** Every fourth package: enough to see what each does, and little enough for the slowest. */
const EVERY = 4;

const { command, reason } = await auditor();
if (reason) throw new Error(reason);
const { tarballs, reason: lacking } = await fetchPackages();
if (lacking) throw new Error(`the packages can't be fetched: ${lacking}`);

const folder = join(target, "audit/bench");
for (const tarball of tarballs.filter((_, at) => at % EVERY === 0)) {
  const into = join(folder, basename(tarball, ".tgz"));
  if (existsSync(into)) continue;
  mkdirSync(into, { recursive: true });
  const { code, output } = await run("tar", ["-xzf", tarball, "-C", into]);
  if (code) throw new Error(output);
}
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
// This also reads every file once, so that nobody has to wait for the disk.
const bytes = files.reduce((sum, { parentPath, name }) => sum + readFileSync(join(parentPath, name)).length, 0);
console.log(`${files.length} files, ${bytes} bytes, ${availableParallelism()} processors; the fastest of ${ROUNDS} turns`);

const rg = process.env.RG ?? find("rg");
const gitleaks = process.env.GITLEAKS ?? find("gitleaks");
const secret = password();
const patterns = join(target, "audit/patterns.txt");
writeFileSync(patterns, `${patternsFor(secret).join("\n")}\n`);

const [program, ...args] = command;
// Not /dev/null: gitleaks makes its report anew, and where it runs as root that takes the place of the device.
const gitleaksReport = join(target, "audit/gitleaks.json");
const timed = ["-c", '"$0" "$@" >/dev/null 2>&1; code=$?; times; exit $code'];
// ripgrep is faster by far where it may take letters for ASCII, as the auditor does.
const contestants = {
  "procore-spa-auth audit": [program, ...args, "audit", folder],
  "ripgrep, equal patterns": rg && [rg, "--no-config", "--no-ignore", "--hidden", "--text", "--no-unicode", "--count", "--file", patterns, folder],
  "gitleaks, its own rules": gitleaks && [gitleaks, "dir", folder, "--no-banner", "--log-level", "error", "--report-path", gitleaksReport, "--report-format", "json"],
};
const best = {};
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, line] of Object.entries(contestants)) {
    if (!line) continue;
    const env = { PROCORE_CLIENT_SECRET: secret };
    const { code, seconds, output } = await run("sh", [...timed, ...line], { env, label: name });
    // 2 is "could not look" for the auditor, for some file, and "an error" for ripgrep.
    if (code > 2) throw new Error(`${name} ended with ${code}`);
    const { clock = Infinity, processor = Infinity } = best[name] ?? {};
    best[name] = { clock: Math.min(clock, seconds), processor: Math.min(processor, processorTime(output)) };
  }
}
for (const [name, line] of Object.entries(contestants)) {
  const speed = (seconds) => `${(bytes / 1e6 / seconds).toFixed(0).padStart(4)} MB/s`;
  const told = ({ clock, processor }) => `${speed(clock)} by the clock, ${speed(processor)} of one processor's time`;
  console.log(`${name.padEnd(26)} ${line ? told(best[name]) : "not installed"}`);
}

/** Of what the shell has waited for, which other programs on the machine do not change: the second line of `times`. */
function processorTime(output) {
  const [, children] = output.trim().split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + 60 * minutes + Number(seconds), 0);
}

/** How many of the 24 shapes gitleaks finds in the same files, by its own rules. */
if (gitleaks) {
  await withHome(async (home) => {
    const { groups } = await makeCorpus(home);
    const { folder, positives } = groups["24 shapes"];
    const report = join(home, "gitleaks.json");
    await run(gitleaks, ["dir", folder, "--no-banner", "--report-path", report, "--report-format", "json", "--exit-code", "0"]);
    const found = new Set(JSON.parse(readFileSync(report, "utf8")).map(({ File }) => File));
    const caught = positives.filter(({ path }) => [...found].some((file) => file.endsWith(path)));
    const shapes = new Set(positives.map(({ shape }) => shape));
    const whole = [...shapes].filter((shape) => positives.filter((one) => one.shape === shape).every((one) => caught.includes(one)));
    console.log(`gitleaks finds ${caught.length} of the ${positives.length} positives of the 24 shapes; all of ${whole.length}: ${whole.join(", ")}`);
  });
}
