// Measures this package beside others, and beside hand-written code, in real browsers.
//
// usage: npm run bench [-- --rounds 25 --stages start,phone --engines chromium --also before=folder --dry]   (after npm run build)
//   --rounds N         how often each contestant has its turn (25)
//   --logins N         after how many sign-ins the heap is looked at (10,000)
//   --stages a,b       only these; all are in stages.mjs
//   --engines a,b      only these: chromium, firefox
//   --also name=folder another build of this package, as one more contestant; may be given several times
//   --dry              writes no docs/performance.md, which all else is for
//   --short            two rounds of everything, in which little is done: whether it still runs, and no times; writes nothing

import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { root, run } from "../scripts/run.mjs";
import { browsers } from "../scripts/setup.mjs";
import { buildContestants } from "./build.mjs";
import { makeCertificate } from "./certificate.mjs";
import { checkContestants } from "./check.mjs";
import { measureHead } from "./head/head.mjs";
import { createLoginServer } from "./login-server.mjs";
import { measure } from "./measure.mjs";
import { document, section, sizes } from "./report.mjs";
import { startSite } from "./site.mjs";
import { STAGES } from "./stages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "25" },
    logins: { type: "string", default: "10000" },
    stages: { type: "string", default: Object.keys(STAGES).join() },
    engines: { type: "string", default: "chromium,firefox" },
    also: { type: "string", multiple: true, default: [] },
    dry: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
  },
});
const unknown = given.stages.split(",").find((stage) => !Object.hasOwn(STAGES, stage));
if (unknown) throw new Error(`bench: no stage is called ${unknown}; there are ${Object.keys(STAGES).join(", ")}`);

/** Of a short run, in other engines: what has shown that it differs there. */
const ELSEWHERE = ["start", "redeem", "calls", "ready"];
const [wantedRounds, logins] = given.short ? [2, 20] : [Number(given.rounds), Number(given.logins)];

const install = await run("npm", ["ci", "--no-progress", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: here });
if (install.code) throw new Error(`bench: what to compare with can't be installed\n${install.output}`);
const found = await browsers();
for (const { env } of Object.values(found)) Object.assign(process.env, env);
// Only now, for it looks for its programs when it is loaded.
const { openBrowser, until } = await import("../tests/support/browsers.mjs");

const also = given.also.map((text) => text.split("=")).map(([name, folder]) => [name, resolve(process.env.INIT_CWD ?? ".", folder)]);
const { folder, contestants } = await buildContestants(also);
const folders = { "/package/": join(root, "pkg/dist"), "/page/": join(here, "page"), "/": folder };
const site = await startSite(folders);
const login = createLoginServer();
const secure = await startSite({ "/callback/": join(here, "page/check.html"), ...folders }, { certificate: makeCertificate(), answer: login.answer });
const results = [];
const versions = [];
try {
  for (const engine of given.engines.split(",")) {
    if (found[engine].reason) {
      console.log(`${engine}: ${found[engine].reason}`);
      continue;
    }
    const browser = await openBrowser(engine, { isTrusting: true });
    try {
      const { driver } = browser;
      const capabilities = await driver.getCapabilities();
      versions.push(`${capabilities.getBrowserName()} ${capabilities.getBrowserVersion()}`);
      if (!given.short || engine === "chromium") await checkAll(driver, engine);
      await measureAll(driver, engine);
    } finally {
      await browser.close();
    }
  }
} finally {
  await site.close();
  await secure.close();
}

async function checkAll(driver, engine) {
  const signingIn = contestants.filter(({ exports }) => exports.includes("session")).map(({ name }) => name);
  const said = await checkContestants({ driver, until }, { origin: secure.origin, login }, signingIn);
  for (const [name, error] of Object.entries(said)) console.log(`${engine}: ${name} signs in; another state: ${error}`);
}

async function measureAll(driver, engine) {
  // Last what can't be taken back: the slow phone.
  const wanted = given.stages.split(",").sort((a, b) => Number(a === "phone") - Number(b === "phone"));
  for (const name of wanted) {
    const stage = STAGES[name];
    if (stage.engines && !stage.engines.includes(engine)) continue;
    if (given.short && engine !== "chromium" && !ELSEWHERE.includes(name)) continue;
    const able = contestants.filter(({ name, exports }) => exports.includes(stage.needs) && !stage.without?.includes(name));
    // A slow phone is slow.
    if (given.short && stage.isPhone) able.splice(2);
    const how = { stage: name, contestants: able.map((one) => one.name), ...stage };
    const rounds = Math.min(wantedRounds, stage.most ?? Infinity);
    const values =
      name === "head"
        ? await measureHead({ driver, until }, given.short ? 1 : rounds)
        : await measure({ driver, until }, site.origin, how, { rounds, logins, isShort: given.short });
    for (const [part, title] of Object.entries(stage.parts)) {
      results.push({ ...stage, title, engine, values: values[part] });
      console.log(`\n${section(results.at(-1))}`);
    }
  }
}

console.log(`\n${sizes(contestants)}`);
if (!results.length) throw new Error("bench: no browser to measure in");
if (!given.dry && !given.short) {
  // Where another build lies on this machine is nobody's business.
  const options = process.argv.slice(2).map((option) => option.replace(/^(--also=)?([\w.-]+)=.*/, "$1$2=…"));
  const command = ["npm run bench", ...(options.length ? ["--", ...options] : [])].join(" ");
  writeFileSync(join(root, "docs/performance.md"), document({ results, contestants, command, browsers: versions }));
}
