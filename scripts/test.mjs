// npm test [-- leg …]: every check of the project, or the named ones. With --long, all of them in every browser engine.
// Node's own modules only until `npm ci` has run.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { legs } from "./legs.mjs";
import { tail, target } from "./run.mjs";
import { packages, rust } from "./setup.mjs";

const logs = join(target, "test-logs");
const rows = [];

// Cargo's lines about what went well.
const progress = /^ +(Compiling|Checking|Downloading|Downloaded|Updating|Locking|Adding|Running|Finished) .*\n/gm;

const time = (seconds) => (seconds < 99.5 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`);
const counts = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;
const verdict = ({ passed, failed }) => (failed ? "FAIL" : passed ? "ok" : "skip");

function report(row, seconds) {
  rows.push({ ...row, seconds });
  const where = row.where ? ` (${row.where})` : "";
  const reason = row.reason ? `: ${row.reason}` : "";
  console.log(`${verdict(row).padEnd(4)} ${row.leg}${where}${reason}  ${time(seconds)}  ${counts(row)}`);
  for (const line of row.show ?? []) console.log(`     ${line}`);
  if (!row.failed || !row.output) return;
  const log = join(logs, `${row.leg}${row.where ? `-${row.where.replace(/\W+/g, "-")}` : ""}.log`);
  writeFileSync(log, row.output);
  console.log(`\n${tail(row.output.replace(progress, ""), 150)}\n\n     the whole output: ${log}\n`);
}

async function runLeg(name) {
  console.log(`\n---- ${name}`);
  let began = performance.now();
  const lap = () => {
    const seconds = (performance.now() - began) / 1000;
    began = performance.now();
    return seconds;
  };
  try {
    for await (const row of legs[name]()) report({ leg: name, ...row }, lap());
  } catch (error) {
    report({ leg: name, passed: 0, failed: 1, skipped: 0, reason: "the leg itself broke", output: error.stack }, lap());
  }
}

function table() {
  const cells = rows.map((row) => {
    return [verdict(row), row.leg, row.where ?? "", time(row.seconds), counts(row), row.reason ?? ""];
  });
  const width = (column) => Math.max(...cells.map((row) => row[column].length));
  console.log("");
  for (const row of cells) {
    const [result, leg, where, seconds, numbers, reason] = row.map((cell, column) =>
      column === 3 ? cell.padStart(width(column)) : cell.padEnd(width(column)),
    );
    console.log(`${result}  ${leg}  ${where}  ${seconds}  ${numbers}  ${reason}`.trimEnd());
  }
}

/** The last line is the sum over all runners, and nothing else. */
function finish() {
  const total = (key) => rows.reduce((sum, row) => sum + row[key], 0);
  if (rows.length) table();
  const totals = { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
  console.log(`\n${counts(totals)}`);
  process.exitCode = totals.failed ? 1 : 0;
}

function refuse(message) {
  console.error(`test: ${message}`);
  process.exit(2);
}

const named = process.argv.slice(2).filter((argument) => argument !== "--long");
if (process.argv.includes("--long")) process.env.LONG = "1";
const unknown = named.find((name) => !Object.hasOwn(legs, name));
if (unknown) refuse(`no leg is called ${unknown}; there are ${Object.keys(legs).join(", ")}`);
if (process.env.ATTACKS) {
  // Relative to where npm was called, not to where the runners run.
  process.env.ATTACKS = resolve(process.env.INIT_CWD ?? ".", process.env.ATTACKS);
  if (!existsSync(process.env.ATTACKS)) refuse(`ATTACKS=${process.env.ATTACKS} does not exist`);
}

mkdirSync(logs, { recursive: true });
const began = performance.now();
const reason = (await rust()) ?? (await packages());
if (reason) report({ leg: "set-up", passed: 0, failed: 1, skipped: 0, reason }, (performance.now() - began) / 1000);
else for (const name of Object.keys(legs)) if (!named.length || named.includes(name)) await runLeg(name);
finish();
