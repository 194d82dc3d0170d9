// The token mediator's Dockerfile and systemd unit, as far as they can be checked without their daemons.

import assert from "node:assert/strict";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { find, root, run } from "../../scripts/run.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");
const unit = read("mediator/deploy/procore-token-mediator.service");
const dockerfile = read("mediator/deploy/Dockerfile").replaceAll("\\\n", " ");

/** A folder that is gone after the test. */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "deploy-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("the unit is one, and takes from the program what it does not need", async (t) => {
  const settings = [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  const all = new Map(settings);
  assert.deepEqual([...unit.matchAll(/^\[(\w+)\]$/gm)].map(([, name]) => name), ["Unit", "Service", "Install"]);
  assert.match(all.get("ExecStart"), /^\/usr\/local\/bin\/procore-token-mediator --config \/etc\//);
  for (const [name, value] of Object.entries({ DynamicUser: "yes", NoNewPrivileges: "yes", ProtectSystem: "strict", LimitCORE: "0" })) {
    assert.equal(all.get(name), value, name);
  }
  const analyze = find("systemd-analyze");
  if (!analyze) return t.diagnostic("there is no systemd-analyze: the unit was only read");
  // It looks for the program, too.
  const path = join(folder(t), "procore-token-mediator.service");
  const program = join(dirname(path), "program");
  writeFileSync(program, "");
  chmodSync(program, 0o755);
  writeFileSync(path, unit.replace("/usr/local/bin/procore-token-mediator", program));
  const { code, output } = await run(analyze, ["verify", "--man=no", path]);
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /procore-token-mediator\.service/, output);
  const security = await run(analyze, ["security", "--offline=yes", "--threshold=20", path]);
  assert.equal(security.code, 0, security.output);
});

test("the Dockerfile copies what is there, and the workspace loads from it as it is locked", async (t) => {
  const [build, ship] = dockerfile.split(/^(?=FROM )/m).slice(1);
  const [, channel] = /^channel = "(.+)"$/m.exec(read("rust-toolchain.toml"));
  assert.ok(build.startsWith(`FROM rust:${channel}-slim-`), "the compiler is the one of rust-toolchain.toml");
  const to = folder(t);
  for (const [, line] of build.matchAll(/^COPY (.+)$/gm)) {
    const paths = line.split(" ");
    const aim = paths.pop();
    for (const path of paths) {
      assert.ok(existsSync(join(root, path)), `${path} is not there`);
      cpSync(join(root, path), join(to, aim === "./" ? path : aim), { recursive: true });
    }
  }
  const [, folders, files] = /^RUN mkdir -p (.+) && touch (.+)$/m.exec(build);
  for (const name of folders.split(" ")) mkdirSync(join(to, name));
  for (const name of files.split(" ")) writeFileSync(join(to, name), "");
  const { code, output } = await run("cargo", ["metadata", "--locked", "--format-version=1"], { cwd: to });
  assert.equal(code, 0, output);
  const command = /^RUN cargo build --locked --profile (\w+) --package ([\w-]+)$/m.exec(build);
  const [, profile, name] = command;
  assert.ok(read("Cargo.toml").includes(`\n[profile.${profile}]\n`));
  assert.ok(ship.includes(`COPY --from=build /src/target/${profile}/${name} `));
  assert.match(ship, /^FROM \S+:nonroot$/m);
  assert.match(ship, /^ENTRYPOINT \["\/usr\/local\/bin\/procore-token-mediator"\]$/m);
});
