// npm run api:report: the whole API as text, docs/api/package.md and docs/api/crate.md, so that a change of it shows in a diff.
//
// A change that nobody has announced fails the `site` leg. Who means it runs this, and tells of it in CHANGELOG.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../scripts/run.mjs";
import { packages, rust } from "../scripts/setup.mjs";
import { rustdoc } from "./build.mjs";
import { crateApi } from "./crate-api.mjs";

/** `{ [file]: text }` of both reports, as the sources have it now. */
export async function reports() {
  const missing = (await rust()) ?? (await packages()) ?? (await packages("site"));
  if (missing) throw new Error(missing);
  // Only now is it installed.
  const { packageApi } = await import("./package-api.mjs");
  return { "docs/api/package.md": packageApi(), "docs/api/crate.md": crateApi(await rustdoc()) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, text] of Object.entries(await reports())) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
    console.log(file);
  }
}
