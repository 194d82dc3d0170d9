// How much of the corpus the auditor finds, by shape and by tool, and how often it cries for nothing.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root, run, target } from "../../scripts/run.mjs";
import { BUNDLERS } from "./corpus/bundle.mjs";
import { KNOWN, makeCorpus } from "./corpus/index.mjs";

/** The gates: of positives that are found, and of false alarms in a thousand clean files. */
export const RECALL = 0.99;
export const FALSE_ALARMS = 1;

/** Runs the auditor, as `command` starts it, and answers with its JSON report. */
export async function audit(command, paths, { options = [], env = {} } = {}) {
  const [program, ...args] = command;
  // Nothing of this machine's environment is taken for a known value.
  const secrets = Object.keys(process.env).filter((name) => /SECRET|PASSWORD|KEY|CLIENT_ID/i.test(name));
  const cleaned = Object.fromEntries(secrets.map((name) => [name, undefined]));
  const given = [...args, "audit", "--format", "json", ...options, ...paths];
  const { code, output } = await run(program, given, { env: { ...cleaned, ...env }, label: "audit" });
  try {
    const report = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1));
    // It names files as a person in this folder would.
    for (const one of [...report.findings, ...report.unread]) one.path = resolve(root, one.path);
    return { code, ...report };
  } catch {
    throw new Error(`the auditor ended with ${code}, and no report:\n${output.slice(-2000)}`);
  }
}

/** A folder of this run, which is gone after `use`. */
export async function withHome(use) {
  mkdirSync(join(target, "audit"), { recursive: true });
  const home = mkdtempSync(join(target, "audit/corpus-"));
  try {
    return await use(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Builds the corpus, has it audited, and answers with `{ positives, alarms, files, unread }`. */
export async function score(command, home) {
  const { groups, clean, known, clientId } = await makeCorpus(home);
  const positives = [];
  let unread = [];
  for (const [group, { folder, positives: wanted, known: isKnown }] of Object.entries(groups)) {
    const report = await audit(command, [folder], { env: isKnown ? { [KNOWN]: known } : {} });
    positives.push(...wanted.map((positive) => ({ group, ...positive, found: isFound(positive, folder, report) })));
    unread = unread.concat(report.unread);
  }
  const report = await audit(command, [clean.folder], { options: ["--client-id", clientId], env: { [KNOWN]: known } });
  return { positives, alarms: alarmsOf(report, clean.folder), files: clean.files, unread };
}

/** What stops a build or asks for a look; not what is only for information. */
const isAlarm = ({ severity }) => severity !== "info";

export const alarmsOf = (report, folder) =>
  report.findings.filter(isAlarm).map((finding) => ({ ...finding, path: relative(folder, finding.path) }));

function isFound({ path, values, kind }, folder, report) {
  const isIn = (finding) => finding.path === join(folder, path) || finding.path.startsWith(`${join(folder, path)}!`);
  return report.findings.some(
    (finding) =>
      finding.severity === "error" &&
      isIn(finding) &&
      (!kind || finding.kind === kind) &&
      (!values || values.includes(finding.value.sha256)),
  );
}

const percent = (found, all) => `${((100 * found) / all).toFixed(1)} %`;

/** One line for each shape: how many of how many, by tool. */
export function table(positives) {
  const lines = [];
  for (const group of new Set(positives.map((one) => one.group))) {
    const inGroup = positives.filter((one) => one.group === group);
    const tools = [...BUNDLERS, "file"].filter((tool) => inGroup.some((one) => one.tool === tool));
    lines.push("", `${group}: ${count(inGroup)} (${tools.join(", ")})`);
    for (const shape of new Set(inGroup.map((one) => one.shape))) {
      const ofShape = inGroup.filter((one) => one.shape === shape);
      const cells = tools.map((tool) => ofShape.filter((one) => one.tool === tool)).map((some) => (some.length ? count(some) : "-"));
      lines.push(`  ${shape.padEnd(26)} ${cells.map((cell) => cell.padEnd(5)).join(" ")}${ofShape.every(({ found }) => found) ? "" : "  <-"}`);
    }
  }
  return lines;
}

const count = (some) => `${some.filter(({ found }) => found).length}/${some.length}`;

/** The two figures, and whether they pass. */
export function verdict({ positives, alarms, files }) {
  const found = positives.filter((one) => one.found).length;
  const perThousand = (1000 * alarms.length) / files;
  return {
    lines: [
      `recall: ${found} of ${positives.length} positives, ${percent(found, positives.length)} (at least ${100 * RECALL} %)`,
      `false alarms: ${alarms.length} in ${files} clean files, ${perThousand.toFixed(2)} per 1,000 (at most ${FALSE_ALARMS})`,
    ],
    isGood: found / positives.length >= RECALL && perThousand <= FALSE_ALARMS,
  };
}

/** False alarms as lines: where, which, and what was taken for a secret, redacted. */
export const shown = (alarms, most = 40) => {
  const told = ({ path, line, column, kind, value, why }) =>
    `  ${kind}  ${path}:${line}:${column}  ${value.first}… (${value.length})  ${why}`;
  const lines = alarms.map(told);
  return lines.length > most ? [...lines.slice(0, most), `  and ${lines.length - most} more`] : lines;
};
