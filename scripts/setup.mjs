// What the build and the tests need, installed where it is missing.
//
// Every function answers with the reason why something is not there, or with nothing. Only Node's own modules are
// imported here: this file runs right after `git clone`.

import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { find, root, run, tail, target } from "./run.mjs";

const tools = join(target, "tools");
const wasm = "wasm32-unknown-unknown";
const channel = /^channel = "(.+)"$/m.exec(readFileSync(join(root, "rust-toolchain.toml"), "utf8"))[1];

const say = (what) => console.log(`set-up: ${what}`);

/** One line for a thing that can't be installed: what, why, and what to do about it. */
function lacking(what, why, byHand) {
  const reason = `${what} is missing: ${why}`;
  say(`${reason}. By hand: ${byHand}`);
  return reason;
}

const lastLine = (text) => tail(text, 1).trim() || "no output";

async function rustIsReady() {
  // Without this, asking for the version would download a toolchain in silence.
  const env = { RUSTUP_AUTO_INSTALL: "0" };
  const [version, libdir, clippy, fmt] = await Promise.all([
    run("rustc", ["--version"], { env }),
    run("rustc", ["--print", "target-libdir", "--target", wasm], { env }),
    run("cargo", ["clippy", "--version"], { env }),
    run("cargo", ["fmt", "--version"], { env }),
  ]);
  return (
    version.output.startsWith(`rustc ${channel} `) && existsSync(libdir.output.trim()) && !clippy.code && !fmt.code
  );
}

/** Rust as rust-toolchain.toml has it. */
export async function rust() {
  if (await rustIsReady()) return void say(`Rust ${channel} is here`);
  if (!find("rustup") && (await apt("rustup", "rustup"))) {
    return lacking(`Rust ${channel}`, "there is no rustup", "install it from https://rustup.rs, then run this again");
  }
  say(`installing Rust ${channel} with ${wasm}, clippy and rustfmt …`);
  // Without --no-self-update rustup may replace itself.
  const { code, output } = await run("rustup", ["toolchain", "install", "--no-self-update"], { label: "rustup" });
  if (!code && (await rustIsReady())) return undefined;
  return lacking(`Rust ${channel}`, lastLine(output), "rustup toolchain install --no-self-update");
}

/** The packages of a folder's package-lock.json. */
export async function packages(folder = "") {
  const name = join(folder, "node_modules");
  const installed = join(root, name, ".package-lock.json");
  const current = () => statSync(installed).mtimeMs >= statSync(join(root, folder, "package-lock.json")).mtimeMs;
  if (existsSync(installed) && current()) return void say(`${name} is current`);
  say(`npm ci, ${name} …`);
  // What .npmrc says counts for the root alone.
  const args = ["ci", "--no-progress", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { code, output } = await run("npm", args, { cwd: join(root, folder), label: "npm ci" });
  if (!code) return undefined;
  const why = /^npm error (?!code|A complete log)(.+)$/m.exec(output)?.[1] ?? lastLine(output);
  return lacking(name, why, `(cd ${folder || "."} && npm ci)`);
}

let updated;

/** Installs a Debian package. Answers with the reason why it can't. */
async function apt(name, what) {
  const admin = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const get = (args) => {
    const [command, ...rest] = [...admin, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
    return run(command, rest, { label: `apt-get ${args.at(-1)}` });
  };
  if (!find("apt-get")) return "there is no apt-get";
  const asksPassword = admin.length && (await run("sudo", ["-n", "true"])).code;
  if (asksPassword) return "apt-get needs root, and sudo asks for a password";
  updated ??= get(["update", "-qq"]);
  await updated;
  say(`installing ${what} …`);
  const { code, output } = await get(["install", "-qq", "-y", "--no-install-recommends", name]);
  return code ? (/^E: (.+)$/m.exec(output)?.[1] ?? lastLine(output)) : undefined;
}

/** A program of cargo's registry, in target/tools. */
async function cargoTool(name, version, program) {
  const path = join(tools, "bin", program);
  const marker = join(tools, `${name}-${version}`);
  if (existsSync(path) && existsSync(marker)) {
    say(`${program} ${version} is here`);
    return { path };
  }
  say(`building ${program} ${version} (once) …`);
  // An unoptimised build takes half the time, and these run for seconds.
  const args = ["install", name, "--version", version, "--locked", "--force", "--debug", "--root", tools];
  const env = { CARGO_PROFILE_DEV_DEBUG: "0", CARGO_TARGET_DIR: join(tools, "build") };
  const { code, output } = await run("cargo", args, { env, label: `cargo install ${name}` });
  if (code) return { reason: lacking(program, lastLine(output), `cargo install ${name} --version ${version} --locked`) };
  mkdirSync(marker, { recursive: true });
  return { path };
}

export const cargoDeny = () => cargoTool("cargo-deny", "0.20.2", "cargo-deny");
export const typos = () => cargoTool("typos-cli", "1.52.0", "typos");

/** A program that a variable names, or that is on the PATH, or that Debian has. */
async function program(variable, names, debian, what) {
  const named = process.env[variable];
  if (named) return existsSync(named) ? { path: named } : { reason: `${variable}=${named} does not exist` };
  const here = find(...names);
  if (here) return { path: here };
  const why = await apt(debian, what);
  const path = find(...names);
  return path ? { path } : { reason: lacking(what, why ?? "the package did not bring it", `apt-get install ${debian}`) };
}

/** For the token mediator's instances; a tool of the tests' own, on ports of their own. */
export const redis = () => program("REDIS_SERVER", ["redis-server"], "redis-server", "Redis");

/**
 * The browsers and their drivers.
 *
 * For each engine `env`, which runs it (the variables of wasm-bindgen's runner and of the tests), or the `reason` why not.
 */
export async function browsers() {
  const chromium = await program("CHROMIUM", ["chromium", "chromium-browser", "google-chrome"], "chromium", "Chromium");
  const chromedriver = await program("CHROMEDRIVER", ["chromedriver"], "chromium-driver", "ChromeDriver");
  const firefox = await program("FIREFOX", ["firefox-esr", "firefox"], "firefox-esr", "Firefox");
  const geckodriver = await geckodriverOrBuild();
  const webkit = await program("WEBKITDRIVER", ["WebKitWebDriver"], "webkit2gtk-driver", "WebKitWebDriver");
  const xvfb = await program("XVFB", ["Xvfb"], "xvfb", "Xvfb");
  const engine = (programs, env) => {
    const reason = programs.find((one) => one.reason)?.reason;
    return reason ? { reason } : { env: env(...programs.map((one) => one.path)) };
  };
  const engines = {
    chromium: engine([chromium, chromedriver], (CHROMIUM, CHROMEDRIVER) => ({ CHROMIUM, CHROMEDRIVER })),
    firefox: engine([firefox, geckodriver], (FIREFOX, GECKODRIVER) => ({ FIREFOX, GECKODRIVER })),
    webkit: engine([webkit, xvfb], (WEBKITDRIVER, XVFB) => ({ WEBKITDRIVER, XVFB })),
  };
  const here = Object.keys(engines).filter((name) => engines[name].env);
  if (here.length) say(`browsers: ${here.join(", ")}`);
  return engines;
}

async function geckodriverOrBuild() {
  const path = process.env.GECKODRIVER ?? find("geckodriver");
  // Debian has Firefox but not its driver.
  return path && existsSync(path) ? { path } : cargoTool("geckodriver", "0.37.1", "geckodriver");
}
