// Runs the checks, sentence by sentence of docs/token-mediator.md.

import { readFileSync } from "node:fs";
import { cookie } from "./checks/cookie.mjs";
import { renewing } from "./checks/renewing.mjs";
import { resuming } from "./checks/resuming.mjs";
import { signingIn } from "./checks/signing-in.mjs";
import { signingOut } from "./checks/signing-out.mjs";
import { whatItSays } from "./checks/what-it-says.mjs";
import { whoMayAsk } from "./checks/who-may-ask.mjs";
import { NotSeen, Scene } from "./scene.mjs";

export const checks = [...whoMayAsk, ...cookie, ...signingIn, ...renewing, ...resuming, ...signingOut, ...whatItSays];

const document = new URL("../../../docs/token-mediator.md", import.meta.url);

/** The numbered sentences, as they stand in the contract: number to text. */
export function sentences() {
  const text = readFileSync(document, "utf8").split("\n## The contract\n")[1].split("\n## ")[0];
  const found = text.matchAll(/^(\d+)\. (.+(?:\n {3,}.+)*)/gm);
  return new Map([...found].map(([, number, sentence]) => [Number(number), sentence.replace(/\s+/g, " ")]));
}

/**
 * What became of each sentence: `{ sentence, text, result, faults, notSeen, count }`. `result` is `pass`, `fail`, or `not seen`
 * if nothing of it could be checked; `faults` has each once, with how many checks have met it after the first. `only` says which checks are run, all of them if nothing is said.
 *
 * @param {{ settings: object, connect: (fault: Function) => Promise<{ procore: object, target: object }>, only?: (check: object) => boolean }} options
 */
export async function runChecks({ settings, connect, only = () => true }) {
  const empty = () => ({ faults: new Map(), notSeen: new Set(), count: 0 });
  const rows = new Map([...sentences()].map(([sentence, text]) => [sentence, { sentence, text, ...empty() }]));
  let now;
  // A fault is the sentence's that it breaks, whatever the check was for that has found it.
  const fault = (sentence, text) => {
    const { faults } = rows.get(sentence);
    const found = faults.get(text) ?? { first: now, checks: new Set() };
    faults.set(text, { ...found, checks: found.checks.add(now) });
  };
  const { procore, target } = await connect(fault);
  for (const check of checks.filter(only)) {
    now = check;
    const row = rows.get(check.sentence);
    try {
      await check.run(new Scene({ settings, procore, target, fault }));
      row.count++;
    } catch (error) {
      if (error instanceof NotSeen) row.notSeen.add(`${check.what}: ${error.message}`);
      else fault(check.sentence, within(check.what, error.message));
    }
  }
  return [...rows.values()].map((row) => ({
    ...row,
    result: row.faults.size ? "fail" : row.count ? "pass" : "not seen",
  }));
}

const within = (what, message) => (message.startsWith(what) ? message : `${what}: ${message}`);

/** One line a sentence, and one for each fault and each thing that could not be seen. */
export function* report(rows) {
  for (const { sentence, text, result, faults, notSeen, count } of rows) {
    yield `${result.padEnd(8)} ${String(sentence).padStart(2)}  ${short(text)}${count ? ` (${count})` : ""}`;
    for (const [fault, { first, checks: all }] of faults) {
      const where = first.sentence === sentence ? first.what : `${first.sentence}: ${first.what}`;
      const more = all.size > 1 ? `, and in ${all.size - 1} checks more` : "";
      yield `             ${fault}${fault.startsWith(where) ? "" : ` (in ${where}${more})`}`;
    }
    for (const what of notSeen) yield `             not seen: ${what}`;
  }
}

const short = (text) => (text.length > 90 ? `${text.slice(0, 89).replace(/\s+\S*$/, "")} …` : text);
