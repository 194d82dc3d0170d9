// Makes two modules of the core: the first is what its door `call` reaches, the second what only `callAll` does.
//
// The second has no memory, table or data of its own. It imports those of the first, and the functions of it that it calls. The
// first has no import more than before, and all that its exports reach is in it: so no call of it can lead to the second, which
// need not be there.

import binaryen from "binaryen";
import { createHash } from "node:crypto";

/** The second door. The glue calls all other exports. */
const SECOND = "callAll";
/** The name of the first module, for the second. */
const FIRST = "0";
/** By these names it exports its memory and, as only those of one build do, the pointer to its stack. */
const [MEMORY, POINTER] = ["memory", "OF-BUILD"];

function parse(wasm) {
  const { MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt, NontrappingFPToInt, ReferenceTypes, Multivalue } = binaryen.Features;
  const module = binaryen.readBinary(wasm);
  // What the compiler uses already, and nothing newer.
  module.setFeatures(MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt | NontrappingFPToInt | ReferenceTypes | Multivalue);
  return module;
}

/** What the compiler has left to do: 0.9 percent of what an app ships, and 5 of what each browser has to compile. */
function emit(module) {
  // For size. More of either makes less of what a compressor finds.
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(1);
  module.optimize();
  if (!module.validate()) throw new Error("what was made of the core is no module");
  return Buffer.from(module.emitBinary());
}

/** Of what it imports from the glue, the short names for the generated ones, which are long and have hashes in them. */
const importNames = (wasm) =>
  new Map(WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map(({ name }, index) => [name, short(index)]));

/** The glue, which gives it that by the short names. */
export const shortened = (glue, wasm) =>
  [...importNames(wasm)].reduce((text, [long, short]) => {
    if (!text.includes(`${long}: function`)) throw new Error(`the glue does not have ${long}`);
    return text.replace(`${long}: function`, `${short}: function`);
  }, glue);

/** Importing by the short names. */
export function optimized(wasm) {
  const module = parse(wasm);
  const names = importNames(wasm);
  for (const { name, module: from, base, params, results } of all(module, "Function")) {
    if (!from) continue;
    module.removeFunction(name);
    module.addFunctionImport(name, from, names.get(base), params, results);
  }
  return emit(module);
}

const all = (module, kind) =>
  Array.from({ length: module[`getNum${kind}s`]() }, (_, index) => binaryen[`get${kind}Info`](module[`get${kind}ByIndex`](index)));

/** Takes out whatever none of these exports leads to. */
function keepOnly(module, isKept) {
  for (const { name } of all(module, "Export")) if (!isKept(name)) module.removeExport(name);
  module.runPasses(["remove-unused-module-elements"]);
}

/** What both modules use beside the memory: the tables, what stands in them, and the pointer to the stack. */
function common(wasm) {
  const module = parse(wasm);
  const [pointer, ...others] = all(module, "Global").filter(({ mutable }) => mutable);
  if (others.length) throw new Error("the core has a variable that split.mjs knows nothing of");
  return { pointer, tables: all(module, "Table"), segments: all(module, "ElementSegment") };
}

/** The names of all functions that are reached without the second door, or stand in the table, where either module may call them. */
function reached(wasm, { segments }) {
  const module = parse(wasm);
  segments.flatMap(({ data }) => data).forEach((name, index) => module.addFunctionExport(name, `in table ${index}`));
  keepOnly(module, (name) => name !== SECOND);
  return new Set(all(module, "Function").map(({ name }) => name));
}

/** The rest, importing whatever is reached. */
function restOf(wasm, isReached, { pointer, tables, segments }) {
  const module = parse(wasm);
  for (const { name, module: from, params, results } of all(module, "Function")) {
    if (!from && !isReached.has(name)) continue;
    module.removeFunction(name);
    module.addFunctionImport(name, FIRST, name, params, results);
  }
  module.setMemory(0, -1);
  module.addMemoryImport("0", FIRST, MEMORY);
  for (const { name } of segments) module.removeElementSegment(name);
  for (const { name } of tables) module.addTableImport(name, FIRST, name);
  module.addGlobalImport(pointer.name, FIRST, POINTER, pointer.type, true);
  keepOnly(module, (name) => name === SECOND);
  const own = ["Table", "Global", "ElementSegment"].flatMap((kind) => all(module, kind)).filter(({ module: from }) => !from);
  if (own.length || module.getNumDataSegments()) throw new Error("the core's second part has something that it should share");
  return module;
}

/** Short names, one for each number. */
const short = (number) => (number < 26 ? "" : short(Math.floor(number / 26) - 1)) + String.fromCharCode(97 + (number % 26));

/** `[first, second]`: they go together, and with no others. */
export function split(wasm) {
  const whole = optimized(wasm);
  const shared = common(whole);
  const second = restOf(whole, reached(whole, shared), shared);
  const first = parse(whole);
  all(second, "Function")
    .filter(({ module }) => module)
    .forEach(({ name, params, results }, index) => {
      // It is there already, and gets another name for this.
      second.addFunctionImport(name, FIRST, short(index), params, results);
      first.addFunctionExport(name, short(index));
    });
  for (const { name } of shared.tables) first.addTableExport(name, name);
  first.addGlobalExport(shared.pointer.name, POINTER);
  keepOnly(first, (name) => name !== SECOND);
  const parts = [first, second].map(emit);
  const build = createHash("sha256").update(Buffer.concat(parts)).digest("base64url").slice(0, POINTER.length);
  return parts.map((part) => Buffer.from(part.toString("latin1").replace(POINTER, build), "latin1"));
}
