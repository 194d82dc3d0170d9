// The tools of tests/tools, installed below target/, and folders in which the package is installed beside them.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run, target } from "../../scripts/run.mjs";

const NAMES = { tools: "../tools", runtimes: "../tools/runtimes" };

/**
 * Installs what the lockfile of tests/tools (or of its runtimes) names, once. Answers with `{ folder }`, or with the `reason` why
 * it can't: there is no network, say.
 */
export async function install(name = "tools") {
  const from = fileURLToPath(new URL(NAMES[name], import.meta.url));
  const folder = join(target, `test-${name}`);
  const lock = readFileSync(join(from, "package-lock.json"), "utf8");
  const marker = join(folder, "node_modules/.installed");
  if (existsSync(marker) && readFileSync(marker, "utf8") === lock) return { folder };
  mkdirSync(folder, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(from, file), join(folder, file));
  cpSync(join(root, ".npmrc"), join(folder, ".npmrc"));
  const { code, output } = await run("npm", ["ci", "--no-progress"], { cwd: folder, label: `npm ci of tests/tools: ${name}` });
  if (code) return { reason: `tests/tools can't be installed: ${output.trim().split("\n").at(-1)}` };
  writeFileSync(marker, lock);
  return { folder };
}

/** Bun below the runtimes, and what it is told, to build `main.js` of the folder it runs in. */
export const BUN = "node_modules/@oven/bun-linux-x64/bin/bun";
export const bunBuild = (out) => ["build", "main.js", "--outdir", out, "--target", "browser", "--format", "esm", "--minify", "--splitting"];

/**
 * A project with the package installed, below the tools, where Node's and every tool's look-up finds them. `files`: name → text.
 * Nothing of the workspace's own configuration reaches into it.
 */
export function project(tools, name, unpacked, files) {
  const folder = join(tools, "projects", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(unpacked, join(folder, "node_modules/procore-spa-auth"), { recursive: true });
  const settings = { "package.json": JSON.stringify({ name: "app", private: true }), "tsconfig.json": "{}" };
  for (const [file, text] of Object.entries({ ...settings, ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}
