// Runs other programs: quietly, to the end, and with nothing left behind.

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");

const running = new Set();

/** Starts a program in a process group of its own, so that its children end with it. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  running.add(child);
  child.once("close", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

export function stop(child, signal = "SIGTERM") {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

process.on("exit", () => running.forEach((child) => stop(child, "SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    running.forEach((child) => stop(child, signal));
    // `start.mjs` closes its servers first and exits by itself.
    if (process.listenerCount(signal) === 1) process.exit(1);
  });
}

/** Runs a program to its end. A missing one is exit code 127, as in a shell. */
export function run(command, args, { label = command, env, stdin = false, ...options } = {}) {
  return new Promise((done) => {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const child = start(command, args, { env: { ...process.env, ...env }, ...options });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (process.env.VERBOSE) process.stdout.write(text);
      });
    }
    const alive = setInterval(() => console.log(`  … ${label}: ${Math.round(seconds())} s`), 30_000);
    const end = (code, more = "") => {
      clearInterval(alive);
      done({ code, output: output + more, seconds: seconds() });
    };
    // What it has left running, a browser that hangs say, would slow down whatever comes next.
    child.once("exit", () => stop(child, "SIGKILL"));
    child.once("error", (error) => end(127, `${command}: ${error.code === "ENOENT" ? "not found" : error.message}\n`));
    child.once("close", (code, signal) => end(code ?? 1, signal ? `${command}: ended by ${signal}\n` : ""));
  });
}

/** The path of the first of these programs that is there. */
export function find(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

/** The end of a long output. */
export const tail = (text, lines) => text.trimEnd().split("\n").slice(-lines).join("\n");
