// Measures this package beside others, and beside hand-written code, in real browsers.
//
// usage: npm run bench [-- --rounds 25 --stages start,phone --also before=folder --dry]      (after npm run build)
//   --rounds N         how often each contestant has its turn (25)
//   --stages a,b       only these: start, phone, loginUrl, callback, fetch, ready
//   --also name=folder another build of this package, as one more contestant; may be given several times
//   --dry              writes no docs/performance.md

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { root, run } from "../scripts/run.mjs";
import { browsers } from "../scripts/setup.mjs";
import { buildContestants } from "./build.mjs";
import { document, tables } from "./report.mjs";
import { startSite } from "./site.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "25" },
    stages: { type: "string", default: "start,phone,loginUrl,callback,fetch,ready" },
    also: { type: "string", multiple: true, default: [] },
    dry: { type: "boolean", default: false },
  },
});
const WARM_UP = 1;
const READY = { index: "in the page", "worker": "in a worker, Blob", "worker /package/worker-script.js": "in a worker, workerUrl" };

/** 1.6 Mbit/s, as in the tools for developers of all browsers. */
const PHONE = { offline: false, latency: 150, download_throughput: 200_000, upload_throughput: 93_750 };

const STAGES = {
  start: { title: "Start" },
  phone: { title: "Start on a slow phone", stage: "start", engines: ["chromium"], isPhone: true },
  loginUrl: { title: "Login URL, warm" },
  // Those that say what a callback brings; the others redeem it at once.
  callback: { title: "Callback, warm", only: ["hand-written", "procore-spa-auth", "oauth4webapi", "oidc-client-ts"] },
  fetch: { title: "A call of the API, warm", names: { page: "fetch alone", package: "auth.fetch" } },
  ready: { title: "Ready", names: READY },
};

/** The times of each contestant, by its title: one in each round. */
async function measure(driver, origin, { stage, names, isPhone }, rounds) {
  if (isPhone) {
    await driver.setNetworkConditions(PHONE);
    await driver.sendDevToolsCommand("Emulation.setCPUThrottlingRate", { rate: 4 });
  }
  const times = Object.fromEntries(Object.values(names).map((title) => [title, []]));
  const order = Object.entries(names);
  for (let round = -WARM_UP; round < rounds; round++) {
    // Nobody always comes after the same other one.
    order.push(order.shift());
    for (const [contestant, title] of order) {
      await driver.get(`${origin}/page/index.html?${new URLSearchParams({ stage, contestant })}`);
      const text = await until(`${contestant}: ${stage}`, () => driver.executeScript("return document.body?.dataset.result"));
      const { time, error } = JSON.parse(text);
      if (error) throw new Error(`${contestant}, ${stage}: ${error}`);
      if (round >= 0) times[title].push(time);
    }
  }
  return times;
}

const install = await run("npm", ["ci", "--no-progress", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: here });
if (install.code) throw new Error(`bench: what to compare with can't be installed\n${install.output}`);
const found = await browsers();
for (const { env } of Object.values(found)) Object.assign(process.env, env);
// Only now, for it looks for its programs when it is loaded.
const { openBrowser, until } = await import("../tests/support/browsers.mjs");

const also = given.also.map((text) => text.split("=")).map(([name, folder]) => [name, resolve(process.env.INIT_CWD ?? ".", folder)]);
const { folder, names, sizes } = await buildContestants(also);
const site = await startSite({ "/package/": join(root, "pkg/dist"), "/page/": join(here, "page"), "/": folder });
const results = [];
const versions = [];
try {
  for (const engine of ["chromium", "firefox"]) {
    if (found[engine].reason) {
      console.log(`${engine}: ${found[engine].reason}`);
      continue;
    }
    const browser = await openBrowser(engine);
    try {
      const capabilities = await browser.driver.getCapabilities();
      versions.push(`${capabilities.getBrowserName()} ${capabilities.getBrowserVersion()}`);
      // Last what can't be taken back: the slow phone.
      const wanted = given.stages.split(",").sort((a, b) => Number(a === "phone") - Number(b === "phone"));
      for (const stage of wanted) {
        const { title, engines = [engine], only, ...how } = STAGES[stage];
        if (!engines.includes(engine)) continue;
        const contestants = Object.fromEntries(
          names.filter((name) => !only || only.includes(name) || also.some(([other]) => other === name)).map((name) => [name, name]),
        );
        const times = await measure(browser.driver, site.origin, { stage, names: contestants, ...how }, Number(given.rounds));
        results.push({ title, engine, times });
        console.log(`\n${tables(results.slice(-1))}`);
      }
    } finally {
      await browser.close();
    }
  }
} finally {
  await site.close();
}
for (const [name, size] of Object.entries(sizes)) console.log(`${String(size).padStart(8)} bytes brotli-11 at start  ${name}`);
if (!results.length) throw new Error("bench: no browser to measure in");
if (!given.dry) {
  mkdirSync(join(root, "docs"), { recursive: true });
  // Where another build lies on this machine is nobody's business.
  const options = process.argv.slice(2).map((option) => option.replace(/^(--also=)?([\w.-]+)=.*/, "$1$2=…"));
  const command = ["npm run bench", ...(options.length ? ["--", ...options] : [])].join(" ");
  writeFileSync(join(root, "docs/performance.md"), document({ results, sizes, command, browsers: versions }));
}
