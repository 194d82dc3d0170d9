// npm run audit:score: recall on the seeded corpus and false alarms on what others have published; fails below the gates.

import { alarmsOf, audit, score, shown, table, verdict, withHome } from "../tests/audit/score.mjs";
import { countEmitted, fetchPackages, packages } from "../tests/audit/corpus/clean.mjs";
import { auditor } from "./auditor.mjs";
import { root } from "./run.mjs";
import { join } from "node:path";

const { command, reason } = await auditor();
if (reason) throw new Error(reason);

console.log(`fetching ${packages.length} packages …`);
const { tarballs, reason: lacking } = await fetchPackages();
if (lacking) throw new Error(`the clean packages can't be fetched: ${lacking}`);

const result = await withHome((home) => score(command, home));
for (const line of table(result.positives)) console.log(line);

// The demo, which talks of client secrets all the time, and the package that it uses.
const own = [join(root, "www"), join(root, "pkg/dist")];
const published = await audit(command, tarballs);
const ours = await audit(command, own);
const emitted = (await Promise.all(tarballs.map(countEmitted))).reduce((sum, count) => sum + count, 0);
result.files += emitted + ours.files;
result.alarms = [...result.alarms, ...alarmsOf(published, root), ...alarmsOf(ours, root)];

const infos = published.counts.infos;
console.log(`\nclean: ${packages.length} packages, ${emitted} emitted files, ${published.bytes} bytes; ${infos} values for information only`);
for (const line of shown(result.alarms)) console.log(line);
for (const { path, reason, detail } of [...published.unread, ...ours.unread]) console.log(`  unread: ${path}: ${reason} ${detail}`);
const { lines, isGood } = verdict(result);
console.log(`\n${lines.join("\n")}`);
process.exitCode = isGood ? 0 : 1;
