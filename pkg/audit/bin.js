#!/usr/bin/env node
// `procore-spa-auth audit` and `procore-spa-auth hash`, as the native program has them: arguments, words and exit codes come
// from the same Rust.

import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { audit } from "./index.js";
import { why } from "./inputs.js";
import { hash, parseArguments, usage, version } from "./wasm.js";

const USAGE = 64;
const UNREAD = 2;

/** A line for people, beside the report. */
const say = (message) => process.stderr.write(`procore-spa-auth: ${message.replace(/\p{Cc}/gu, "\ufffd")}\n`);

async function main() {
  const { command, options } = parsed();
  if (command === "version") return print(version());
  if (command === "hash") return printHash(options);
  if (command === "help") return print(usage());
  const { output, format, ...rest } = options;
  const bar = !options.noProgress && process.stderr.isTTY ? drawBar() : undefined;
  const result = await audit({ ...rest, format, onProgress: bar?.draw });
  bar?.clear();
  result.notes.forEach(say);
  if (!output) return print(result.text, result.exitCode);
  const code = await print(result.readable, result.exitCode);
  try {
    writeFileSync(output, result.text);
    return code;
  } catch (error) {
    say(`${output}: ${why(error)}`);
    return code || UNREAD;
  }
}

function parsed() {
  try {
    return parseArguments(process.argv.slice(2));
  } catch (error) {
    error.message += "\nprocore-spa-auth: --help says what there is";
    throw error;
  }
}

/** Writes to the standard output, which may be a pipe, to its end. */
function print(text, code = 0) {
  return new Promise((done) => process.stdout.write(text, (error) => done(error ? code || UNREAD : code)));
}

function printHash(name) {
  // What is typed would stay on the screen.
  if (process.stdin.isTTY) throw new Error("give the secret by a pipe: procore-spa-auth hash < file");
  const secret = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(0));
  return print(hash(name ?? undefined, secret, randomBytes(16)));
}

function drawBar() {
  const WIDTH = 40;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  let shown = "";
  return {
    draw(done, total) {
      const filled = total ? Math.floor((done / total) * WIDTH) : WIDTH;
      const line = `${"#".repeat(filled).padEnd(WIDTH, "-")} ${megabytes(done)} of ${megabytes(total)}`;
      if (line !== shown) process.stderr.write(`\r${(shown = line)}`);
    },
    clear: () => process.stderr.write("\r\x1b[K"),
  };
}

process.stdout.on("error", () => {});
try {
  process.exitCode = await main();
} catch (error) {
  error.message.split("\nprocore-spa-auth: ").forEach(say);
  process.exitCode = error instanceof WebAssembly.RuntimeError ? UNREAD : USAGE;
}
