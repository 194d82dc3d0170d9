// npm run mediator:load: the token mediator as it is deployed, under load; its size and its memory.

import { run, target } from "./run.mjs";
import { redis, rust } from "./setup.mjs";

const { path, reason } = await redis();
const missing = (await rust()) ?? reason;
if (missing) throw new Error(missing);

const args = ["test", "--profile", "mediator", "--package", "procore-token-mediator", "--features", "load", "--test", "server"];
// One after the other: each measures.
const { code, output } = await run("cargo", [...args, "load::", "--", "--nocapture", "--test-threads=1"], {
  env: { REDIS_SERVER: path, CARGO_TARGET_DIR: target },
  label: "load",
});
const noise = /^(running|test |\s+(Compiling|Finished|Running|Downloaded)|$)/;
console.log(code ? output : output.split("\n").filter((line) => !noise.test(line)).join("\n"));
process.exitCode = code;
