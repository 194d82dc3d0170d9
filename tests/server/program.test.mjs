// The server as a program of its own: its command line, its control API, and the package that it is in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { root, run } from "../../scripts/run.mjs";
import { SWITCHES } from "../../www/server/index.mjs";
import { get, isAlive, refresh, signIn } from "./agent.mjs";

const folder = join(root, "www/server");
const bin = join(folder, "bin.mjs");
const ANY = ["--port", "0", "--production-port", "0"];

/** Starts the program; it ends with the test. Answers with what it prints, and `stop(signal)`, which answers with its exit code. */
async function startProgram(t, ...args) {
  const child = spawn(process.execPath, [bin, ...ANY, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => child.once("exit", (code) => done(code)));
  const stop = (signal = "SIGTERM") => (child.kill(signal), ended);
  t.after(() => stop("SIGKILL"));
  const [line] = await new Promise((done) => {
    createInterface(child.stdout).once("line", (text) => done([text]));
    child.once("exit", (code) => done([JSON.stringify({ code })]));
  });
  return { ...JSON.parse(line), stop };
}

const control = async ({ origin }, method, path, body) => {
  const response = await fetch(origin + path, { method, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, body: await response.json() };
};

test("it says where it listens, and ends when it is told", async (t) => {
  const args = ["--app", "http://localhost:5173", "--redirect-uri", "https://app.example.com/cb"];
  const { sandbox, production, stop } = await startProgram(t, ...args);
  for (const { origin, redirectUris, users } of [sandbox, production]) {
    assert.match(origin, /^http:\/\/localhost:\d+$/);
    assert.deepEqual(redirectUris.slice(0, 2), ["http://localhost:5173/callback", "http://localhost:5173/"]);
    assert.ok(redirectUris.includes("https://app.example.com/cb"));
    assert.equal(users.length, 2);
    // Who listens on every address has this one, too.
    const other = await new Promise((done) => {
      const probe = createServer().once("error", ({ code }) => done(code));
      probe.listen(Number(new URL(origin).port), "127.0.0.2", () => probe.close(done));
    });
    assert.notEqual(other, "EADDRINUSE", "it listens on more than 127.0.0.1");
  }
  assert.notEqual(sandbox.clientId, production.clientId);
  assert.equal(await stop(), 0);
  await assert.rejects(fetch(sandbox.origin));
});

test("over HTTP, a test sets switches, reads what was asked, revokes everything, and resets", async (t) => {
  const { sandbox } = await startProgram(t, "--switch", "accessTokenTtl=600");
  const tokens = await signIn(sandbox);
  assert.equal(tokens.expires_in, 600);

  const set = await control(sandbox, "PATCH", "/demo/switches", { apiStatus: { status: 503 } });
  assert.deepEqual([set.status, set.body.switches.apiStatus], [200, { status: 503 }]);
  assert.equal((await get(sandbox, "/rest/v1.0/me", tokens.access_token)).status, 503);
  assert.equal(await isAlive(sandbox, tokens.access_token), true);

  const { body: log } = await control(sandbox, "GET", "/demo/log");
  const asked = log.requests.map(({ method, path, status }) => `${method} ${path} ${status}`);
  assert.deepEqual(asked.slice(-3), ["POST /oauth/token 200", "GET /rest/v1.0/me 503", "GET /rest/v1.0/me 200"]);
  assert.ok(!JSON.stringify(log).includes(tokens.access_token));

  assert.deepEqual((await control(sandbox, "POST", "/demo/revoke")).body, { revoked: 2 });
  assert.equal(await isAlive(sandbox, tokens.access_token), false);
  assert.equal((await refresh(sandbox, tokens.refresh_token)).body.error, "invalid_grant");

  const again = await signIn(sandbox);
  const { body: state } = await control(sandbox, "POST", "/demo/reset");
  const atStart = Object.fromEntries(Object.entries(SWITCHES).map(([name, [initial]]) => [name, initial]));
  assert.deepEqual(state.switches, atStart);
  assert.equal(await isAlive(sandbox, again.access_token), false);
  const { body: fresh } = await control(sandbox, "GET", "/demo/log");
  assert.deepEqual(fresh.requests.map(({ path }) => path), ["/rest/v1.0/me"]);
});

test("no other page has a hand on it", async (t) => {
  const { sandbox } = await startProgram(t);
  for (const path of ["/demo/revoke", "/demo/reset"]) {
    const { status } = await fetch(sandbox.origin + path, { method: "POST", headers: { origin: "https://attacker.example" } });
    assert.equal(status, 403);
  }
});

const mistakes = [
  ["--app", "localhost:5173"], ["--app", "http://localhost:5173/"], ["--port", "x"], ["--switch", "cors"],
  ["--switch", "nonsense=1"], ["--switch", "cors=1"], ["--redirect-uri", "http://example.com/"], ["--other"],
];
for (const args of mistakes) {
  test(`a mistake is told in one line: ${args.join(" ")}`, async () => {
    const { code, output } = await run(process.execPath, [bin, ...ANY, ...args]);
    assert.equal(code, 2, output);
    assert.match(output, /^procore-spa-auth-server: .+\n$/);
  });
}

test("a port that is taken is named", async (t) => {
  const { sandbox } = await startProgram(t);
  const { port } = new URL(sandbox.origin);
  const { code, output } = await run(process.execPath, [bin, "--production-port", "0", "--port", port]);
  assert.equal(code, 2);
  assert.match(output, new RegExp(`Port ${port} \\(sandbox\\) is in use`));
});

test("--help lists every switch", async () => {
  const { code, output } = await run(process.execPath, [bin, "--help"]);
  assert.equal(code, 0);
  assert.deepEqual(Object.keys(SWITCHES).filter((name) => !output.includes(`  ${name} (`)), []);
});

test("its package holds the sources and the licences, and needs what the workspace has tested it with", async () => {
  const { code, output } = await run("npm", ["pack", "--json", "--dry-run", "--silent"], { cwd: folder });
  assert.equal(code, 0, output);
  const [{ files }] = JSON.parse(output.slice(output.search(/^\[/m)));
  const others = files.map(({ path }) => path).filter((path) => !/^[\w-]+\.mjs$/.test(path));
  assert.deepEqual(others.sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"]);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const workspace = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const packageOfOurs = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));
  const needed = Object.entries(manifest.dependencies);
  assert.deepEqual(needed, needed.map(([name]) => [name, workspace.devDependencies[name]]));
  assert.equal(manifest.version, packageOfOurs.version);
  assert.equal(manifest.scripts, undefined);
  // Nothing else is used that an installation of it would not have.
  const sources = files.map(({ path }) => path).filter((path) => path.endsWith(".mjs"));
  const used = sources.flatMap((path) => [...readFileSync(join(folder, path), "utf8").matchAll(/\bfrom "([^"]+)"/g)].map(([, from]) => from));
  assert.deepEqual([...new Set(used.filter((from) => !/^(node:|\.\/)/.test(from)))].map((from) => from.split("/")[0]), ["oidc-provider"]);
});
