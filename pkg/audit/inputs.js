// What is known before the search: the environment, `.env` files, baselines, and the day. As the native program reads them.

import { closeSync, fstatSync, openSync, readFileSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { isEnvFile } from "./wasm.js";

/**
 * What `options` ask for, with paths from `folder`. Throws for a file that is named and can't be read; one that is not
 * named is told to `unread`.
 */
export function inputsOf(options, folder, unread) {
  const named = (path) => {
    try {
      return [path, text(resolve(folder, path))];
    } catch (error) {
      throw new Error(`${path}: ${why(error)}`);
    }
  };
  const envFiles = (options.envFiles ?? []).map(named);
  let environment = [];
  if (!options.noEnv) {
    for (const path of envFilesOf(folder)) {
      try {
        envFiles.push([path, text(resolve(folder, path))]);
      } catch (error) {
        unread(path, false, why(error));
      }
    }
    environment = Object.entries(process.env);
  }
  const baselines = (options.baselines ?? []).map(named);
  const written = options.writeBaseline;
  if (written && statSync(resolve(folder, written), { throwIfNoEntry: false })) baselines.push(named(written));
  return { environment, envFiles, baselines, today: new Date().toISOString().slice(0, 10) };
}

/** The names of the files in `folder` that are read for secrets though nobody names them. */
export function envFilesOf(folder) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const isFolder = (entry) => statSync(resolve(folder, entry.name), { throwIfNoEntry: false })?.isDirectory();
    return entries.filter((entry) => isEnvFile(entry.name) && !isFolder(entry)).map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** The largest file that is read as a whole here. */
const MAX_TEXT = 4 << 20;

function text(path) {
  // Opening a pipe would wait for somebody who writes; reading a device may never end.
  if (!statSync(path).isFile()) throw new Error("It is no regular file.");
  const file = openSync(path, "r");
  try {
    if (fstatSync(file).size > MAX_TEXT) throw new Error(`It is larger than ${MAX_TEXT} bytes.`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw error.code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? new Error("It is no UTF-8.") : error;
  } finally {
    closeSync(file);
  }
}

/** What an operating system said, in the native program's words where it has any. */
export function why({ code, message }) {
  if (code === "ENOENT") return "It is not there.";
  if (code === "EACCES" || code === "EPERM") return "Its permissions forbid it.";
  return message;
}
