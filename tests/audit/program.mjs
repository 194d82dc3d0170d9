// The auditor's two programs, run as a person or a CI would.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { auditor } from "../../scripts/auditor.mjs";
import { root } from "../../scripts/run.mjs";

const { command, reason } = await auditor();
if (reason) throw new Error(reason);

/** How each is started. */
export const PROGRAMS = { native: command, Node: [process.execPath, join(root, "pkg/dist/audit/bin.js")] };

/** Nothing of this machine's environment is taken for a known value. */
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/SECRET|PASSWORD|KEY|CLIENT_ID/i.test(name)));

/** Runs one of them to its end: `{ code, out, err }`. `before` is a program that starts it. */
export function start(program, args, { cwd, env, input = "", before = [] } = {}) {
  const [file, ...first] = [...before, ...PROGRAMS[program]];
  return runIt(file, [...first, ...args], { cwd, env: { ...ENV, ...env }, input });
}

export function runIt(file, args, { input = "", ...options }) {
  return new Promise((done, failed) => {
    const child = spawn(file, args, options);
    const read = (stream) => {
      const pieces = [];
      stream.on("data", (piece) => pieces.push(piece));
      return () => Buffer.concat(pieces).toString();
    };
    const [out, err] = [read(child.stdout), read(child.stderr)];
    child.once("error", failed);
    child.once("close", (code) => done({ code, out: out(), err: err() }));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** A folder with these files, `{ name: content }`, which is gone when the test is over. */
export function folderOf(t, files) {
  const folder = mkdtempSync(join(tmpdir(), "procore-spa-auth-audit-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}
