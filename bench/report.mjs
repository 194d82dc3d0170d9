// Numbers to tables. Milliseconds are this machine's own; ratios to the hand-written code are what can be compared.

import { cpus, loadavg } from "node:os";

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
export const median = (numbers) => sorted(numbers)[numbers.length >> 1];

/** Round by round, so that a slow moment of the machine slows down both. */
const ratio = (times, base) => median(times.map((time, round) => time / base[round]));

const count = (number) => number.toLocaleString("en");
const row = (cells) => `| ${cells.join(" | ")} |`;

/** One table for each stage: `{ title, engine, times: { contestant: [milliseconds of each round] } }`. */
function table({ title, engine, times }) {
  const [[, base]] = Object.entries(times);
  const rows = Object.entries(times).map(([name, each]) => {
    const [least, ...more] = sorted(each).map((time) => time.toFixed(time < 10 ? 3 : 1));
    return row([name, `× ${ratio(each, base).toFixed(2)}`, median(each).toFixed(median(each) < 10 ? 3 : 1), least, more.at(-1) ?? least]);
  });
  const [{ length }] = Object.values(times);
  const head = [row(["", "ratio", "median, ms", "min", "max"]), row(["---", "---:", "---:", "---:", "---:"])];
  return [`### ${title}: ${engine}, n = ${length}`, "", ...head, ...rows].join("\n");
}

export const tables = (results) => results.map(table).join("\n\n");

export function document({ results, sizes, command, browsers }) {
  const [{ model }] = cpus();
  const weights = Object.entries(sizes).map(([name, size]) => row([name, count(size)]));
  return `# Performance

Made by \`${command}\`, which writes this file anew. Measured on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} × ${model.trim()}, Node ${process.versions.node},
${browsers.join(", ")}, both headless. Load average at the end: ${Math.round(loadavg()[1])}, the browsers included.

Each contestant is bundled and minified by esbuild and served with brotli from this machine. Rounds are interleaved: every
round has each contestant once. A ratio is the median of the rounds' ratios to the first row of its table. The hand-written
code is [what a page needs at the least](../bench/contestants/hand-written.js): PKCE and state by WebCrypto, kept in
\`sessionStorage\`. Every login URL is looked at: challenge, method, redirect URI, a new state each time.

## Time

- *Start*: from the import of the script, in no cache, to the first login URL. *Slow phone* is the same in Chromium with
  150 ms latency, 1.6 Mbit/s and a processor 4 times as slow.
- *Login URL*: one more of them, when all is warm; the mean of 200 calls.
- *Callback*: from the URL of a response to the code and its verifier, by a state that is good once; the mean of 200. A response
  with another state has to be refused by each, before anything is measured.
- *A call of the API*: \`auth.fetch\` of a client that is signed in, and \`fetch\` with the same header, where the page's \`fetch\` answers
  at once; the mean of 2,000 calls. What the client adds is the difference.
- *Ready*: from \`createProcoreAuth()\` to the end of \`ready()\`, with the script there, in the page and in a worker.

${tables(results)}

## Size

Bytes at start after brotli-11, as esbuild ships them:

${[row(["", "bytes"]), row(["---", "---:"]), ...weights].join("\n")}
`;
}
