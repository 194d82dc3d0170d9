// npm run check:mediator -- --start "…" | --url https://…: asks a token mediator for every sentence of docs/token-mediator.md.
// The kit is the page and Procore at once; it is in tests/mediator/kit/.

import { existsSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startProcore } from "../tests/mediator/kit/procore.mjs";
import { checks, report, runChecks } from "../tests/mediator/kit/run.mjs";
import { createSettings, environment, readSettings } from "../tests/mediator/kit/settings.mjs";
import { answering, foreign, started } from "../tests/mediator/kit/target.mjs";

const USAGE = `usage: npm run check:mediator -- --start "command" | --url https://app.example.com --settings file
  --start "command"   starts the mediator in a shell, with CHECK_… in its environment, and stops it
  --instances 2       it is so many of them, each of which says where it listens
  --url origin        where it listens; more than once for several instances; with --start if it does not say so by itself
  --settings file     what the mediator is configured with; made if it is not there; --url alone needs it
  --one-application   it knows one application only
  --journal           it knows after a restart what was under way
  --slow              checks that take minutes, too
  --only 12,13        these sentences`;

function readOptions() {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  const options = { start: text, url: { ...text, multiple: true }, settings: text, only: text, instances: text };
  const flags = { "one-application": flag, journal: flag, slow: flag };
  const { values } = parseArgs({ options: { ...options, ...flags } });
  if (!values.start && !values.url) throw new Error("--start or --url is missing");
  if (!values.start && !values.settings) throw new Error("--url needs --settings");
  const numbers = values.only?.split(",").map(Number);
  if (numbers?.some((number) => !checks.some(({ sentence }) => sentence === number)))
    throw new Error("--only takes numbers of sentences");
  return { ...values, urls: values.url?.map((url) => new URL(url).origin), only: numbers };
}

async function check({ start, urls, instances = 1, settings: file, only, slow, journal, "one-application": isOne }) {
  const settings = file && existsSync(file) ? readSettings(file) : createSettings();
  const close = [];
  const connect = async (fault) => {
    const procore = await startProcore({ clients: [settings.main, settings.other], port: settings.procorePort, fault });
    close.push(procore.close);
    if (file)
      writeFileSync(
        file,
        `${JSON.stringify({ ...settings, procorePort: Number(new URL(procore.origin).port) }, null, 2)}\n`,
        { mode: 0o600 },
      );
    const common = { urls, instances: Number(instances), isSlow: slow, hasOther: !isOne };
    if (start) {
      const target = await started({
        ...common,
        command: start,
        settings,
        loginOrigin: procore.origin,
        hasJournal: journal,
      });
      close.push(target.stop);
      return { procore, target };
    }
    for (const [name, value] of Object.entries(environment(settings, procore.origin))) console.log(`${name}=${value}`);
    console.log(`waiting for ${urls.join(", ")} …`);
    await answering(urls);
    return { procore, target: foreign(common) };
  };
  try {
    return await runChecks({ settings, connect, only: only && (({ sentence }) => only.includes(sentence)) });
  } finally {
    for (const one of close) await one();
  }
}

function refuse(error, more = "") {
  console.error(`check:mediator: ${error.message}${more}`);
  process.exit(2);
}

let options;
try {
  options = readOptions();
} catch (error) {
  refuse(error, `\n${USAGE}`);
}
const rows = await check(options).catch((error) => refuse(error));
for (const line of report(rows.filter(({ sentence }) => !options.only || options.only.includes(sentence))))
  console.log(line);
const count = (wanted) => rows.filter(({ result }) => result === wanted).length;
console.log(`\n${count("pass")} passed, ${count("fail")} failed, ${count("not seen")} not seen`);
process.exitCode = count("fail") ? 1 : 0;
