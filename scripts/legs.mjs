// The legs of `npm test`, in the order in which they run: what fails fast comes first.
//
// A leg yields one result for each place it runs in: `{ where, passed, failed, skipped, reason, output }`.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import * as count from "./count.mjs";
import { root, run, start, stop, target } from "./run.mjs";
import * as setup from "./setup.mjs";

const wasm = ["--target", "wasm32-unknown-unknown"];
// `npm` is left out wherever std is linked too: that feature brings a panic handler of its own.
const features = ["--features", "implicit"];
// The token mediator has a leg of its own.
const library = ["--workspace", "--exclude", "procore-token-mediator"];
const node = process.execPath;

const once = (make) => {
  let made;
  return () => (made ??= make());
};
const built = once(build);
const engines = once(setup.browsers);

const skip = (reason, where) => ({ where, passed: 0, failed: 0, skipped: 1, reason });
const fail = (reason, where, output) => ({ where, passed: 0, failed: 1, skipped: 0, reason, output });

/** A program whose exit code is the whole answer: counts as one. */
async function check(command, args, { where, env, show } = {}) {
  const { code, output } = await run(command, args, { env, label: where });
  return { where, passed: code ? 0 : 1, failed: code ? 1 : 0, skipped: 0, output, show };
}

async function cargoTest(args, { where, env } = {}) {
  const { code, output } = await run("cargo", ["test", ...args], { env, label: where });
  return { where, ...count.judge(count.cargoTest(output), code), output };
}

const testFiles = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true })
        .filter((file) => file.endsWith(".test.mjs"))
        .map((file) => join(folder, file))
        .sort()
    : [];

function nodeTest(folder, env, isWanted = () => true) {
  const files = testFiles(folder).filter(isWanted);
  // Node would take an empty list for "look everywhere".
  if (!files.length) return { code: 1, output: "", missing: fail(`no tests there: ${folder}/*.test.mjs`) };
  // One file at a time: browsers and ports are shared.
  const args = ["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-timeout=600000", ...files];
  return run(node, args, { env, label: folder });
}

async function* nodeTests(folder, env, isWanted) {
  const { code, output, missing } = await nodeTest(folder, env, isWanted);
  yield missing ?? { ...count.judge(count.nodeTest(output), code), output };
}

/** Runs `use` with the variables of every engine that is here, and a display for those that need one. */
export async function* withBrowsers(use) {
  const all = await engines();
  for (const [name, { reason }] of Object.entries(all)) if (reason) yield skip(reason, name);
  const env = Object.assign({}, ...Object.values(all).map((engine) => engine.env));
  if (!Object.keys(env).length) return;
  yield* onDisplay(env.XVFB, (display) => use({ ...env, ...display }));
}

async function* onDisplay(xvfb, use) {
  if (!xvfb) return yield* use({});
  // The server picks a free number itself and writes it to descriptor 3.
  const args = ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
  const server = start(xvfb, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  try {
    const number = await new Promise((done) => {
      server.stdio[3].once("data", (text) => done(String(text).trim()));
      server.once("error", () => done(undefined));
      server.once("close", () => done(undefined));
    });
    if (!number) return yield fail("Xvfb does not start", "webkit");
    // Without GTK's own choice of display a Wayland desktop would be used instead.
    yield* use({ DISPLAY: `:${number}`, GDK_BACKEND: "x11" });
  } finally {
    stop(server);
  }
}

async function* wasmTests() {
  const all = await engines();
  const [compiled] = await Promise.all([run("cargo", ["test", ...wasm, ...features, "--test", "browser", "--no-run"])]);
  if (compiled.code) return yield fail("tests/browser.rs does not compile", undefined, compiled.output);
  for (const [name, { env, reason }] of Object.entries(all)) {
    if (reason) yield skip(reason, name);
    else yield* onDisplay(env.XVFB, (display) => wasmTestsIn(name, { ...env, ...display }));
  }
}

async function* wasmTestsIn(name, env) {
  const modes = { window: "WASM_BINDGEN_USE_BROWSER", "dedicated worker": "WASM_BINDGEN_USE_DEDICATED_WORKER" };
  // The runner takes the first driver it finds a variable for, and calls the one for WebKit Safari's.
  const driver = {
    CHROMEDRIVER: name === "chromium" ? env.CHROMEDRIVER : undefined,
    GECKODRIVER: name === "firefox" ? env.GECKODRIVER : undefined,
    SAFARIDRIVER: name === "webkit" ? env.WEBKITDRIVER : undefined,
  };
  const common = { DISPLAY: env.DISPLAY, WASM_BINDGEN_TEST_WEBDRIVER_JSON: capabilities(name, env) };
  for (const [mode, variable] of Object.entries(modes)) {
    yield cargoTest([...wasm, ...features, "--test", "browser"], {
      where: `${name}, ${mode}`,
      env: { ...driver, ...common, WASM_BINDGEN_TEST_TIMEOUT: "120", [variable]: "1" },
    });
  }
}

/** webdriver.json with the browser that was found; WebKit's driver refuses other browsers' options. */
function capabilities(name, env) {
  const options = JSON.parse(readFileSync(join(root, "webdriver.json"), "utf8"));
  if (name === "chromium") options["goog:chromeOptions"].binary = env.CHROMIUM;
  if (name === "firefox") options["moz:firefoxOptions"].binary = env.FIREFOX;
  const path = join(target, `webdriver-${name}.json`);
  mkdirSync(target, { recursive: true });
  writeFileSync(path, JSON.stringify(name === "webkit" ? {} : options));
  return path;
}

async function* attacks() {
  const row = (where, { code, output }) => ({
    where,
    ...count.judge(count.attacks(output), code),
    output,
    show: count.attackFailures(output),
  });
  const native = ["test", ...features, "--test", "attacks"];
  yield row("native", await run("cargo", native, { label: "attacks" }));
  const { reason, output } = await built();
  if (reason) return yield fail(reason, "browsers", output);
  yield* withBrowsers(async function* (env) {
    const result = await nodeTest("tests/attacks", env);
    yield result.missing ?? row("browsers", result);
  });
}

async function* deny() {
  const { path, reason } = await setup.cargoDeny();
  if (reason) return yield skip(reason);
  // Two versions of one crate cost bytes in the package, not in the tool that builds it.
  yield check(path, ["--all-features", "--exclude", "xtask", "check", "bans"], { where: "bans" });
  yield check(path, ["--all-features", "check", "licenses", "sources"], { where: "licences, sources" });
  const mediator = ["--manifest-path", "mediator/Cargo.toml", "--config", "mediator/deny.toml"];
  yield check(path, [...mediator, "check", "bans", "licenses", "sources"], { where: "the token mediator" });
  for (const [where, of] of [["advisories", ["--all-features"]], ["advisories, the token mediator", mediator]]) {
    const advisories = await check(path, [...of, "check", "advisories"], { where });
    const unreachable = advisories.failed && /failed to fetch advisory database/.test(advisories.output);
    yield unreachable ? skip("the advisory database can't be fetched", where) : advisories;
  }
}

async function* mediator() {
  const own = ["--package", "procore-token-mediator"];
  yield check("cargo", ["clippy", ...own, "--all-targets", "--all-features", "--", "-D", "warnings"], { where: "clippy" });
  const { path, reason } = await setup.redis();
  if (reason) yield skip(reason, "several instances");
  // What needs a Redis is in one module.
  const left = reason ? ["--", "--skip", "fleet::"] : [];
  const env = { REDIS_SERVER: path, CARGO_TARGET_DIR: target };
  yield cargoTest([...own, "--no-fail-fast", ...left], { where: "server", env });
  const kit = ["scripts/check-mediator.mjs", "--journal", "--start"];
  const start = "sh mediator/tests/start-for-kit.sh";
  yield check(node, [...kit, start], { where: "contract", env });
  if (!reason) yield check(node, [...kit, `${start} 2`, "--instances", "2"], { where: "contract, two instances", env });
  yield* nodeTests("tests/deploy");
}

/** The token mediator for JavaScript backends, and that the kit which asks it for its contract can fail. */
async function* mediatorKit() {
  yield* nodeTests("tests/mediator");
}

const needsBuild = (leg) =>
  async function* () {
    const { reason, output } = await built();
    if (reason) yield fail(reason, undefined, output);
    else yield* leg();
  };

export const legs = {
  async *fmt() {
    // rustfmt colours its diff even when nobody sees it.
    yield check("cargo", ["fmt", "--all", "--", "--check", "--color", "never"]);
  },
  async *clippy() {
    const deny = ["--", "-D", "warnings"];
    yield check("cargo", ["clippy", ...library, "--all-targets", ...features, ...deny], { where: "native" });
    // What only the implicit flow uses would be dead code here.
    yield check("cargo", ["clippy", "--lib", ...deny], { where: "native, default features" });
    yield check("cargo", ["clippy", ...wasm, "--features", "npm,implicit", "--lib", ...deny], { where: "wasm" });
    yield check("cargo", ["clippy", ...wasm, "--features", "npm", "--lib", ...deny], { where: "wasm, default build" });
    yield check("cargo", ["clippy", ...wasm, ...features, "--lib", "--test", "browser", ...deny], { where: "wasm, for Rust apps" });
    yield check("cargo", ["clippy", ...wasm, "--features", "app", "--lib", ...deny], { where: "wasm, the client for Rust apps" });
    yield check("cargo", ["clippy", "--features", "audit", "--all-targets", ...deny], { where: "the auditor" });
    yield check("cargo", ["clippy", ...wasm, "--features", "audit-js", "--lib", ...deny], { where: "the auditor for Node" });
  },
  async *flow() {
    yield check(node, ["scripts/check-flow.mjs"], { where: "the protocol" });
    yield check(node, ["scripts/check-rooms.mjs", "pkg/src"], { where: "the facade" });
    yield check(node, ["scripts/check-rooms.mjs", "www"], { where: "the demo" });
  },
  async *guards() {
    yield* nodeTests("tests/guards");
  },
  deny,
  async *typos() {
    const { path, reason } = await setup.typos();
    yield reason ? skip(reason) : check(path, []);
  },
  async *native() {
    yield cargoTest([...library, ...features, "--no-fail-fast"]);
    // All others have been run.
    yield cargoTest(["--features", "audit", "--no-fail-fast", "audit"], { where: "the auditor" });
    // Every scenario to its end, and not only to the depth that an unoptimized build has time for.
    if (process.env.LONG) {
      yield cargoTest(["--release", "--test", "model"], { where: "the model", env: { MODEL_DEPTH: "40", MODEL_WALKS: "20" } });
    }
  },
  /** The reference token mediator: its judging, and its process over real sockets. */
  mediator,
  async *doc() {
    const env = { RUSTDOCFLAGS: "-D warnings" };
    const args = ["doc", "--no-deps", "--package", "procore-spa-auth", ...features];
    yield check("cargo", args, { where: "native", env });
    yield check("cargo", [...args, ...wasm], { where: "wasm", env });
    yield check("cargo", [...args, ...wasm, "--features", "app"], { where: "the client for Rust apps", env });
    yield cargoTest([...wasm, "--features", "app", "--doc"], { where: "its examples" });
    yield check("cargo", [...args, "--features", "audit"], { where: "the auditor", env });
  },
  async *build() {
    const { reason, output } = await built();
    if (reason) yield fail(reason, undefined, output);
    else yield { passed: 1, failed: 0, skipped: 0, show: output.trim().split("\n") };
  },
  size: needsBuild(async function* () {
    const row = await check(node, ["scripts/size.mjs"]);
    yield { ...row, show: row.failed ? [] : row.output.trim().split("\n") };
  }),
  // The build makes the types of the core, which the facade is checked against.
  types: needsBuild(async function* () {
    if (!existsSync(join(root, "tests/types"))) yield fail("no tests there: tests/types/*.ts");
    else yield check(node, ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json"], { where: "package" });
    // The plugins, by the bundlers' own types.
    const plugins = "tests/types/audit/tsconfig.json";
    yield check(node, ["node_modules/typescript/bin/tsc", "--noEmit", "-p", plugins], { where: "plugins" });
  }),
  package: needsBuild(() => nodeTests("tests/package")),
  docs: needsBuild(() => nodeTests("tests/docs")),
  /** The documentation's site, built and looked at; and that the API is the one that is announced. */
  async *site() {
    const made = await check(node, ["site/build.mjs"], { where: "build" });
    yield made;
    if (made.passed) yield* withBrowsers((env) => nodeTests("tests/site", env));
  },
  /** The first sign-in, uploads with progress, axios and generated clients, as pages of the documentation show them. */
  clients: needsBuild(() => withBrowsers((env) => nodeTests("tests/clients", env))),
  /** What apps are tested with: the fake client, and what docs/testing.md shows. */
  testing: needsBuild(() => withBrowsers((env) => nodeTests("tests/testing", env))),
  "mediator-kit": mediatorKit,
  /** Both programs, the plugins in five bundlers, how much of a corpus of leaks is found, and what is our own. */
  audit: needsBuild(() => nodeTests("tests/audit")),
  browser: wasmTests,
  // The build copies the licences that its package needs.
  server: needsBuild(() => nodeTests("tests/server")),
  attacks,
  /** That it still runs; times are for `npm run bench`. */
  /** Whether the benchmark still runs; short of the long form, in one engine. */
  bench: needsBuild(async function* () {
    yield check(node, ["bench/run.mjs", "--short", ...(process.env.LONG ? [] : ["--engines", "chromium"])]);
  }),
  packaging: needsBuild(() => withBrowsers((env) => nodeTests("tests/packaging", env))),
  /** Real apps of frameworks with the adapters; short of the long form, one. */
  adapters: needsBuild(() => {
    const isWanted = (file) => process.env.LONG || file.endsWith("react.test.mjs");
    return withBrowsers((env) => nodeTests("tests/adapters", env, isWanted));
  }),
  popup: needsBuild(() => withBrowsers((env) => nodeTests("tests/popup", env))),
  diagnose: needsBuild(() => withBrowsers((env) => nodeTests("tests/diagnose", env))),
  /** The client for Rust apps, and an example of it; `LONG=1` compiles and tries those in Leptos and Yew, too. */
  "rust-apps": () => withBrowsers((env) => nodeTests("tests/rust-apps", env)),
  /** Whole sign-ins; in the long form, ten thousand of them. */
  e2e: needsBuild(() => {
    const isWanted = (file) => process.env.LONG || !file.endsWith("scale.test.mjs");
    return withBrowsers((env) => nodeTests("tests/e2e", env, isWanted));
  }),
};
