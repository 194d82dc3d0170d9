// The files that docs/testing.md shows, by the names in their first lines.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/run.mjs";

const text = readFileSync(join(root, "docs/testing.md"), "utf8");

/** name → text */
export const files = Object.fromEntries(
  [...text.matchAll(/^```(?:jsx?|html)\n(?:\/\/|<!--) ([\w./-]+)(?: -->)?\n([\s\S]*?)^```$/gm)].map(([, name, code]) => [name, code]),
);

/** Those of these names. */
export const only = (...names) =>
  Object.fromEntries(
    names.map((name) => {
      if (!files[name]) throw new Error(`docs/testing.md shows no ${name}`);
      return [name, files[name]];
    }),
  );
