// Runs the kit against a share of the mutants, several at a time, for most of a check is waiting. Posts `{ name, sentence, fault }`
// for each of them; without a fault it is alive.

import { parentPort, workerData } from "node:worker_threads";
import { checkHandler } from "../in-process.mjs";
import { load, mutants, mutate, readSource } from "./index.mjs";

const AT_ONCE = 6;
const files = await readSource();
const { share, of } = workerData;
const mine = mutants.map((mutant, number) => ({ ...mutant, number })).filter(({ number }) => number % of === share);

async function judge({ sentence, name, hasJournal, edits, number }) {
  const { createMediator, createStore } = await load(mutate(files, { name, edits }), number);
  // Two instances, so that what they share is a fault's place, too.
  const rows = await checkHandler({
    create: createMediator,
    createStore,
    instances: 2,
    hasJournal,
    only: (check) => check.sentence === sentence,
  });
  const [fault] = rows.find((row) => row.sentence === sentence).faults.keys();
  parentPort.postMessage({ name, sentence, fault });
}

const queue = mine.values();
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const mutant of queue) await judge(mutant);
  }),
);
