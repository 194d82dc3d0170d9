// One stage in one browser: every contestant in every round, each on a page of its own.

import { PHONE } from "./stages.mjs";

const WARM_UP = 1;
/** Before the heap is looked at, so that what is made once is not counted for each. */
const FIRST_LOGINS = 200;

/** `{ part: { contestant: [value of each round] } }`. `logins`: how many the heap is asked about. `isShort`: only to see that it runs. */
export async function measure({ driver, until }, origin, { stage, contestants, parts, isPhone }, { rounds, logins, isShort }) {
  if (isPhone) {
    await driver.setNetworkConditions(PHONE);
    await driver.sendDevToolsCommand("Emulation.setCPUThrottlingRate", { rate: 4 });
  }
  const values = Object.fromEntries(
    Object.keys(parts).map((part) => [part, Object.fromEntries(contestants.map((name) => [name, []]))]),
  );
  const order = [...contestants];
  for (let round = isShort ? 0 : -WARM_UP; round < rounds; round++) {
    // Nobody always comes after the same other one.
    order.push(order.shift());
    for (const contestant of order) {
      if (!isShort || stage === "abandoned") await forget(driver, origin);
      await driver.get(`${origin}/page/index.html?${new URLSearchParams({ stage, contestant, ...(isShort && { short: "" }) })}`);
      const text = await until(`${contestant}: ${stage}`, () => driver.executeScript("return document.body?.dataset.result"));
      const { values: found, error } = JSON.parse(text);
      if (error) throw new Error(`${contestant}, ${stage}: ${error}`);
      if (stage === "heap") found.heap = await keptOfEach(driver, logins, isShort ? logins : FIRST_LOGINS);
      if (round >= 0) for (const part in parts) values[part][contestant].push(found[part]);
    }
  }
  return values;
}

/** What a page before has kept is not this one's. */
async function forget(driver, origin) {
  await driver.get(`${origin}/page/empty.html`);
  await driver.manage().deleteAllCookies();
  await driver.executeAsyncScript(`const done = arguments[0];
    for (const storage of [sessionStorage, localStorage]) storage.clear();
    indexedDB.databases().then((all) => Promise.all(all.map(({ name }) => new Promise((next) => {
      const deleting = indexedDB.deleteDatabase(name);
      deleting.onsuccess = deleting.onerror = deleting.onblocked = next;
    })))).then(() => done());`);
}

/** Bytes of the page's heap that each sign-in has left behind, after all garbage is gone. */
async function keptOfEach(driver, logins, firstLogins) {
  const signIn = (count) =>
    driver.executeAsyncScript("const done = arguments[1]; logins(arguments[0]).then(() => done(), (error) => done(String(error)))", count);
  const used = async () => {
    // What a finalizer lets go of is found by the next one.
    for (let time = 0; time < 3; time++) await driver.sendAndGetDevToolsCommand("HeapProfiler.collectGarbage", {});
    return (await driver.sendAndGetDevToolsCommand("Runtime.getHeapUsage", {})).usedSize;
  };
  const failed = await signIn(firstLogins);
  if (failed) throw new Error(failed);
  const before = await used();
  const failedLater = await signIn(logins);
  if (failedLater) throw new Error(failedLater);
  return ((await used()) - before) / logins;
}
