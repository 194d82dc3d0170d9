// Makes seeds for the target `packed` in the folder that is named: archives, with a value that says itself that it is no
// secret.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containers, knownContainers } from "../tests/audit/corpus/containers.mjs";

const SAMPLE = "this is a sample and no secret!!";
const hex = Buffer.from(SAMPLE).toString("hex");

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const [[file, make], value] of [
  ...Object.values(containers).map((one) => [one, hex]),
  ...Object.values(knownContainers).map((one) => [one, SAMPLE]),
]) {
  writeFileSync(join(folder, file), make(value));
}
