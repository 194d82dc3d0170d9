// The native auditor, built from this repository.

import { join } from "node:path";
import { run, target } from "./run.mjs";

/** How it is started, `{ command }`, or the `reason` why it can't be built. */
export async function auditor() {
  if (process.env.AUDITOR) return { command: process.env.AUDITOR.split(" ") };
  const args = ["build", "--release", "--locked", "--features", "audit", "--bin", "procore-spa-auth"];
  const { code, output } = await run("cargo", args, { label: "building the auditor" });
  return code ? { reason: `the auditor does not build\n${output}` } : { command: [join(target, "release/procore-spa-auth")] };
}
