// The files that paths lead to: each once, however links lead. By the same rules as the native program's.

import { readdirSync, realpathSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { why } from "./inputs.js";
import { defaultPaths } from "./wasm.js";

/** Answers with `{ files: [{ path, name, size }], notes }`. What can't be read is told to `unread(name, isLink, detail)`. */
export function walk(options, folder, unread) {
  const found = { files: [], notes: [] };
  const skipped = new Set(options.skip);
  const isFolder = (path) => statSync(resolve(folder, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const paths = options.paths?.length ? options.paths : defaultPaths().filter(isFolder);
  const real = (path) => {
    try {
      return realpathSync(path);
    } catch {
      return undefined;
    }
  };
  const roots = paths.map((path) => real(resolve(folder, path))).filter(Boolean);
  const seen = new Set();
  let elsewhere = 0;

  const queue = paths.map((path) => resolve(folder, path));
  while (queue.length) {
    const path = queue.pop();
    try {
      const facts = statSync(path);
      if (facts.isDirectory()) go(path);
      else if (facts.isFile()) found.files.push({ path, name: nameOf(path, folder), size: facts.size });
      // A pipe would be waited for, and a device may have no end.
      else unread(nameOf(path, folder), false, "It is no regular file.");
    } catch (error) {
      unread(nameOf(path, folder), false, why(error));
    }
  }
  if (elsewhere) found.notes.push(`links that lead to what is searched under another name: ${elsewhere}`);
  return found;

  function go(path) {
    // As bytes: a name need not be UTF-8.
    for (const entry of readdirSync(path, { withFileTypes: true, encoding: "buffer" })) {
      const inside = below(path, entry.name);
      if (entry.isSymbolicLink()) link(inside, path);
      else if (entry.isDirectory() && skipped.has(entry.name.toString())) {
        found.notes.push(`not searched: ${nameOf(inside, folder)}`);
      } else queue.push(inside);
    }
  }

  function link(path, folderOfIt) {
    let target;
    try {
      target = realpathSync(path);
    } catch (error) {
      const detail = error.code === "ENOENT" ? "It leads nowhere." : error.code === "ELOOP" ? "" : why(error);
      return unread(nameOf(path, folder), true, detail);
    }
    const parent = real(folderOfIt);
    if (parent && isIn(parent, target)) unread(nameOf(path, folder), true, `It leads back to ${nameOf(target, folder)}.`);
    else if (seen.has(target) || roots.some((root) => isIn(target, root))) elsewhere += 1;
    else {
      seen.add(target);
      queue.push(path);
    }
  }
}

/** A text, or bytes if no text says the same. */
function below(path, name) {
  if (typeof path === "string" && Buffer.from(name.toString()).equals(name)) return join(path, name.toString());
  return Buffer.concat([Buffer.from(path), Buffer.from(sep), name]);
}

const isIn = (path, folder) => path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** As the report names it: from `folder`, if it is in it, which code hosts need. */
function nameOf(bytes, folder) {
  const path = bytes.toString();
  const below = relative(folder, path);
  return below.startsWith("..") || resolve(below) === below ? path : below || ".";
}
