// The code on a framework's page is that of the app which tests/adapters tries, and as long as the page says.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "../../scripts/run.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");
const { peerDependencies } = JSON.parse(read("pkg/package.json"));
const FRAMEWORKS = ["react", "vue", "solid", "svelte", "angular"].filter((name) => existsSync(join(root, "tests/adapters", name)));
/** The apps that a page is about, beside the one of its name. */
const ALSO = { react: ["next", "tanstack"], vue: ["nuxt"] };
/** What no app has without a sign-in. */
const GLUE = /procore|\bauth\b|session|Entrance/i;
/** What it has anyway, or as it likes, or may do without: a page, the way in, a guard of a route. */
const OTHER = /page|entrance|route/i;

/** The blocks that begin by naming a file: `[file, code]`. */
const blocksOf = (page) =>
  [...page.matchAll(/^```\w+\n(?:\/\/|<!--) ((?:(?:src|app)\/)?[\w./+-]+\.\w+)(?: -->)?\n([^]*?)^```$/gm)].map(([, file, code]) => [file, code]);

/** Without what the test tells the app: who goes to the login page. */
const asShown = (code) => code.replace("signIn: page.signInBy, ", "").replace("{ auth, page }", "{ auth }");

const lines = (code) => code.split("\n").filter((line) => line.trim());

test("there is a page for each framework that the package asks for", () => {
  const pages = FRAMEWORKS.filter((name) => existsSync(join(root, `docs/${name}.md`)));
  assert.deepEqual(pages, FRAMEWORKS);
  assert.ok(FRAMEWORKS.length && Object.keys(peerDependencies).length);
});

test("the README's lines of React are the app's", () => {
  const [, shown] = /^```tsx\n([^]*?)^```$/m.exec(read("README.md"));
  const [wanted, tried] = [shown, read("tests/adapters/react/src/main.tsx")].map(lines);
  assert.ok(wanted.length < 12, `${wanted.length} lines`);
  assert.deepEqual(tried.filter((line) => wanted.includes(line)), wanted);
});

for (const name of FRAMEWORKS) {
  const page = read(`docs/${name}.md`);

  test(`${name}: what the page shows is what is tried`, () => {
    const shown = blocksOf(page);
    assert.ok(shown.length >= 3, `${shown.length} blocks`);
    // The app under test is told of its client by the test.
    const tried = shown.filter(([file]) => !/\bauth\.ts$/.test(file));
    const apps = [name, ...(ALSO[name] ?? [])].map((app) => `tests/adapters/${app}`);
    const has = (app, file, code) => existsSync(join(root, app, file)) && asShown(read(join(app, file))).includes(code);
    const others = tried.filter(([file, code]) => !apps.some((app) => has(app, file, code)));
    assert.deepEqual(others.map(([file]) => file), []);
  });

  test(`${name}: it takes as many lines as the page says`, () => {
    const { 1: told, index } = /\b(\d+) lines of client/.exec(page);
    const shown = blocksOf(page.slice(0, index)).filter(([file]) => !OTHER.test(file.split("/").at(-1)));
    const isGlue = (file) => (line) => /auth\.ts$/.test(file) || GLUE.test(line);
    const glue = shown.flatMap(([file, code]) => lines(code).filter(isGlue(file)));
    assert.equal(glue.length, Number(told), glue.join("\n"));
  });
}
