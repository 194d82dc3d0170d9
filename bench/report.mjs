// Numbers to tables. Milliseconds are this machine's own; ratios to the hand-written code are what can be compared.

import { cpus, loadavg } from "node:os";
import { TITLES } from "./stages.mjs";

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
export const median = (numbers) => sorted(numbers)[numbers.length >> 1];

/** Round by round, so that a slow moment of the machine slows down both. */
const ratio = (values, base) => median(values.map((value, round) => value / base[round]));

const count = (number) => Math.round(number).toLocaleString("en");
const row = (cells) => `| ${cells.join(" | ")} |`;
const shown = (name, names = {}) => names[name] ?? TITLES[name] ?? name;
const time = (milliseconds) => milliseconds.toFixed(milliseconds < 10 ? 3 : 1);

/** One stage in one browser: `{ title, engine, values: { contestant: [value of each round] }, unit, names, lacks }`. */
export function section({ title, engine, values, unit = "ms", names, lacks = {} }) {
  const isTime = unit === "ms";
  const number = isTime ? time : count;
  const base = Object.values(values)[0];
  const rows = Object.entries(values).map(([name, each]) => {
    const [least, most] = [Math.min(...each), Math.max(...each)];
    const compared = isTime ? [`× ${ratio(each, base).toFixed(2)}`] : [];
    return row([shown(name, names), ...compared, ...[median(each), least, most].map(number)]);
  });
  const absent = Object.entries(lacks).map(([name, why]) => row([shown(name, names), ...(isTime ? ["–"] : []), why, "", ""]));
  const [{ length }] = Object.values(values);
  const heads = ["", ...(isTime ? ["ratio"] : []), unit ? `median, ${unit}` : "median", "min", "max"];
  const head = [row(heads), row(heads.map((_, at) => (at ? "---:" : "---")))];
  return [`### ${title}: ${engine}, n = ${length}`, "", ...head, ...rows, ...absent].join("\n");
}

export function sizes(contestants) {
  const cells = contestants.map(({ name, sizes }) => row([shown(name), ...["main", "session"].map((script) => (sizes[script] ? count(sizes[script]) : "–"))]));
  return [row(["", "to a login URL", "to a session"]), row(["---", "---:", "---:"]), ...cells].join("\n");
}

export function document({ results, contestants, command, browsers }) {
  const [{ model }] = cpus();
  return `# Performance

Made by \`${command}\`, which writes this file anew. Measured on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} × ${model.trim()}, Node ${process.versions.node},
${browsers.join(", ")}, both headless. Load average at the end: ${Math.round(loadavg()[1])}, the browsers included.

Each contestant is bundled and minified by esbuild and served with brotli from this machine. Rounds are interleaved: every
round has each contestant once, on a page of its own. A ratio is the median of the rounds' ratios to the first row of its table. The
hand-written code is [what a page needs at the least](../bench/contestants/hand-written.js): PKCE and state by WebCrypto, kept in
\`sessionStorage\`. Before anything is measured, each contestant signs in over https at a server that compares its code verifier with its
challenge, and has to refuse a response with another state without asking the server. What a contestant can't do is in its row.

## Time

- *Start*: from the import of the script, in no cache, to the first login URL. *Slow phone* is the same in Chromium with
  150 ms latency, 1.6 Mbit/s and a processor 4 times as slow.
- *Login URL*: one more of them, when all is warm; the mean of 200 calls. \`@procore/js-sdk\` puts neither state nor challenge into it.
- *Callback*: from the URL of a response to the code and its verifier, by a state that is good once; the mean of 200.
- *Callback to token*: the same, and on to the session, where the page's \`fetch\` answers the token endpoint's part at once; the mean of 50.
- *A call of the API*: \`auth.fetch\` of a client that is signed in, and \`fetch\` with the same header, where the page's \`fetch\` answers
  at once; the first after the sign-in, the thousandth (the mean of ten), and the mean of 2,000 after that. What the client adds is the
  difference.
- *Ready*: from \`createProcoreAuth()\` to the end of \`ready()\`, with the script there, in the page and in a worker; and the turn that begins it,
  in which the browser paints nothing. What a worker that does nothing takes is the browser's own part.
- *150 ms away*: what [lines in the head](first-sign-in.md#6-start-early) save. Page, login server and API are each behind a proxy that takes 75 ms each
  way; the rounds of an app that awaits \`auth.start()\` and then calls the API, as the servers see them.

${timesOf(results)}

## What remains

- *Abandoned*: 200 sign-ins are begun and none comes back: what is then in \`sessionStorage\`, \`localStorage\`, cookies and IndexedDB.
- *Memory*: what each of many sign-ins leaves in the page's heap, after all garbage is collected. A worker's heap is its own, and not in it.

${restOf(results)}

## Size

Bytes at start after brotli-11, as esbuild ships them: of what gives a login URL and judges a callback, and of what signs in, with the code
redeemed.

${sizes(contestants)}
`;
}

const sections = (results) => results.map(section).join("\n\n") || "Not measured.";
const timesOf = (results) => sections(results.filter(({ unit }) => unit === undefined));
const restOf = (results) => sections(results.filter(({ unit }) => unit !== undefined));
