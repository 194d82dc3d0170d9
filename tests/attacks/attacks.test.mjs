// Plays the hostile inputs of tests/vectors/attacks.jsonl to the packed package, in every engine that is here.
// ATTACKS names another file of the same form.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { openDoor, pages, startPages, startSink } from "../support/servers.mjs";
import { Windows } from "../popup/windows.mjs";
import { KEY } from "./app.mjs";
import { problems } from "./judge.mjs";
import { situation } from "./situations.mjs";

const here = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
const file = process.env.ATTACKS ?? join(root, "tests/vectors/attacks.jsonl");
const rows = readFileSync(file, "utf8")
  .split("\n")
  .filter((line) => line.trim())
  .map((line) => JSON.parse(line));

/** Each batch has a new page: a script must end in time, and WebKit allows a page 100 calls of replaceState in 10 s. */
const BATCH = 25;

let packed, page, frame, sink, elsewhere, strangers;
const servers = [];

before(async () => {
  packed = await pack();
  const folders = { "/package/": packed.dist, "/support/": pages, "/attacks/": here };
  const [door, longer] = await nestedDoors();
  frame = await startPages({ door, folders, fallback: join(here, "attacks-frame.html") });
  sink = await startSink();
  elsewhere = await startSink();
  page = frame.origin;
  const stranger = async (more) => {
    const server = await startPages({ folders: { "/attacks/": here }, fallback: join(here, "poster.html"), ...more });
    servers.push(server);
    return server.origin;
  };
  const severing = (policy) => stranger({ headers: { "cross-origin-opener-policy": policy } });
  const login = await stranger();
  strangers = {
    login,
    // Another site, for browsers.
    evil: login.replace("localhost", "127.0.0.1"),
    longer: await stranger({ door: longer }),
    opaque: await stranger({ policy: "sandbox allow-scripts" }),
    severing: [await severing("same-origin"), await severing("same-origin-allow-popups")],
  };
  servers.push(frame, sink, elsewhere);
});

after(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await packed?.remove();
});

/** Doors at two ports of which one begins with the other; so do the origins, for who does not compare to the end. */
async function nestedDoors() {
  for (;;) {
    const port = 2100 + Math.floor(Math.random() * 900);
    const both = await Promise.all([port, port * 10 + 1].map((one) => openDoor(one).catch(() => undefined)));
    if (both.every(Boolean)) return both;
    await Promise.all(both.map((door) => door?.close()));
  }
}

async function openHost(driver, origin = page) {
  await driver.get(`${origin}/attacks/attacks-host.html`);
  await until("the host page is ready", async () => (await driver.getTitle()) === "ready");
}

async function play(driver, plans) {
  const results = await driver.executeAsyncScript(
    "const [plans, done] = arguments; playAll(JSON.parse(plans)).then(done, (error) => done(JSON.stringify({ error: String(error.stack) })))",
    JSON.stringify(plans),
  );
  const parsed = JSON.parse(results);
  assert.ok(!parsed.error, parsed.error);
  return parsed;
}

/** The sign-in is begun in one tab, and answered in another. */
async function playInOtherTab(driver, plan) {
  const first = await driver.getWindowHandle();
  await driver.executeScript(
    "sessionStorage.clear(); for (const [key, value] of Object.entries(arguments[0])) sessionStorage.setItem(key, value)",
    plan.storage,
  );
  await driver.switchTo().newWindow("tab");
  try {
    await openHost(driver);
    const [result] = await play(driver, [{ ...plan, storage: {} }]);
    return result;
  } finally {
    await driver.close();
    await driver.switchTo().window(first);
    const kept = await driver.executeScript("return Object.keys(sessionStorage)");
    assert.ok(
      kept.some((key) => key.startsWith(KEY)),
      "the first tab lost its sign-in",
    );
  }
}

/** A user is there, who clicks where the page wants it. Another page may be around it. */
async function playWithWindows(driver, plan) {
  const windows = await Windows.of(driver);
  await openHost(driver);
  await driver.executeScript("localStorage.setItem('first-party', 'seen')");
  if (plan.around) await openHost(driver, plan.around);
  await driver.executeScript(
    "const frame = document.createElement('iframe'); [frame.name, frame.src] = arguments; document.body.append(frame)",
    JSON.stringify(plan),
    page + plan.page,
  );
  const enter = () => driver.switchTo().frame(0);
  await enter();
  try {
    const result = await until("the situation is over", async () => {
      const script = "return { wants: document.documentElement?.dataset.wants, result: window.result }";
      const { wants, result } = (await windows.ask(script)) ?? {};
      if (wants === "click") await windows.click("gesture");
      if (wants === "click in the window") {
        await driver.switchTo().window((await windows.handles()).find((handle) => handle !== windows.main));
        await windows.shows("lure");
        await windows.click("open");
        await windows.backToMain();
        await enter();
        await windows.ask("delete document.documentElement.dataset.wants");
      }
      return result;
    }).catch(() => JSON.stringify({ hung: true, steps: [] }));
    return { ...JSON.parse(result), leftovers: plan.leftovers ? await leftovers(windows) : [] };
  } finally {
    await windows.closeOthers();
  }
}

/** What the windows show that could not be closed. */
async function leftovers(windows) {
  const seen = [];
  for (const handle of await windows.handles()) {
    if (handle === windows.main) continue;
    await windows.driver.switchTo().window(handle);
    await windows.shows("opener_severed");
    const script = "return { url: location.href, text: document.body.textContent, hasOpener: opener !== null }";
    seen.push(await windows.ask(script));
  }
  return seen;
}

inTwoEngines("attacks", (browser) => {
  test("every row", async () => {
    const { driver, engine, sentinel } = browser;
    elsewhere.requests.length = 0;
    const context = { page, sink: sink.origin, elsewhere: elsewhere.origin, strangers };
    const todo = rows.map((row) => ({ row, ...situation(row, context) }));
    const planned = todo.filter(({ plan }) => plan && !plan.isInOtherTab && !plan.isPopup);
    for (let at = 0; at < planned.length; at += BATCH) {
      const batch = planned.slice(at, at + BATCH);
      await openHost(driver);
      let left = sink.departures.length;
      // Each row waits for its own arrival at the login page, so it has to know how many there were before it.
      for (const { plan } of batch) {
        plan.departures = left;
        if (plan.departs) left += 1;
      }
      const results = await play(
        driver,
        batch.map(({ plan }) => plan),
      );
      batch.forEach((each, index) => (each.result = results[index]));
    }
    for (const each of todo.filter(({ plan }) => plan?.isInOtherTab)) {
      each.result = await playInOtherTab(driver, each.plan);
    }
    for (const each of todo.filter(({ plan }) => plan?.isPopup)) {
      each.result = await playWithWindows(driver, each.plan);
    }

    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures = [];
    for (const { row, plan, result, skipped, unknown } of todo) {
      if (skipped) {
        counts.skipped += 1;
        if (process.env.VERBOSE) console.log(`skip ${row.id} ${engine}: ${skipped}`);
        continue;
      }
      const wrong = unknown
        ? [`expected ${row.expected}, got nothing: ${unknown}`]
        : problems(row, plan, result, { page, elsewhere: elsewhere.requests });
      counts[wrong.length ? "failed" : "passed"] += 1;
      if (wrong.length) failures.push(`FAIL ${row.id} ${engine}: ${wrong.join("; ").replace(/\s*\n\s*/g, " ")}`);
    }
    const tried = sentinel.reached;
    if (tried.length) {
      counts.failed += 1;
      failures.push(
        `FAIL network ${engine}: expected nothing to leave this machine, got requests to ${[...new Set(tried)]}`,
      );
    }
    console.log(
      [
        ...failures,
        `attacks in ${engine}:`,
        `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
      ].join("\n"),
    );
    assert.equal(counts.failed, 0, `${counts.failed} rows failed in ${engine}`);
    assert.ok(counts.passed > 0, "no row was played");
  });
});
