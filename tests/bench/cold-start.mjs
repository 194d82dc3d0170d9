// How much longer a client in a worker takes to start than one in the page, as a ratio: the milliseconds are this
// machine's own.
//
// usage: node tests/bench/cold-start.mjs [--loads 40]      (after npm run build)
//
// Each load is a new page with the package in the HTTP cache; the modes take turns. `start` is from
// createProcoreAuth() to the end of ready(), `import + start` begins before the script is loaded from that cache.

import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { root } from "../../scripts/run.mjs";
import { browsers } from "../../scripts/setup.mjs";

const MODES = { page: "in the page", blob: "in a worker, Blob", served: "in a worker, workerUrl" };
const WARM_UP = 3;
const here = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
const flag = process.argv.indexOf("--loads");
const loads = flag < 0 ? 40 : Number(process.argv[flag + 1]);

const found = await browsers();
for (const { env } of Object.values(found)) Object.assign(process.env, env);
// Only now, for they look for their programs when they are loaded.
const { openBrowser, until } = await import("../support/browsers.mjs");
const { WORKER_POLICY } = await import("../support/app.mjs");
const { startPages } = await import("../support/servers.mjs");

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

async function measure(engine) {
  const site = await startPages({
    folders: { "/package/": join(root, "pkg/dist"), "/bench/": here },
    policy: WORKER_POLICY,
    headers: { "cache-control": "max-age=3600" },
  });
  const browser = await openBrowser(engine);
  const times = Object.fromEntries(Object.keys(MODES).map((mode) => [mode, { start: [], whole: [] }]));
  try {
    for (let load = -WARM_UP; load < loads; load += 1) {
      for (const mode of Object.keys(MODES)) {
        await browser.driver.get(`${site.origin}/bench/cold-start.html?mode=${mode}`);
        const text = await until("it has started", () =>
          browser.driver.executeScript("return document.body?.dataset.times"),
        );
        if (load < 0) continue;
        for (const [name, time] of Object.entries(JSON.parse(text))) times[mode][name].push(time);
      }
    }
  } finally {
    await browser.close();
    await site.close();
  }
  return times;
}

for (const engine of ["chromium", "firefox"]) {
  if (found[engine].reason) {
    console.log(`${engine}: ${found[engine].reason}`);
    continue;
  }
  const times = await measure(engine);
  console.log(`${engine}, medians of ${loads} loads each:`);
  for (const [mode, title] of Object.entries(MODES)) {
    const [start, whole] = [median(times[mode].start), median(times[mode].whole)];
    const ratio = (time, base) => `${time.toFixed(1)} ms (× ${(time / median(base)).toFixed(2)})`;
    console.log(
      `  ${title.padEnd(24)} start ${ratio(start, times.page.start)}, import + start ${ratio(whole, times.page.whole)}`,
    );
  }
}
