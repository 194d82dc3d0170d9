// What the package publishes, by its own package.json: each entry with types, and the file in which they are written.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/run.mjs";

const { name, exports } = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));

// As `pkg/build.mjs` copies them.
const written = (types) => types.replace("./dist/audit/", "pkg/audit/").replace("./dist/", "pkg/src/types/");

/** `[{ entry: "procore-spa-auth/worker", file: "pkg/src/types/worker.d.ts" }, …]` */
export const published = Object.entries(exports)
  .filter(([, { types }]) => types)
  .map(([path, { types }]) => ({ entry: name + path.slice(1), file: written(types) }));
