// Proves what src/protocol/mod.rs says: its modules stand in the order in which data visits them, each uses only those
// above it, none names JavaScript, and each says which standard it implements.
//
// usage: node scripts/check-flow.mjs [folder of the protocol]

import { readFileSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { root } from "./run.mjs";

const folder = resolve(process.argv[2] ?? join(root, "src/protocol"));
const faults = [];
const forbidden = /\b(browser|js_sys|web_sys|wasm_bindgen|wasm_bindgen_futures)\b/g;
const source = /\bRFC \d{4}\b|https:\/\/\S+|Procore/;
// What lies above the whole flow.
const roots = new Set(["protocol", "error"]);

const lineOf = (text, index) => text.slice(0, index).split("\n").length;
const fault = (file, line, message) => faults.push(`${relative(root, file)}:${line}: ${message}`);

/** The code alone: comments and literals become blanks of the same length, unit tests are cut off. */
function codeOf(text) {
  const blank = (match) => match.replace(/[^\n]/g, " ");
  const literals = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|r(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^\n]+?|[^'\\\n])'/g;
  const code = text.replace(literals, blank);
  const tests = code.search(/^#\[cfg\(test\)\]\s+mod /m);
  return tests < 0 ? code : code.slice(0, tests);
}

/** Every path of a use tree: `a::{b, c::d}` is `a::b` and `a::c::d`. */
function expand(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/\s+as\s+\w+/, "").replace(/\s/g, "")];
  const prefix = tree.slice(0, open).replace(/\s/g, "");
  const parts = [""];
  let depth = 0;
  for (const char of tree.slice(open + 1, tree.lastIndexOf("}"))) {
    if (char === "," && depth === 0) {
      parts.push("");
      continue;
    }
    depth += (char === "{") - (char === "}");
    parts[parts.length - 1] += char;
  }
  return parts.filter((part) => part.trim()).flatMap(expand).map((path) => prefix + path);
}

/** [path, index] of everything that `code` names from this crate. */
function* pathsIn(code) {
  let rest = code;
  for (const { 0: whole, 1: tree, index } of code.matchAll(/\buse\s+([^;]+);/g)) {
    for (const path of expand(tree)) yield [path, index];
    rest = rest.slice(0, index) + " ".repeat(whole.length) + rest.slice(index + whole.length);
  }
  for (const { 0: path, index } of rest.matchAll(/\b(?:crate|super|self)(?:\s*::\s*\w+)+/g)) {
    yield [path.replace(/\s/g, ""), index];
  }
}

/** The module path from the crate's root, seen from `here`; nothing for another crate's. */
function absolute(path, here) {
  const names = path.split("::");
  let at = [...here];
  if (names[0] === "crate") at = [];
  else if (names[0] !== "super" && names[0] !== "self") return undefined;
  for (const name of names) {
    if (name === "super") at.pop();
    else if (name !== "crate" && name !== "self") at.push(name);
  }
  return at;
}

function moduleOf(file) {
  const path = relative(folder, file).replace(/\.rs$/, "").split(/[\\/]/);
  if (path.at(-1) === "mod") path.pop();
  return ["protocol", ...path];
}

function checkFile(file, order) {
  const text = readFileSync(file, "utf8");
  const code = codeOf(text);
  const here = moduleOf(file);
  const docs = /^(?:\/\/!.*\n)*/.exec(text)[0];
  if (!source.test(docs)) fault(file, 1, "its module docs name no RFC and no page of Procore's");
  for (const { 0: name, index } of code.matchAll(forbidden)) {
    fault(file, lineOf(code, index), `the protocol may not name ${name}`);
  }
  if (here.length === 1) return;
  if (!order.includes(here[1])) return fault(file, 1, `${here[1]} is not listed in ${basename(folder)}/mod.rs`);
  for (const [path, index] of pathsIn(code)) {
    const message = faultOf(path, here, order);
    if (message) fault(file, lineOf(code, index), message);
  }
}

/** What is wrong with naming `path` in the module `here`, if anything. */
function faultOf(path, here, order) {
  const names = absolute(path, here);
  if (!names) return undefined;
  const [top, name] = names;
  if (!roots.has(top)) return `${path}: name it by its module, so that the order can be checked`;
  if (top !== "protocol") return undefined;
  if (!name || name === "*") return `${path} hides what it uses`;
  if (!order.includes(name)) return `${path}: not a module of ${basename(folder)}/mod.rs`;
  if (order.indexOf(name) > order.indexOf(here[1])) return `${here[1]} uses ${name}, which comes after it`;
  return undefined;
}

const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".rs")).sort();
const modules = codeOf(readFileSync(join(folder, "mod.rs"), "utf8"));
const order = [...modules.matchAll(/^(?:pub(?:\([^)]*\))? )?mod (\w+);/gm)].map((match) => match[1]);
for (const file of files) checkFile(join(folder, file), order);

for (const line of faults) console.log(line);
console.log(`${files.length} files in ${relative(root, folder)}, ${order.length} modules, ${faults.length} faults`);
process.exitCode = faults.length || !order.length ? 1 : 0;
