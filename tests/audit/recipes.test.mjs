// The recipes in examples/audit, with the package as a user installs it.

import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { must, pack } from "../support/package.mjs";
import { alphabets } from "./corpus/secrets.mjs";
import { folderOf, runIt } from "./program.mjs";

let packed;
before(async () => {
  packed = await pack();
  const project = join(packed.home, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "app", private: true }));
  const args = ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", join("..", basename(packed.tarball))];
  await must("npm", args, { cwd: project });
});
after(() => packed?.remove());

/** A project with these files, which has the package installed. */
function projectOf(t, files) {
  const folder = folderOf(t, { "package.json": '{"private":true}', ...files });
  cpSync(join(packed.home, "project/node_modules"), join(folder, "node_modules"), { recursive: true });
  return folder;
}

const { CI: _, ...env } = process.env;
const shell = (line, cwd, more = {}) => runIt("bash", ["-eo", "pipefail", "-c", line], { cwd, env: { ...env, ...more } });
const example = (name) => join(root, "examples/audit", name);

test("npx runs what is installed", async (t) => {
  const { code, out } = await shell("npx --no-install procore-spa-auth --version", projectOf(t, {}));
  assert.equal(code, 0);
  assert.match(out, /^procore-spa-auth \d+\.\d+\.\d+\n$/);
});

for (const recipe of ["github-actions.yml", "gitlab-ci.yml"]) {
  test(`${recipe}: its step fails a build with a leak that it knows by a hash, and leaves the findings`, async (t) => {
    const [, line] = /^\s*(?:run:|-) (npx .*procore-spa-auth audit .*)$/m.exec(readFileSync(example(recipe), "utf8"));
    const secret = alphabets.hex();
    const folder = projectOf(t, { "dist/a.js": `keep("${secret}");\n`, "secret.txt": secret });
    const { out: hash } = await shell("npx --no-install procore-spa-auth hash --name PORTAL < secret.txt", folder);
    const leaking = await shell(line, folder, { PROCORE_SECRET_HASH: hash.trim() });
    assert.equal(leaking.code, 1);
    assert.match(leaking.out, /error known-value {2}dist\/a\.js:1:7\n.*PORTAL/);
    const log = JSON.parse(readFileSync(join(folder, "audit.sarif"), "utf8"));
    assert.equal(log.runs[0].results[0].ruleId, "known-value");
    writeFileSync(join(folder, "dist/a.js"), "console.log(1);\n");
    assert.equal((await shell(line, folder, { PROCORE_SECRET_HASH: hash.trim() })).code, 0);
    assert.equal((await shell(line, folder)).code, 0, "without a hash");
  });
}

test("the hook refuses a commit with a secret in it, and searches what is staged", async (t) => {
  const secret = alphabets.hex();
  const folder = projectOf(t, { ".env": `PROCORE_CLIENT_SECRET=${secret}\n`, ".gitignore": "node_modules\n.env\n", "a.js": "a();\n" });
  const git = (...args) => runIt("git", ["-c", "user.name=A", "-c", "user.email=a@example.com", ...args], { cwd: folder, env });
  assert.equal((await git("init", "-q")).code, 0);
  mkdirSync(join(folder, ".git/hooks"), { recursive: true });
  copyFileSync(example("pre-commit"), join(folder, ".git/hooks/pre-commit"));
  const commit = async () => (await git("add", "-A"), git("commit", "-q", "-m", "m"));
  // A server may ask for a token with a secret that is elsewhere; a link is what it says.
  writeFileSync(join(folder, "server.js"), 'post({ grant_type: "client_credentials", client_secret: process.env.PROCORE_CLIENT_SECRET });\n');
  symlinkSync("nowhere", join(folder, "link"));
  const first = await commit();
  assert.equal(first.code, 0, first.out + first.err);

  writeFileSync(join(folder, "a b.js"), `keep("${secret}");\n`);
  const refused = await commit();
  assert.notEqual(refused.code, 0);
  assert.match(refused.out + refused.err, /error known-value {2}a b\.js:1:7/);
  assert.ok(!(refused.out + refused.err).includes(secret), "the secret is shown");
  // It is clean now, but what is staged is not.
  writeFileSync(join(folder, "a b.js"), "clean();\n");
  assert.notEqual((await git("commit", "-q", "-m", "m")).code, 0);
  assert.equal((await commit()).code, 0);
});
