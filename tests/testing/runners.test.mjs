// What docs/testing.md shows for Jest and Vitest works there, file by file, with the package as npm packs it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "../../scripts/run.mjs";
import { pack } from "../support/package.mjs";
import { install, project } from "../support/tools.mjs";
import { only } from "./recipes.mjs";

const { folder: tools, reason } = await install();
let packed;

before(async () => (packed = await pack()));
after(() => packed?.remove());

const APP = ["auth.js", "greeting.js"];
const esm = { "package.json": JSON.stringify({ name: "app", private: true, type: "module" }) };

/** Runs a tool in a project. Answers with how many tests have passed. */
async function passes(name, files, args) {
  const app = project(tools, name, packed.folder, files);
  const { code, output } = await run(process.execPath, args, { cwd: app, env: { CI: "1", NO_COLOR: "1", FORCE_COLOR: undefined } });
  assert.equal(code, 0, output);
  return Number(/^ *Tests:? +(\d+) passed/m.exec(output)?.[1]);
}

const vitest = join(tools ?? "", "node_modules/vitest/vitest.mjs");
const jest = join(tools ?? "", "node_modules/jest/bin/jest.js");

for (const environment of ["node", "jsdom", "happy-dom"]) {
  test(`Vitest, ${environment}`, { skip: reason }, async () => {
    const files = { ...esm, ...only(...APP, "greeting.spec.js", "login-url.spec.js") };
    assert.equal(await passes(`vitest-${environment}`, files, [vitest, "run", "--environment", environment]), 3);
  });
}

test("Vitest, components of React, jsdom", { skip: reason }, async () => {
  const files = { ...esm, ...only("badge.jsx", "badge.spec.jsx") };
  assert.equal(await passes("vitest-react", files, [vitest, "run", "--environment", "jsdom"]), 1);
});

for (const [name, config] of [["babel-jest", "jest.config.cjs"], ["ts-jest", "jest.ts-jest.config.cjs"]]) {
  test(`Jest, ${name}, jsdom`, { skip: reason }, async () => {
    const files = only(...APP, config, "greeting.test.js", "login-url.test.js", "jest-environment.cjs");
    assert.equal(await passes(name, files, [jest, "--config", config, "--no-cache"]), 3);
  });
}

test("Jest, ES modules, jsdom", { skip: reason }, async () => {
  const files = { ...esm, ...only(...APP, "jest.esm.config.js", "greeting.esm.test.js") };
  const args = ["--experimental-vm-modules", "--no-warnings", jest, "--config", "jest.esm.config.js", "--no-cache"];
  assert.equal(await passes("jest-esm", files, args), 1);
});
