// What the documentation shows must compile, what it lists must be complete, and where it points must exist.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { brotliCompressSync } from "node:zlib";
import { root, run, target } from "../../scripts/run.mjs";
import { packages } from "../../scripts/setup.mjs";
import { pages } from "../../site/build.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");
// Those of the site, and those for who works on the project.
const documents = [...pages(), "fuzz/README.md", "tests/advisories.md"];
const readme = read("README.md");

/** The fenced blocks of a language, each with the line that it starts on. */
function blocks(text, language) {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    code: match[1],
  }));
}

test("every TypeScript example compiles against the package's types", async () => {
  const folder = join(target, "docs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const examples = documents.flatMap((file) => blocks(read(file), "ts").map((block) => ({ file, ...block })));
  assert.ok(examples.length);
  for (const { file, line, code } of examples) {
    // An example that goes on from the one before it has its client.
    const before = /\bconst auth = /.test(code)
      ? ""
      : 'declare const auth: import("procore-spa-auth").ProcoreAuth;\n';
    writeFileSync(join(folder, `${file.replaceAll(/\W/g, "-")}-line-${line}.ts`), `export {};\n${before}${code}`);
  }
  const paths = {
    "procore-spa-auth": [join(root, "pkg/src/types/index.d.ts")],
    "procore-spa-auth/implicit": [join(root, "pkg/src/types/implicit.d.ts")],
    "procore-spa-auth/worker": [join(root, "pkg/src/types/worker.d.ts")],
    "procore-spa-auth/testing": [join(root, "pkg/src/types/testing.d.ts")],
    "procore-spa-auth/audit": [join(root, "pkg/audit/index.d.ts")],
    "procore-spa-auth/audit/*": [join(root, "pkg/audit/*.d.ts")],
    // Other libraries that a page shows.
    ...Object.fromEntries(["axios", "openapi-fetch"].map((name) => [name, [join(root, "tests/clients/node_modules", name)]])),
  };
  assert.equal(await packages("tests/clients"), undefined);
  const options = { extends: join(root, "tsconfig.json"), include: ["*.ts"] };
  const compilerOptions = { paths, noUnusedLocals: false };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...options, compilerOptions }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { code, output } = await run(process.execPath, [tsc, "--noEmit", "-p", folder]);
  assert.equal(code, 0, output);
});

test("the example of the core in docs/rust.md is the crate's doctest", () => {
  const docs = read("src/lib.rs").split("\n").filter((line) => line.startsWith("//!"));
  const [, tested] = /^```\n([\s\S]*?)^```$/m.exec(docs.map((line) => line.slice(4)).join("\n"));
  // rustdoc compiles these lines and doesn't show them.
  const shown = tested.split("\n").filter((line) => !/^#( |$)/.test(line)).join("\n");
  const { code } = blocks(read("docs/rust.md"), "rust").at(-1);
  assert.equal(code.replaceAll(/\n{2,}/g, "\n"), shown.replaceAll(/\n{2,}/g, "\n"));
});

test("all other examples of docs/rust.md are the client's own, which rustdoc compiles", () => {
  const tested = ["mod", "auth"].flatMap((file) => {
    const comments = read(`src/app/${file}.rs`).split("\n").map((line) => /^ *\/\/[!/] ?(.*)$/.exec(line)?.[1] ?? "");
    return [...comments.join("\n").matchAll(/^```no_run\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  });
  const shown = blocks(read("docs/rust.md"), "rust").slice(0, -1).map(({ code }) => code);
  assert.deepEqual(shown, tested);
});

test("the table of errors has every code, in its phase, and no other", () => {
  const rows = [...read("docs/errors.md").matchAll(/^\| `(\w+)` \| (\w+(?:, \w+)*) \| .+ \| .+ \|$/gm)];
  const table = new Map(rows.map(([, code, phases]) => [code, phases.split(", ")]));
  assert.equal(table.size, rows.length, "a code stands there twice");
  const core = [...read("src/error.rs").matchAll(/^ {4}\w+ "(\w+)" (\w+) (?:true|false) "/gm)];
  assert.ok(core.length > 50);
  const types = read("pkg/src/types/error.d.ts");
  const union = /type ProcoreAuthErrorCode =([^;]+);/.exec(types)[1].matchAll(/"(\w+)"/g);
  const promised = [...union].map(([, code]) => code).sort();
  // What can go wrong before, or without, the core.
  const sources = readdirSync(join(root, "pkg/src"), { recursive: true }).filter((file) => /(?<!\.d)\.ts$/.test(file));
  const facade = sources.flatMap((file) => {
    const text = read(`pkg/src/${file}`);
    const messages = /^const MESSAGES = \{([^}]+)\}/m.exec(text)?.[1] ?? "";
    return [...text.matchAll(/(?:startError|postponed)\("(\w+)"/g), ...messages.matchAll(/^ {2}(\w+):/gm)];
  });
  const known = new Set([...core, ...facade].map(([, code]) => code));
  assert.deepEqual([...table.keys()].sort(), promised, "docs/errors.md and pkg/src/types/error.d.ts");
  assert.deepEqual([...known].sort(), promised, "the sources and pkg/src/types/error.d.ts");
  const misplaced = core.filter(([, code, phase]) => !table.get(code).includes(phase.toLowerCase()));
  assert.deepEqual(misplaced.map(([, code, phase]) => `${code}: ${phase}`), []);
  const phases = /type ProcoreAuthErrorPhase =([^;]+);/.exec(types)[1];
  const unknown = [...table.values()].flat().filter((phase) => !phases.includes(`"${phase}"`));
  assert.deepEqual(unknown, []);
});

test("the size that the README tells is the size that is built", () => {
  const told = [...readme.matchAll(/^\| `procore-spa-auth(\/\w+)?` \| ([\d.]+) KB(?:, and the worker's script, ([\d.]+) KB)? \|/gm)];
  assert.equal(told.length, 3);
  const files = told.flatMap(([, entry, kilobytes, later]) => [
    [entry?.slice(1) ?? "index", kilobytes],
    ...(later ? [["worker-text", later]] : []),
  ]);
  for (const [name, kilobytes] of files) {
    const file = `pkg/dist/${name}.js`;
    const built = brotliCompressSync(readFileSync(join(root, file))).length / 1000;
    const off = Math.abs(built - Number(kilobytes)) / built;
    assert.ok(off < 0.1, `${file} has ${built.toFixed(1)} KB, and the README says ${kilobytes} KB`);
  }
});

test("every link inside the repository leads somewhere", () => {
  // As GitHub makes them.
  const anchor = (heading) => heading.toLowerCase().replaceAll(/[^\w\s-]/gu, "").trim().replaceAll(" ", "-");
  const withoutCode = (text) => text.replaceAll(/^```[\s\S]*?^```$/gm, "");
  const anchorsOf = (text) => {
    const all = [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading));
    return all.map((name, at) => (all.indexOf(name) < at ? `${name}-${all.slice(0, at).filter((one) => one === name).length}` : name));
  };
  // Inline, as `[name]: link`, and as HTML.
  const LINK = /\]\(([^)\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: (\S+)|\b(?:href|src)="([^"]+)"/gm;
  const faults = [];
  for (const file of documents) {
    for (const link of [...withoutCode(read(file)).matchAll(LINK)].map((found) => found.slice(1).find(Boolean))) {
      if (/^https?:/.test(link)) continue;
      const [path, fragment] = decodeURIComponent(link).split("#");
      const aim = path ? join(dirname(file), path) : file;
      if (!existsSync(join(root, aim))) faults.push(`${file}: ${link} is not there`);
      else if (fragment && !anchorsOf(read(aim)).includes(fragment)) faults.push(`${file}: ${link} has no such heading`);
    }
  }
  assert.deepEqual(faults, []);
});

test("files and commands that the documentation names exist", () => {
  const { scripts } = JSON.parse(read("package.json"));
  const faults = [];
  for (const file of documents) {
    const text = read(file);
    for (const [, path] of text.matchAll(/`((?:src|pkg\/src|pkg\/audit|fuzz|docs|scripts|tests|www|examples|xtask)\/[\w./-]*)`/g)) {
      if (!existsSync(join(root, path))) faults.push(`${file}: ${path}`);
    }
    for (const [, name] of text.matchAll(/\bnpm run (\w[\w:]*)/g)) if (!scripts[name]) faults.push(`${file}: npm run ${name}`);
  }
  assert.deepEqual(faults, []);
});
