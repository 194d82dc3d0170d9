// The plugins, in real builds by the tools that they are for: a leak fails the build, at its place, in the tool's own form,
// and nothing is written; a clean build is what it is without them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { rspack } from "@rspack/core";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";
import { root } from "../../scripts/run.mjs";
import { alphabets } from "./corpus/secrets.mjs";

const newSecret = alphabets.hex;
const plugin = async (name) => (await import(join(root, `pkg/dist/audit/${name}.js`))).default;

let home;
before(() => (home = mkdtempSync(join(tmpdir(), "procore-spa-auth-audit-"))));
after(() => rmSync(home, { recursive: true, force: true }));

/** An app in a folder of its own, of these files. */
function app(files) {
  const folder = mkdtempSync(join(home, "app-"));
  const all = { "package.json": '{"type":"module"}', "index.html": '<script type="module" src="/main.js"></script>', ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/**
 * Each builds `main.js` of an app into its `out`, with the plugin or without; `settings.define` replaces names. Answers with
 * the errors that the tool gives, each `{ text, file, line, column }`, as its own form has them.
 */
const TOOLS = {
  async Vite(folder, { settings, define = {}, plain }) {
    const plugins = plain ? [] : [(await plugin("vite"))(settings)];
    try {
      await vite({ root: folder, configFile: false, logLevel: "silent", define, plugins, build: { outDir: "out" } });
      return [];
    } catch (error) {
      assert.match(error.message, /\[plugin procore-spa-auth-audit\]/);
      // Rolldown puts what a plugin gives into a list.
      return (error.errors ?? [error]).map(fromRollup);
    }
  },
  async Rollup(folder, { settings, define = {}, plain }) {
    const replace = { transform: (code) => Object.entries(define).reduce((text, [name, value]) => text.replaceAll(name, value), code) };
    const plugins = plain ? [replace] : [replace, (await plugin("rollup"))({ cwd: folder, ...settings })];
    try {
      const bundle = await rollup({ input: join(folder, "main.js"), plugins });
      await bundle.write({ dir: join(folder, "out") });
      return [];
    } catch (error) {
      assert.deepEqual([error.code, error.hook, error.plugin], ["PLUGIN_ERROR", "generateBundle", "procore-spa-auth-audit"]);
      return [fromRollup(error)];
    }
  },
  webpack: (...given) => fromWebpack(webpack, webpack.DefinePlugin, ...given),
  Rspack: (...given) => fromWebpack(rspack, rspack.DefinePlugin, ...given),
  async esbuild(folder, { settings, define = {}, plain }) {
    const plugins = plain ? [] : [(await plugin("esbuild"))(settings)];
    const entryPoints = ["main.js"];
    try {
      await esbuild({ entryPoints, absWorkingDir: folder, outdir: "out", bundle: true, minify: true, define, plugins, logLevel: "silent" });
      return [];
    } catch ({ errors }) {
      assert.ok(errors.every(({ pluginName }) => pluginName === "procore-spa-auth-audit"));
      return errors.map(({ text, notes, location }) => ({
        text: [text, ...notes.map((note) => note.text)].join("\n"),
        ...location,
      }));
    }
  },
};

const fromRollup = ({ message, loc }) => ({ text: message, ...loc });

async function fromWebpack(bundler, DefinePlugin, folder, { settings, define = {}, plain }) {
  const plugins = [new DefinePlugin(define)];
  if (!plain) plugins.push(new (await plugin("webpack"))(settings));
  const stats = await new Promise((done, failed) =>
    bundler(
      // In development too, where both write what has errors.
      { mode: "development", devtool: false, context: folder, entry: "./main.js", output: { path: join(folder, "out") }, plugins },
      (error, stats) => (error ? failed(error) : done(stats)),
    ),
  );
  return stats.toJson({ errors: true }).errors.map(({ message, file, loc }) => {
    const [line, column] = loc.split(/[:-]/).map(Number);
    return { text: message, file: file ?? message.split("\n")[0], line, column };
  });
}

const written = (folder) => (existsSync(join(folder, "out")) ? readdirSync(join(folder, "out"), { recursive: true }) : []);

for (const [tool, build] of Object.entries(TOOLS)) {
  test(`${tool}: a secret in a module fails the build at its line, and nothing is written`, async () => {
    const secret = newSecret();
    const folder = app({
      ".env": `PROCORE_CLIENT_SECRET=${secret}\n`,
      "main.js": 'import { key } from "./config.js";\nfetch("/token", { method: "POST", body: key });\n',
      "config.js": `// The portal's.\nexport const key =\n  "${secret}";\n`,
    });
    const errors = await build(folder, {});
    assert.equal(errors.length, 1);
    const [{ text, file, line, column }] = errors;
    assert.match(text, /A known secret is in the build.*PROCORE_CLIENT_SECRET of \.env/s);
    assert.match(text, /new secret in Procore's Developer Portal first/);
    assert.ok(!text.includes(secret), "the secret is shown");
    // Vite gives its errors as text only.
    if (tool === "Vite") assert.match(text, /config\.js:3:[34]/);
    else assert.deepEqual([file, line, column], ["config.js", 3, 3]);
    assert.deepEqual(written(folder), []);
  });

  test(`${tool}: a secret that the configuration puts in, and no module has, fails the build too`, async () => {
    const secret = newSecret();
    const folder = app({ ".env": `VITE_PROCORE_CLIENT_SECRET='${secret}'\n`, "main.js": 'console.log("config", __CONFIG__);\n' });
    const errors = await build(folder, { define: { __CONFIG__: JSON.stringify(secret) } });
    assert.equal(errors.length, 1);
    assert.match(errors[0].text, /VITE_PROCORE_CLIENT_SECRET of \.env/);
    assert.match(errors[0].text, /In the build: \S+\.js:\d+:\d+/);
    assert.deepEqual(written(folder), []);
  });

  test(`${tool}: a clean build is the same as without the plugin`, async () => {
    const files = { ".env": `PROCORE_CLIENT_SECRET=${newSecret()}\n`, "main.js": 'console.log("clean", location.href);\n' };
    const [plain, audited] = [app(files), app(files)];
    assert.deepEqual(await build(plain, { plain: true }), []);
    assert.deepEqual(await build(audited, {}), []);
    assert.ok(written(plain).some((file) => file.endsWith(".js")));
    assert.deepEqual(written(audited), written(plain));
    for (const file of written(plain).filter((file) => /\.\w+$/.test(file))) {
      assert.deepEqual(readFileSync(join(audited, "out", file)), readFileSync(join(plain, "out", file)), file);
    }
  });

  test(`${tool}: what a baseline allows may stay, until its last day`, async () => {
    const secret = newSecret();
    const sha256 = createHash("sha256").update(secret).digest("hex");
    const files = {
      ".env": `PROCORE_CLIENT_SECRET=${secret}\n`,
      "main.js": `console.log("${secret}");\n`,
      "allowed.json": JSON.stringify({ allow: [{ sha256, reason: "revoked", expires: "2999-12-31" }] }),
      "expired.json": JSON.stringify({ allow: [{ sha256, reason: "revoked", expires: "2020-12-31" }] }),
    };
    assert.deepEqual(await build(app(files), { settings: { baselines: ["allowed.json"] } }), []);
    assert.equal((await build(app(files), { settings: { baselines: ["expired.json"] } })).length, 1);
  });
}

test("Vite: what is copied from public is searched, and so is a service worker that a plugin writes by itself", async () => {
  const secret = newSecret();
  const audit = (await plugin("vite"))();
  const env = { ".env": `PROCORE_CLIENT_SECRET=${secret}\n`, "main.js": "console.log(1);\n" };
  const build = (folder, more = []) =>
    vite({ root: folder, configFile: false, logLevel: "silent", plugins: [audit, ...more], build: { outDir: "out" } });
  await assert.rejects(build(app({ ...env, "public/config.json": JSON.stringify({ key: secret }) })), /out\/config\.json:1:9/);
  const folder = app(env);
  const worker = { name: "worker", writeBundle: () => writeFileSync(join(folder, "out/sw.js"), `self.key = "${secret}";`) };
  await assert.rejects(build(folder, [worker]), /out\/sw\.js:1:13/);
});

test("a source map with a secret that the script has lost fails the build", async () => {
  const secret = newSecret();
  const folder = app({ ".env": `PROCORE_CLIENT_SECRET=${secret}\n`, "main.js": `// ${secret}\nconsole.log(1);\n` });
  const plugins = [(await plugin("esbuild"))()];
  const given = { entryPoints: ["main.js"], absWorkingDir: folder, outdir: "out", bundle: true, minify: true, plugins, logLevel: "silent" };
  await esbuild(given);
  const failed = esbuild({ ...given, sourcemap: true });
  await assert.rejects(failed, ({ errors: [{ location }] }) => location.file === "main.js" && location.line === 1);
});

test("esbuild: with write: false the files are handed out as ever, and standard output is refused", async () => {
  const folder = app({ "main.js": "console.log(1);\n" });
  const plugins = [(await plugin("esbuild"))()];
  const given = { entryPoints: ["main.js"], absWorkingDir: folder, plugins, logLevel: "silent" };
  const { outputFiles } = await esbuild({ ...given, write: false });
  assert.equal(outputFiles.length, 1);
  await assert.rejects(esbuild(given), /set outdir or outfile/);
});

test("what could not be looked into fails the build", async () => {
  const folder = app({ "main.js": "console.log(1);\n", "public/app.tgz": Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) });
  const plugins = [(await plugin("vite"))()];
  const failed = vite({ root: folder, configFile: false, logLevel: "silent", plugins, build: { outDir: "out" } });
  await assert.rejects(failed, /could not be looked into \(broken-archive\)/);
});

/** The tools' own programs, as a CI runs them. */
const PROGRAMS = {
  vite: ["vite/bin/vite.js", ["build"], "vite.config.js", 'import audit from "procore-spa-auth/audit/vite";\nexport default { plugins: [audit()] };\n'],
  rollup: [
    "rollup/dist/bin/rollup",
    ["-c"],
    "rollup.config.js",
    'import audit from "procore-spa-auth/audit/rollup";\nexport default { input: "main.js", output: { dir: "dist" }, plugins: [audit()] };\n',
  ],
};

for (const [name, [program, args, config, text]] of Object.entries(PROGRAMS)) {
  test(`the program ${name} exits with 1 for a leak, with 0 without one`, async () => {
    const secret = newSecret();
    const run = (main) => {
      const folder = app({ ".env": `PROCORE_CLIENT_SECRET=${secret}\n`, "main.js": main, [config]: text });
      mkdirSync(join(folder, "node_modules"));
      symlinkSync(join(root, "pkg"), join(folder, "node_modules/procore-spa-auth"));
      const command = [join(root, "node_modules", program), ...args];
      return promisify(execFile)(process.execPath, command, { cwd: folder }).then(
        () => ({ code: 0 }),
        ({ code, stderr }) => ({ code, stderr }),
      );
    };
    assert.equal((await run("console.log(1);\n")).code, 0);
    const { code, stderr } = await run(`console.log("${secret}");\n`);
    assert.equal(code, 1);
    assert.match(stderr, /A known secret is in the build/);
    assert.ok(!stderr.includes(secret), "the secret is shown");
  });
}
