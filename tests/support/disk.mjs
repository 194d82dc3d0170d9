// What a browser has written to the disk.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The files below `folder` that have one of these texts, as UTF-8 or UTF-16, and how many there are. */
export async function findOnDisk(folder, texts) {
  const needles = texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, "utf16le")]);
  const found = [];
  let searched = 0;
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of names.filter((entry) => entry.isFile())) {
    const file = join(parentPath, name);
    // A browser that runs removes files, too.
    const bytes = await readFile(file).catch(() => undefined);
    if (!bytes) continue;
    searched += 1;
    if (needles.some((needle) => bytes.includes(needle))) found.push(file.slice(folder.length));
  }
  return { found, searched };
}
