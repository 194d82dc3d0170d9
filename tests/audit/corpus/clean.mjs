// The clean part of the corpus that is not made here: what others have published on npm, as it is published.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, target } from "../../../scripts/run.mjs";

const list = fileURLToPath(new URL("clean-packages.txt", import.meta.url));
const folder = join(target, "audit/clean");

/** `name@version` of each. Versions on the registry never change. */
export const packages = readFileSync(list, "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"));

/** What a build emits, as against its documentation and types. */
export const isEmitted = (file) => /\.([cm]?js|css|html?|json|map|wasm|svg)$/i.test(file);

/** As `npm pack` names it. */
const tarball = (name) => `${name.replace(/^@/, "").replace("/", "-").replace(/@(?=[^@]*$)/, "-")}.tgz`;

/**
 * The tarballs of all packages, from the registry or from an earlier run. Answers with `{ tarballs, reason }`: why they
 * are not all there.
 */
export async function fetchPackages() {
  mkdirSync(folder, { recursive: true });
  const missing = () => packages.filter((name) => !existsSync(join(folder, tarball(name))));
  // Few at a time, so that an interrupted run has something to show for it.
  for (let left = missing(); left.length; left = left.slice(20)) {
    const args = ["pack", "--silent", "--ignore-scripts", ...left.slice(0, 20)];
    const { code, output } = await run("npm", args, { cwd: folder, label: "npm pack" });
    if (code) return { tarballs: [], reason: output.trim().split("\n").at(-1) };
  }
  const lacking = missing();
  const tarballs = packages.map((name) => join(folder, tarball(name)));
  return { tarballs, reason: lacking.length ? `not packed: ${lacking.join(", ")}` : undefined };
}

/** How many files of a tarball are what a build emits. */
export async function countEmitted(path) {
  const { code, output } = await run("tar", ["-tzf", path]);
  if (code) throw new Error(`tar can't list ${path}`);
  return output.split("\n").filter(isEmitted).length;
}
