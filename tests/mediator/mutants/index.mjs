// Token mediators that are wrong, each in one way: `[the sentence it breaks, what is wrong, ...edits]` of the example's source,
// each edit as `[file, text, other text]`; `JOURNAL` among them is for what shows only when the store outlives the process. The text stands in the file exactly once, so that the table can't go out of step.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { asking } from "./asking.mjs";
import { ending } from "./ending.mjs";
import { JOURNAL } from "./journal.mjs";
import { renewing } from "./renewing.mjs";
import { signingIn } from "./signing-in.mjs";

export const mutants = [...asking, ...signingIn, ...renewing, ...ending].map(([sentence, name, ...edits]) => ({
  sentence,
  name,
  hasJournal: edits.includes(JOURNAL),
  edits: edits.filter((edit) => edit !== JOURNAL),
}));

const source = fileURLToPath(new URL("../../../examples/token-mediator/", import.meta.url));
// Below the root, so that packages are found.
const folder = fileURLToPath(new URL("../../../target/mutants/", import.meta.url));

/** The example's files, by name. */
export async function readSource() {
  const names = (await readdir(source)).filter((name) => name.endsWith(".mjs") && name !== "server.mjs");
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(source, name), "utf8")])));
}

/** The files with these edits. */
export function mutate(files, { name, edits }) {
  const changed = new Map(files);
  for (const [file, text, other] of edits) {
    const parts = (changed.get(file) ?? "").split(text);
    if (parts.length !== 2) throw new Error(`${name}: ${parts.length - 1} times in ${file}: ${text}`);
    changed.set(file, parts.join(other));
  }
  return changed;
}

/** Writes these files and imports them: `{ createMediator, createStore }`. */
export async function load(files, number) {
  const here = join(folder, String(number));
  await rm(here, { recursive: true, force: true });
  await mkdir(here, { recursive: true });
  for (const [name, text] of files) await writeFile(join(here, name), text);
  const [{ createMediator }, { createStore }] = await Promise.all(
    ["mediator.mjs", "store.mjs"].map((name) => import(pathToFileURL(join(here, name)).href)),
  );
  return { createMediator, createStore };
}
