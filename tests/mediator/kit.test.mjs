// The JavaScript mediator and its mounts, asked by the conformance kit for every sentence of docs/token-mediator.md.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { tmpdir } from "node:os";
import test from "node:test";
import { createRequestListener } from "@remix-run/node-fetch-server";
import { createMediator } from "../../examples/token-mediator/mediator.mjs";
import { createStore } from "../../examples/token-mediator/store.mjs";
import { root, run } from "../../scripts/run.mjs";
import { checkHandler, optionsFor } from "./in-process.mjs";
import { checks, report, sentences } from "./kit/run.mjs";

const kit = (...args) => run(process.execPath, ["scripts/check-mediator.mjs", ...args], { label: "check:mediator" });

test("every sentence of the contract has checks, and they are of no other", () => {
  const checked = new Set(checks.map(({ sentence }) => sentence));
  assert.deepEqual(
    [...checked].sort((a, b) => a - b),
    [...sentences().keys()],
  );
});

for (const [what, options] of Object.entries({
  "one instance": { instances: 1 },
  "three instances": { instances: 3 },
  "a store that outlives it": { instances: 2, hasJournal: true },
})) {
  test(`the JavaScript mediator keeps every sentence, with ${what}`, async () => {
    const rows = await checkHandler({ create: createMediator, createStore, ...options });
    assert.deepEqual(
      rows.filter(({ result }) => result !== "pass").flatMap((row) => [...report([row])]),
      [],
    );
    const notSeen = rows.flatMap((row) => [...row.notSeen]);
    if (options.hasJournal) assert.deepEqual(notSeen, []);
    // What an instance that was killed has sent is known to nobody, without a journal.
    else for (const reason of notSeen) assert.match(reason, /--journal/);
  });
}

// What the Durable Object stores outlives it.
const mounts = { node: [], express: [], next: [], worker: ["--journal"] };

test("so do its mounts, as programs of their own", async (t) => {
  // All at once, for most of it is waiting.
  rmSync(join(root, "target/worker"), { recursive: true, force: true });
  const command = (mount) => `exec ${process.execPath} tests/mediator/mount.mjs ${mount}`;
  const ask = async ([mount, more]) => [mount, await kit("--start", command(mount), ...more)];
  for (const [mount, { code, output }] of await Promise.all(Object.entries(mounts).map(ask))) {
    await t.test(mount, () => {
      assert.equal(code, 0, output);
      assert.match(output, /^25 passed, 0 failed, 0 not seen$/m);
    });
  }
});

/** A mediator that somebody else has started, as its owner would: by what the kit says. */
async function checkRunning(t, change) {
  const folder = mkdtempSync(join(tmpdir(), "check-mediator-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "settings.json");
  let mediate;
  const listener = createRequestListener((request) => {
    const settings = JSON.parse(readFileSync(file, "utf8"));
    mediate ??= createMediator(
      optionsFor(change(settings), `http://127.0.0.1:${settings.procorePort}`, { log: () => {} }),
    );
    return mediate(request);
  });
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return kit("--url", `http://127.0.0.1:${server.address().port}`, "--settings", file);
}

test("a mediator that is running already can be asked, and what can't be seen then is said", async (t) => {
  const { code, output } = await checkRunning(t, (settings) => settings);
  assert.equal(code, 0, output);
  assert.match(output, /^CHECK_CLIENT_SECRET=/m);
  assert.match(output, /not seen: a cookie of another key: only a mediator that the kit starts/);
  assert.match(output, /^24 passed, 0 failed, 1 not seen$/m);
});

test("a mediator that is configured with another secret fails, with an exit code", async (t) => {
  const { code, output } = await checkRunning(t, (settings) => ({
    ...settings,
    main: { ...settings.main, clientSecret: "another" },
  }));
  assert.equal(code, 1);
  assert.match(output, /^fail {6}7 /m);
  assert.match(output, /a request came without the client secret/);
});

test("how it is called is said to whoever calls it otherwise", async () => {
  for (const args of [[], ["--url", "http://127.0.0.1:1"], ["--start", "true", "--only", "99"], ["--other"]]) {
    const { code, output } = await kit(...args);
    assert.equal(code, 2, output);
    assert.match(output, /usage: npm run check:mediator/);
  }
  const { code, output } = await kit("--start", "echo no; exit 3");
  assert.equal(code, 2);
  assert.match(output, /^check:mediator: the mediator can't be checked: it has ended:\nno$/m);
});
