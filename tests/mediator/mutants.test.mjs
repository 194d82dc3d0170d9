// That the kit can fail: each of these mediators breaks one sentence, and the kit names it.

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import test from "node:test";
import { Worker } from "node:worker_threads";
import { mutants } from "./mutants/index.mjs";
import { sentences } from "./kit/run.mjs";

/** All mutants, judged. */
async function judgeAll() {
  const of = Math.min(4, availableParallelism());
  const judged = [];
  await Promise.all(
    Array.from({ length: of }, (_, share) => {
      // Whoever never answers is found out sooner.
      const env = { ...process.env, CHECK_PATIENCE_SECONDS: "20" };
      const worker = new Worker(new URL("mutants/worker.mjs", import.meta.url), { workerData: { share, of }, env });
      worker.on("message", (one) => judged.push(one));
      return new Promise((resolve, reject) => worker.once("error", reject).once("exit", resolve));
    }),
  );
  return judged;
}

test("the kit fails every mediator that breaks a sentence, by that sentence", async () => {
  const judged = await judgeAll();
  assert.equal(judged.length, mutants.length);
  assert.ok(judged.length >= 300);
  const alive = judged.filter(({ fault }) => !fault);
  assert.deepEqual(
    alive.map(({ sentence, name }) => `${sentence}: ${name}`),
    [],
  );
});

test("there are such mediators for every sentence, and none twice", () => {
  const broken = new Set(mutants.map(({ sentence }) => sentence));
  assert.deepEqual(
    [...sentences().keys()].filter((sentence) => !broken.has(sentence)),
    [],
  );
  const edits = mutants.map(({ edits }) => JSON.stringify(edits));
  const twice = mutants.filter(
    ({ sentence, edits: own }, index) =>
      edits.indexOf(JSON.stringify(own)) !== index && mutants[edits.indexOf(JSON.stringify(own))].sentence === sentence,
  );
  assert.deepEqual(
    twice.map(({ name }) => name),
    [],
  );
});
