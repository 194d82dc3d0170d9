// Proves what ARCHITECTURE.md says of pkg/src and of www: each room uses only itself and the rooms below it, and no file uses itself by way
// of others. What is loaded later (`import()`) is nobody's foundation, so it may lead anywhere. No function is long.
//
// usage: node scripts/check-rooms.mjs [pkg/src | www] [folder of the sources]

import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";
import { root } from "./run.mjs";

/** From the bottom up. The entries stand outside of all rooms, and nothing uses them. */
const HOUSES = {
  "pkg/src": ["types", "boundary", "engine", "page", "worker", "check-up", "testing", "adapters", "."],
  www: ["base", "flow", "panels", "."],
};
const [name = "pkg/src", sources = name] = process.argv.slice(2);
const ROOMS = HOUSES[name];
const folder = resolve(root, sources);

const faults = [];
// The demo's server is a house of its own.
const files = readdirSync(folder, { recursive: true }).filter((file) => /\.[jt]s$/.test(file) && !file.startsWith("server/"));
const roomOf = (file) => dirname(file).split("/")[0];

/** What a file uses from the start, as paths from `folder`. */
function usesOf(file) {
  const text = readFileSync(join(folder, file), "utf8");
  const paths = [...text.matchAll(/^(?:import|export)[^;]*? from "(\.[^"]+)";/gm)].map(([, path]) => normalize(join(dirname(file), path)));
  return paths.map((path) => (files.includes(path) ? path : path.replace(/\.js$/, ".d.ts")));
}

/** A function that is read at once. */
const MAX_LINES = 60;

/** Those that stand by themselves, as they are formatted; what stands in one is shorter. */
function refuseLongFunctions(file) {
  let begun;
  for (const [index, line] of readFileSync(join(folder, file), "utf8").split("\n").entries()) {
    const [, name] = /^(?:export )?(?:async )?(?:const|function) (\w+)/.exec(line) ?? [];
    if (/^\w/.test(line)) begun = name && !line.endsWith(";") ? { name, index } : undefined;
    if (!begun || !/^\}\)?;?$/.test(line)) continue;
    const length = index - begun.index + 1;
    if (length > MAX_LINES) faults.push(`${file}: ${begun.name} has ${length} lines`);
    begun = undefined;
  }
}
for (const file of files) refuseLongFunctions(file);

const uses = new Map(files.map((file) => [file, usesOf(file)]));

for (const [file, used] of uses) {
  const height = ROOMS.indexOf(roomOf(file));
  if (height < 0) faults.push(`${file}: there is no such room`);
  for (const other of used) {
    if (!uses.has(other)) faults.push(`${file}: uses ${other}, which is not there`);
    else if (ROOMS.indexOf(roomOf(other)) > height) faults.push(`${file}: uses ${other}, a room above its own`);
    else if (roomOf(other) === "." && roomOf(file) === "." && !ENTRIES_SHARE(file)) faults.push(`${file}: uses the entry ${other}`);
  }
}

/** The implicit entry is the default one, and says only that its build is another. */
function ENTRIES_SHARE(file) {
  return file === "implicit.ts";
}

const done = new Set();
function visit(file, way) {
  if (way.includes(file)) return void faults.push(`a circle: ${[...way.slice(way.indexOf(file)), file].join(" → ")}`);
  if (done.has(file)) return;
  for (const other of uses.get(file) ?? []) visit(other, [...way, file]);
  done.add(file);
}
for (const file of files) visit(file, []);

for (const fault of faults) console.error(fault);
if (faults.length) process.exitCode = 1;
else console.log(`${files.length} files of ${ROOMS.length - 1} rooms, each uses only what stands below it, no circle, no long function`);
