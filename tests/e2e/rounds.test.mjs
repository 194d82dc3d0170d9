// Eight tabs renew one session, round after round, at a server that ends it when a refresh token comes twice. A long run:
// `npm run soak:tabs -- --rounds 1000`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { startGate } from "../support/gate.mjs";
import { pack } from "../support/package.mjs";
import { startSignedIn } from "../support/tabs.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 25);
const TABS = 8;

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

for (const way of ["page", "worker"]) {
  inOneEngine(`rounds, ${way}`, (browser) => {
    test(`A210: ${TABS} tabs × ${ROUNDS} rounds: one renewal in each, and no tab is signed out`, async (t) => {
      const { first, tabs, line, sandbox } = await startSignedIn(t, browser, packed, { way, count: TABS });
      const gate = await startGate({ line, sandbox });
      t.after(() => gate.close());

      const began = performance.now();
      await first.ask("void rounds.lead(...arguments)", ROUNDS, TABS, gate.origin);
      for (let played = 0; played < ROUNDS; ) {
        const told = await until(`a round after ${played}`, async () => {
          const now = await first.ask("return rounds.told");
          return (now?.played > played || now?.faults.length) && now;
        });
        assert.deepEqual(told.faults, []);
        ({ played } = told);
      }
      await until("the last count", () => first.ask("return rounds.told.isDone"));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);

      const counted = gate.counts.slice(1);
      const sum = counted.reduce((total, count) => total + count, 0);
      t.diagnostic(`${browser.engine}, ${way}: ${ROUNDS} rounds in ${seconds} s; the server counted ${sum} refresh requests`);
      assert.deepEqual(counted, Array(ROUNDS).fill(1));
      assert.deepEqual(line.sentTwice, []);
      for (const tab of tabs) {
        assert.equal(await tab.me(), 200);
        assert.deepEqual(new Set((await tab.events()).slice(1)), new Set(["refreshed"]));
      }
      assert.deepEqual(sandbox.requests.filter(({ status }) => status !== 200 && status !== 204), []);
    });
  });
}
