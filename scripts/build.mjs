// Rust → WebAssembly → npm package, in two steps that are also callable alone.

import { pathToFileURL } from "node:url";
import { run, tail } from "./run.mjs";
import { packages, rust } from "./setup.mjs";

const steps = [
  ["the WebAssembly", "cargo", ["xtask", "build"]],
  ["the package", process.execPath, ["pkg/build.mjs"]],
];

/** Builds pkg/dist. Answers with what went wrong, or with the sizes that were made. */
export async function build() {
  let output = "";
  for (const [what, command, args] of steps) {
    const step = await run(command, args, { label: `building ${what}` });
    if (step.code) return { reason: `${what} can't be built`, output: step.output };
    output = step.output;
  }
  return { output };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const missing = (await rust()) ?? (await packages());
  const { reason, output } = missing ? { reason: missing, output: "" } : await build();
  console.log(tail(output, 60));
  if (reason) {
    console.error(`build: ${reason}`);
    process.exitCode = 1;
  }
}
