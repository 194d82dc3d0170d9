// The native program and the one for Node: the same words, the same findings, the same exit codes.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { find, root } from "../../scripts/run.mjs";
import { tar, zip } from "./corpus/containers.mjs";
import { alphabets } from "./corpus/secrets.mjs";
import { folderOf, PROGRAMS, runIt, start } from "./program.mjs";

const newSecret = alphabets.hex;
const clean = { "dist/a.js": "console.log(1);\n" };
const leak = (secret) => ({ "dist/a.js": `keep("${secret}");\n` });

/** Both programs over one folder: they must say the same. Answers with what they say. */
async function both(args, options) {
  const native = await start("native", args, options);
  const node = await start("Node", args, options);
  assert.deepEqual(node, native);
  return native;
}

/** A folder with everything that goes wrong, and a secret in every way that archives hide it. */
function everything(t, secret) {
  const packed = tar({ "package/app.js": `keep("${secret}")` });
  const folder = folderOf(t, {
    ".env.local": `PROCORE_CLIENT_SECRET=${secret}\nSHORT_SECRET=abc\n`,
    "dist/app.js": `keep("${secret}");`,
    "dist/app.js.gz": gzipSync(`keep("${secret}");`),
    "dist/app.tgz": gzipSync(packed),
    "dist/deep.zip": zip({ "site/app.tgz": gzipSync(packed), "site/inner.zip": zip({ "e.js": `"${secret}"` }) }),
    "dist/broken.tgz": gzipSync(packed).subarray(0, 60),
    "dist/broken.zip": zip({ a: "a" }).subarray(0, 40),
    "dist/broken.js.map": '{"version":3,"sources":[',
    "dist/broken.wasm": Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 11, 200]),
    "dist/latin1.js": Buffer.from(`var n = "é\xe9"; keep("${secret}")`, "latin1"),
    "dist/page.js.br": Buffer.from([1, 2, 3]),
    "dist/all.tar.xz": Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]),
    "dist/empty.js": "",
    "dist/sub/.env": "A=1\n",
    "elsewhere/b.js": `keep("${secret}");`,
    "skipped/node_modules/c.js": "c",
  });
  symlinkSync(".", join(folder, "dist/loop"));
  symlinkSync("self", join(folder, "dist/self"));
  symlinkSync("nowhere", join(folder, "dist/nowhere"));
  symlinkSync("app.js", join(folder, "dist/again.js"));
  symlinkSync("../elsewhere", join(folder, "dist/elsewhere"));
  symlinkSync("../elsewhere", join(folder, "dist/elsewhere-too"));
  return folder;
}

for (const format of ["text", "json", "sarif"]) {
  test(`both programs write the same ${format}, without the secret`, async (t) => {
    const secret = newSecret();
    const cwd = everything(t, secret);
    const { code, out, err } = await both(["audit", "--format", format, "--skip", "node_modules", "dist", "skipped", "nothing"], { cwd });
    assert.equal(code, 1);
    assert.ok(!(out + err).includes(secret), "the secret is shown");
    assert.match(err, /not looked for: the value of SHORT_SECRET of \.env\.local/);
    assert.match(err, /looked for: the value of PROCORE_CLIENT_SECRET of \.env\.local/);
    assert.match(err, /not searched: skipped.node_modules/);
    assert.match(err, /links that lead to what is searched under another name: 2/);
    if (format !== "json") return;
    const report = JSON.parse(out);
    const found = new Set(report.findings.filter(({ kind }) => kind === "known-value").map(({ path }) => path));
    const expected = [
      "dist/app.js",
      "dist/app.js.gz!app.js",
      "dist/app.tgz!package/app.js",
      "dist/deep.zip!site/app.tgz!package/app.js",
      "dist/deep.zip!site/inner.zip!e.js",
      "dist/elsewhere/b.js",
      "dist/latin1.js",
    ];
    // Both links lead there; which of them is first, an operating system decides.
    const first = (path) => path.replace("elsewhere-too", "elsewhere");
    assert.deepEqual([...found].map(first).sort(), expected);
    const unread = Object.fromEntries(report.unread.map(({ path, reason }) => [path, reason]));
    assert.deepEqual(unread, {
      "dist/all.tar.xz": "compressed",
      "dist/broken.js.map": "broken-map",
      "dist/broken.tgz": "broken-archive",
      "dist/broken.wasm": "broken-wasm",
      "dist/broken.zip": "broken-archive",
      "dist/latin1.js": "invalid-utf8",
      "dist/loop": "link",
      "dist/nowhere": "link",
      "dist/page.js.br": "compressed",
      "dist/self": "link",
      nothing: "unreadable",
    });
  });
}

test("the exit code tells clean, found, and could not look apart", async (t) => {
  const secret = newSecret();
  const env = { PROCORE_CLIENT_SECRET: secret };
  const code = async (files, args = [], options = {}) => (await both(["audit", ...args], { cwd: folderOf(t, files), env, ...options })).code;
  assert.equal(await code(clean), 0);
  assert.equal(await code(leak(secret)), 1);
  assert.equal(await code(leak(secret), ["--no-env"]), 0);
  assert.equal(await code({ ...clean, "dist/a.tgz": gzipSync("x").subarray(0, 12) }), 2);
  assert.equal(await code({ ...leak(secret), "dist/a.tgz": gzipSync("x").subarray(0, 12) }), 1);
  assert.equal(await code(clean, ["missing"]), 2);
  assert.equal(await code({}), 2);
  assert.equal(await code({ "dist/a.js": "" }), 0);
});

test("wrong usage is 64, with a reason, and nothing on the standard output", async (t) => {
  const cwd = folderOf(t, { ...clean, "b.json": "{", "old.json": '{"allow":[{"sha256":"12","reason":"r","expires":"2027-01-01"}]}' });
  for (const [args, reason] of [
    [[], /say what to do/],
    [["scan"], /no command "scan"/],
    [["audit", "--formats"], /--formats/],
    [["audit", "--format", "xml"], /no format "xml"/],
    [["audit", "--dotenv", "none"], /none: It is not there/],
    [["audit", "--dotenv", "dist"], /dist: It is no regular file/],
    [["audit", "--baseline", "b.json"], /b\.json: .*line 1/],
    [["audit", "--baseline", "old.json"], /64 hex digits/],
    [["audit", "--known-hash", "sha256:00:1:00"], /known hash 1/],
    [["audit", "--write-baseline", "n.json"], /belong together/],
    [["hash", "a-secret-on-the-line"], /standard input/],
  ]) {
    const { code, out, err } = await both(args, { cwd });
    assert.deepEqual([code, out], [64, ""], args.join(" "));
    assert.match(err, reason);
    assert.ok(!err.includes("a-secret-on-the-line"));
  }
  for (const [args, said] of [[["--help"], /exit codes/], [["audit", "-h"], /exit codes/], [["--version"], /^procore-spa-auth \d/]]) {
    const { code, out } = await both(args, { cwd });
    assert.equal(code, 0);
    assert.match(out, said);
  }
});

test("a secret that is given as a salted hash is found where CI does not hold it", async (t) => {
  const secret = newSecret();
  const cwd = folderOf(t, leak(secret));
  for (const program of Object.keys(PROGRAMS)) {
    const { code, out } = await start(program, ["hash", "--name", "SANDBOX"], { cwd, input: `${secret}\n` });
    assert.equal(code, 0);
    assert.match(out, /^SANDBOX=sha256:[0-9a-f]{32}:64:[0-9a-f]{64}\n$/);
    assert.ok(!out.includes(secret));
    const again = await start(program, ["hash", "--name", "SANDBOX"], { cwd, input: secret });
    assert.notEqual(again.out, out, "the salt is another one each time");
    const audited = await both(["audit", "--no-env", "--known-hash", out.trim()], { cwd });
    assert.equal(audited.code, 1);
    assert.match(audited.out, /SANDBOX/);
    const other = await both(["audit", "--no-env", "--known-hash", out.trim(), "dist"], { cwd: folderOf(t, leak(newSecret())) });
    assert.doesNotMatch(other.out, /known-value/);
  }
});

test("variables are secret by their names, or by an option", async (t) => {
  const [one, two] = [newSecret(), newSecret()];
  const cwd = folderOf(t, { "dist/a.js": `keep("${one}","${two}");`, ".env.example": `EXAMPLE_SECRET=${two}\n`, "ci.env": `export OTHER="${two}"\n` });
  const names = async (args, env) => {
    const { out } = await both(["audit", "--only", "known-value", ...args], { cwd, env });
    return [...out.matchAll(/It is the value of (.+)\./g)].map(([, names]) => names);
  };
  assert.deepEqual(await names([]), []);
  assert.deepEqual(await names([], { MY_APP_SECRET: one }), ["MY_APP_SECRET of the environment"]);
  assert.deepEqual(await names(["--public-name", "MY_APP_SECRET"], { MY_APP_SECRET: one }), []);
  assert.deepEqual(await names(["--secret-name", "PLAIN"], { PLAIN: one }), ["PLAIN of the environment"]);
  assert.deepEqual(await names(["--dotenv", "ci.env", "--secret-name", "OTHER"]), ["OTHER of ci.env"]);
  assert.deepEqual(await names(["--no-env"], { MY_APP_SECRET: one }), []);
  const { err } = await both(["audit", "--secret-name", "GONE"], { cwd });
  assert.match(err, /GONE, which is nowhere set/);
});

test("a baseline lets a value stay until its last day, and is printed every time", async (t) => {
  const secret = newSecret();
  const env = { PROCORE_CLIENT_SECRET: secret };
  const cwd = folderOf(t, leak(secret));
  for (const program of Object.keys(PROGRAMS)) {
    const file = `${program}.json`;
    const write = ["audit", "--write-baseline", file, "--reason", "the sandbox's, revoked", "--expires", "2999-12-31"];
    assert.equal((await start(program, write, { cwd, env })).code, 1);
    const written = readFileSync(join(cwd, file), "utf8");
    assert.deepEqual(JSON.parse(written).allow, [
      { sha256: createHash("sha256").update(secret).digest("hex"), reason: "the sandbox's, revoked", expires: "2999-12-31" },
    ]);
    const { code, out } = await both(["audit", "--baseline", file], { cwd, env });
    assert.equal(code, 0);
    assert.match(out, /allowed known-value .*\n.*\n {2}Allowed until 2999-12-31: the sandbox's, revoked/);
    const { err } = await both(["audit", "--baseline", file], { cwd: folderOf(t, { ...clean, [file]: written }), env });
    assert.match(err, /not needed: the baseline's entry [0-9a-f]{8}, until 2999-12-31: the sandbox's, revoked/);
    const old = folderOf(t, { ...leak(secret), "old.json": written.replace("2999", "2020") });
    assert.equal((await both(["audit", "--baseline", "old.json"], { cwd: old, env })).code, 1);
  }
});

test("archives deeper in archives than is opened are named", async (t) => {
  const secret = newSecret();
  let content = Buffer.from(secret);
  for (let depth = 0; depth < 12; depth++) content = tar({ [depth ? "inner.tar" : "a.js"]: content });
  const { code, out } = await both(["audit"], { cwd: folderOf(t, { "dist/deep.tar": content }), env: { A_SECRET: secret } });
  assert.equal(code, 2);
  assert.match(out, /unread archive-limit/);
});

test("a pipe among the files is named, and not waited for", { skip: !find("mkfifo") }, async (t) => {
  const cwd = folderOf(t, clean);
  execFileSync("mkfifo", [join(cwd, "dist/pipe"), join(cwd, ".env")]);
  const { code, out } = await both(["audit"], { cwd });
  assert.equal(code, 2);
  assert.match(out, /unread unreadable {2}\.env\n.*no regular file/);
  assert.match(out, /unread unreadable {2}dist\/pipe\n.*no regular file/);
});

// Root may read everything, but for one without these rights.
const rights = "-dac_override,-dac_read_search";
const asOthers = process.getuid?.() === 0 ? ["setpriv", `--inh-caps=${rights}`, `--bounding-set=${rights}`] : [];

test("a file that may not be read is named", { skip: asOthers.length > 0 && !find("setpriv") }, async (t) => {
  const cwd = folderOf(t, { ...clean, "dist/b.js": "b" });
  chmodSync(join(cwd, "dist/b.js"), 0);
  const { code, out } = await both(["audit"], { cwd, before: asOthers });
  assert.equal(code, 2);
  assert.match(out, /unread unreadable {2}dist\/b\.js\n.*Its permissions forbid it/);
});

// Of the systems that this is tested on, only Linux has such names.
test("a file whose name is no UTF-8 is searched", { skip: process.platform !== "linux" }, async (t) => {
  const secret = newSecret();
  const cwd = folderOf(t, clean);
  const folder = Buffer.concat([Buffer.from(join(cwd, "dist/")), Buffer.from([0xff])]);
  mkdirSync(folder);
  writeFileSync(Buffer.concat([folder, Buffer.from("/b.js")]), `keep("${secret}")`);
  const { code, out } = await both(["audit"], { cwd, env: { A_SECRET: secret } });
  assert.equal(code, 1);
  assert.match(out, /error known-value {2}dist\/\ufffd\/b\.js:1:7/);
});

test("a report goes to a file where it is asked to, and is shown as text", async (t) => {
  const cwd = folderOf(t, clean);
  const { code, out } = await both(["audit", "--format", "sarif", "--output", "a.sarif"], { cwd });
  assert.equal(code, 0);
  assert.match(out, /^0 errors, /);
  assert.equal(JSON.parse(readFileSync(join(cwd, "a.sarif"), "utf8")).version, "2.1.0");
  const failed = await both(["audit", "--output", "no/folder"], { cwd });
  assert.equal(failed.code, 2);
  assert.match(failed.err, /no\/folder: It is not there/);
});

test("a gigabyte is searched in bounded memory, to its last byte", { skip: !existsSync("/proc/self/status") }, async (t) => {
  const secret = newSecret();
  const cwd = folderOf(t, { "dist/big.bin": "" });
  const size = 1 << 30;
  const file = openSync(join(cwd, "dist/big.bin"), "r+");
  ftruncateSync(file, size);
  writeSync(file, secret, size - secret.length);
  closeSync(file);
  const env = { A_SECRET: secret, PATH: process.env.PATH };
  // Address space counts here, of which WebAssembly reserves more than it has: so for Node, what was resident.
  const [program, ...args] = PROGRAMS.native;
  const limited = await runIt("sh", ["-c", 'ulimit -v 500000; exec "$@"', "sh", program, ...args, "audit"], { cwd, env });
  assert.equal(limited.code, 1);
  assert.match(limited.out, new RegExp(`big\\.bin:1:${size - secret.length + 1}\n`));
  const index = JSON.stringify(join(root, "pkg/dist/audit/index.js"));
  const code = `const { audit } = await import(${index}); const { findings } = await audit();
    console.log(JSON.stringify({ columns: findings.map(({ column }) => column), maxRSS: process.resourceUsage().maxRSS }));`;
  const { out } = await runIt(process.execPath, ["--input-type=module", "--eval", code], { cwd, env });
  const { columns, maxRSS } = JSON.parse(out);
  assert.deepEqual(columns, [size - secret.length + 1]);
  assert.ok(maxRSS < 500_000, `${maxRSS} KB`);
});

for (const program of Object.keys(PROGRAMS)) {
  test(`${program}: there is a progress bar on a terminal, and none elsewhere`, { skip: !find("script") }, async (t) => {
    const cwd = folderOf(t, { "dist/a.bin": Buffer.alloc(30 << 20) });
    const line = [...PROGRAMS[program], "audit"].map((word) => `'${word}'`).join(" ");
    const onTerminal = await runIt("script", ["-qec", line, "/dev/null"], { cwd, env: { ...process.env, TERM: "xterm" } });
    assert.match(onTerminal.out, /\d MB of|\d MiB of/);
    const off = await runIt("script", ["-qec", `${line} --no-progress`, "/dev/null"], { cwd, env: { ...process.env, TERM: "xterm" } });
    assert.doesNotMatch(off.out, / of \d/);
    assert.equal((await start(program, ["audit"], { cwd })).err, "");
  });
}

test("the function says what the program says", async (t) => {
  const secret = newSecret();
  const cwd = folderOf(t, { ...leak(secret), ".env": `PROCORE_CLIENT_SECRET=${secret}` });
  const { audit } = await import("../../pkg/dist/audit/index.js");
  const steps = [];
  const result = await audit({ cwd, paths: ["dist"], onProgress: (done, total) => steps.push([done, total]) });
  const { out } = await start("Node", ["audit", "dist"], { cwd });
  assert.equal(result.text, out);
  assert.deepEqual(result.findings.map(({ kind, path, line, column }) => [kind, path, line, column]), [["known-value", "dist/a.js", 1, 7]]);
  assert.equal(result.exitCode, 1);
  assert.deepEqual(steps.at(-1), [result.bytes, result.bytes]);
  await assert.rejects(audit({ cwd, path: "dist" }), /unknown field `path`/);
  await assert.rejects(audit({ cwd, failOn: "never" }), /never/);
});
