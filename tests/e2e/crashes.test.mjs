// A tab, or its worker, dies at each step of a renewal and of a sign-in: whoever comes next finds what is true, nothing
// is sent twice, and no lock is left.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inOneEngine, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { handIn, startSignedIn } from "../support/tabs.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const STATUS = "(await auth.refresh()).status";

/**
 * Where a tab dies. `stops`: at this step of the stage. `holds`: while the line holds the request, or its answer.
 * `sent`: how many requests the server has got by then. `status`: what the session is from then on, for everybody.
 */
const RENEWAL = [
  { name: "before it asks for the lock", stops: "lock", sent: 0, status: "fresh" },
  { name: "while it waits for the lock", waits: true, sent: 0, status: "fresh" },
  { name: "with the lock, and nothing is written", stops: "locked", sent: 0, status: "fresh" },
  { name: "written down as out, and not sent", stops: "send", sent: 0, status: "in_doubt" },
  { name: "sent, and the server has not done it", holds: "hold", sent: 1, status: "in_doubt" },
  { name: "the server has done it", holds: "holdAnswer", sent: 1, status: "in_doubt" },
  { name: "the answer is here, and not read", stops: "answer", sent: 1, status: "in_doubt" },
  { name: "the answer is read, and not kept", holds: "holdAnswer", stops: "locked", sent: 1, status: "in_doubt" },
  { name: "kept, and the lock is not released", stops: "release", sent: 1, status: "fresh" },
];
const SIGN_IN = [
  { name: "before the code is sent", stops: "send", sent: 0 },
  { name: "sent, and the server has not done it", holds: "hold", sent: 1 },
  { name: "the server has done it", holds: "holdAnswer", sent: 1 },
  { name: "the answer is here, and not read", stops: "answer", sent: 1 },
  { name: "the answer is read, and not kept", holds: "holdAnswer", stops: "locked", sent: 1 },
];

/** How a tab dies. Answers with the tab that comes after it. */
const DEATHS = {
  reloaded: async (tab) => (await tab.reload(), tab),
  left: async (tab) => (await tab.leave(), await tab.open(), tab),
  closed: async (tab) => (await tab.close(), tab.app.newTab()),
  "its worker ended": async (tab) => (await tab.ask("stage.killWorker()"), await tab.hears("reauth_required"), tab),
};
const DEATHS_IN = {
  page: { renewal: ["reloaded", "left", "closed"], signIn: ["reloaded", "closed"] },
  worker: { renewal: ["left", "its worker ended"], signIn: ["its worker ended"] },
};

const TAKE_LOCK = `
  const name = "procore-spa-auth sandbox:" + arguments[0] + " renewal";
  navigator.locks.request(name, () => new Promise((letGo) => (window.letGo = letGo)));
`;
const WAITING = `
  const done = arguments[arguments.length - 1];
  navigator.locks.query().then(({ pending }) => done(pending.filter(({ name }) => name.endsWith(" renewal")).length));
`;

for (const way of ["page", "worker"]) {
  inOneEngine(`crashes, ${way}`, (browser) => {
    const { renewal: deaths, signIn: signInDeaths } = DEATHS_IN[way];
    const points = RENEWAL.length * deaths.length;

    test(`${points} deaths in a renewal`, async (t) => {
      const app = await startSignedIn(t, browser, packed, { way });
      const { first, line, sandbox } = app;
      const waiting = async () => (await first.focus(), browser.driver.executeAsyncScript(WAITING));

      /** Brings a tab to the point. Answers with what lets the world go on after its death. */
      const bring = async (tab, { stops, holds, waits }) => {
        if (waits) {
          await first.ask(TAKE_LOCK, sandbox.clientId);
          await tab.begin(STATUS);
          await until("the tab waits for the lock", waiting);
          return async () => {
            await first.ask("letGo()");
            await until("the lock is free", async () => (await first.look()).locks === 0);
          };
        }
        const gate = holds && line[holds]();
        if (stops && !holds) await tab.set({ plans: { [stops]: "hang" } });
        await tab.begin(STATUS);
        if (!gate) return void (await tab.reaches(stops));
        await gate.arrived();
        if (!stops) return gate.open;
        await tab.set({ plans: { [stops]: "hang" } });
        gate.open();
        await tab.reaches(stops);
      };

      for (const death of deaths) {
        for (const point of RENEWAL) {
          await t.test(`${point.name}: ${death}`, async () => {
            assert.equal((await first.signInHere()).value?.handled, true);
            const victim = app.victim ?? (await app.newTab());
            if (app.victim) await victim.open();
            assert.equal(await victim.status(), "fresh");
            line.tokens.length = 0;
            const goOn = await bring(victim, point);
            const next = (app.victim = await DEATHS[death](victim));
            await goOn?.();

            const { status } = point;
            assert.deepEqual(await next.look(), { status, me: 200, locks: 0 });
            assert.equal(line.refreshes, point.sent);
            for (const tab of [next, first]) {
              const { value, error } = await tab.call(STATUS);
              assert.equal(value ?? error, status === "fresh" ? "fresh" : "reauth_required");
              assert.deepEqual(await tab.look(), { status, me: 200, locks: 0 });
              // A tab that has not heard of a renewal yet needs none of its own.
              if (tab === next && status === "fresh") await first.hears("refreshed");
            }
            assert.equal(line.refreshes, point.sent + (status === "fresh" ? 2 : 0));
            assert.deepEqual(line.sentTwice, []);
          });
        }
      }
      t.diagnostic(`${browser.engine}, ${way}: ${points} crash points of a renewal`);
    });

    const codes = SIGN_IN.length * signInDeaths.length;
    test(`${codes} deaths in a sign-in, which leave the session before it as it was`, async (t) => {
      const app = await startSignedIn(t, browser, packed, { way });
      const { first, line } = app;
      for (const death of signInDeaths) {
        for (const { name, stops, holds, sent } of SIGN_IN) {
          await t.test(`${name}: ${death}`, async () => {
            const victim = app.victim ?? (await app.newTab());
            const response = await victim.signInThere();
            line.tokens.length = 0;
            const gate = holds && line[holds]();
            const plans = stops && !holds ? { [stops]: "hang" } : {};
            // A page comes back by a redirect; a worker that was begun on a stage would begin again on the same one.
            if (way === "page") await victim.beginOn({ plans }, response);
            else await victim.set({ plans }).then(() => victim.begin(handIn(response)));
            await gate?.arrived();
            if (gate && stops) {
              await victim.set({ plans: { [stops]: "hang" } });
              gate.open();
            }
            if (stops) await victim.reaches(stops);
            const next = (app.victim = await DEATHS[death](victim));
            gate?.open();

            assert.doesNotMatch(await next.url(), /[?&](code|state)=/);
            for (const tab of [next, first]) {
              assert.deepEqual(await tab.look(), { status: "fresh", me: 200, locks: 0 });
              assert.deepEqual(await tab.call(STATUS), { value: "fresh" });
            }
            assert.equal(line.tokens.length - line.refreshes, sent);
            assert.equal(line.refreshes, 2);
            assert.deepEqual(line.sentTwice, []);
          });
        }
      }
      assert.equal((await app.victim.signIn()).value?.handled, true);
      assert.deepEqual(await first.look(), { status: "fresh", me: 200, locks: 0 });
      t.diagnostic(`${browser.engine}, ${way}: ${codes} crash points of a sign-in`);
    });

    test("left and come back to, from wherever the browser keeps it: it knows what has happened since", async (t) => {
      const app = await startSignedIn(t, browser, packed, { way, count: 2 });
      const { tabs: [first, second], line } = app;
      await second.leave();
      assert.deepEqual(await first.call(STATUS), { value: "fresh" });
      await second.back();
      await second.becomes("fresh");
      assert.deepEqual(await second.look(), { status: "fresh", me: 200, locks: 0 });
      assert.deepEqual(await second.call(STATUS), { value: "fresh" });
      assert.equal(line.refreshes, 2);
      // In the middle of a renewal, which the browser may break off, or let go on.
      const held = line.holdAnswer();
      await second.begin(STATUS);
      await held.arrived();
      await second.leave();
      assert.equal((await first.call(STATUS)).error, "reauth_required");
      held.open();
      await second.back();
      await until("it knows", async () => ["in_doubt", "fresh"].includes(await second.status()));
      assert.deepEqual(await second.look(), { status: await second.status(), me: 200, locks: 0 });
      await first.signInHere();
      await second.leave();
      // Of the session before this sign-in nobody knows whether its refresh token lives.
      assert.deepEqual(await first.call("auth.signOut()"), { value: { outcome: "revoke_pending" } });
      await second.back();
      await second.becomes("signed_out");
      assert.equal(await second.me(), "not_signed_in");
      assert.deepEqual(line.sentTwice, []);
    });

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
