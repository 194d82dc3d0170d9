// The auditor itself, WebAssembly, started at once: Node reads it from beside this file.

import { readFileSync } from "node:fs";
import { initSync } from "./core.js";

initSync({ module: readFileSync(new URL("core_bg.wasm", import.meta.url)) });

export { Audit, defaultPaths, hash, isEnvFile, parseArguments, usage, version } from "./core.js";
