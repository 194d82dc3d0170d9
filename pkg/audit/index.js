// Searches files and folders for a client secret, in Node. See index.d.ts.

import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { inputsOf, why } from "./inputs.js";
import { walk } from "./walk.js";
import { Audit } from "./wasm.js";

export async function audit(options = {}) {
  const { cwd = process.cwd(), onProgress, ...rest } = options;
  const folder = resolve(cwd);
  const opened = openAudit(rest, folder);
  const { files, notes } = walk(rest, folder, opened.unread);
  search(opened.audit, files, onProgress);
  const result = opened.audit.finish();
  opened.audit.free();
  result.notes = [...opened.notes, ...notes, ...result.notes];
  if (rest.writeBaseline) writeFileSync(resolve(folder, rest.writeBaseline), result.baseline);
  return result;
}

/** An audit that is told what `options` say. */
export function openAudit(given, folder) {
  // An option that is undefined is one that is not given.
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const missing = [];
  const inputs = inputsOf(options, folder, (...facts) => missing.push(facts));
  const audit = new Audit(options, inputs);
  const unread = (name, isLink, detail) => audit.unread(name, isLink, detail);
  for (const facts of missing) unread(...facts);
  return { audit, unread, notes: audit.notes() };
}

/** Searches files as `walk` answers with them. */
export function search(audit, files, onProgress = () => {}) {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const { path, name, size } of files) {
    let read = 0;
    // What is read twice counts once.
    const progress = (more) => {
      more = Math.min(more, size - read);
      read += more;
      onProgress((done += more), total);
    };
    try {
      const file = openSync(path, "r");
      try {
        audit.file(name, BigInt(size), (position, length) => {
          const buffer = new Uint8Array(length);
          const count = readSync(file, buffer, 0, length, position);
          progress(count);
          return buffer.subarray(0, count);
        });
      } finally {
        closeSync(file);
      }
    } catch (error) {
      audit.unread(name, false, why(error));
    }
    progress(size);
  }
}
