// The package as a user gets it: packed by npm, unpacked again.

import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../../scripts/run.mjs";

/** Packs pkg/. Answers with the `tarball`, its unpacked `folder`, and `remove()`. */
export async function pack() {
  const home = mkdtempSync(join(tmpdir(), "procore-spa-auth-"));
  const remove = () => rm(home, { recursive: true, force: true });
  try {
    const packed = await must("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", home], {
      cwd: join(root, "pkg"),
    });
    const [{ filename }] = JSON.parse(packed.slice(packed.indexOf("[")));
    const tarball = join(home, filename);
    await must("tar", ["-xzf", tarball, "-C", home]);
    return { tarball, home, folder: join(home, "package"), dist: join(home, "package/dist"), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Runs a program that has to succeed. Answers with what it printed. */
export async function must(command, args, options = {}) {
  const { code, output } = await run(command, args, options);
  if (code) throw new Error(`${command} ${args.join(" ")} failed:\n${output}`);
  return output;
}
