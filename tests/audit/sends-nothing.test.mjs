// The auditor reads what nobody else may see. Nothing in it is able to send.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root, run } from "../../scripts/run.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");
const filesIn = (folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, String(file)));

test("the auditor for Node reads files, and imports nothing that sends", () => {
  const allowed = /^(?:\.\/[\w-]+\.js|node:(?:fs|fs\/promises|path|crypto))$/;
  for (const file of filesIn("pkg/audit").filter((file) => file.endsWith(".js"))) {
    const text = read(file);
    const imported = [...text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name);
    assert.deepEqual(imported.filter((name) => !allowed.test(name)), [], file);
    assert.doesNotMatch(text, /\bfetch\(|WebSocket|XMLHttpRequest|child_process/, file);
  }
});

test("its module is given nothing that sends", () => {
  const module = new WebAssembly.Module(readFileSync(join(root, "pkg/dist/audit/core_bg.wasm")));
  const names = WebAssembly.Module.imports(module).map(({ name }) => name);
  assert.ok(names.length > 0);
  assert.deepEqual(names.filter((name) => /fetch|socket|xmlhttp|beacon|worker|import/i.test(name)), []);
});

test("the native program opens no socket, and neither does a crate that it is made of", async () => {
  for (const file of [...filesIn("src/audit"), ...filesIn("src/bin")].filter((file) => file.endsWith(".rs"))) {
    assert.doesNotMatch(read(file), /\bnet::|TcpStream|UdpSocket|UnixStream|process::Command/, file);
  }
  const args = ["tree", "--locked", "--features", "audit", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
  const { code, output } = await run("cargo", args);
  assert.equal(code, 0, output);
  const crates = new Set(output.split("\n").map((line) => line.split(" ")[0]));
  assert.ok(crates.has("rayon"));
  const network = ["hyper", "reqwest", "ureq", "curl", "socket2", "mio", "tokio", "native-tls", "rustls", "openssl"];
  assert.deepEqual(network.filter((name) => crates.has(name)), []);
});
