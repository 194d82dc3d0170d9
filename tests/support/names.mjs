// Every name that this package, its core or the browser looks up in an object, from where they are declared.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/run.mjs";

const read = (...path) => readFileSync(join(root, ...path), "utf8");
const filesIn = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .map((file) => read(folder, file));
const matches = (texts, pattern) => texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name));

/** The option dictionaries of the browser that the package fills, and of which it leaves out some. */
const DICTIONARIES = [
  "RequestInit",
  "EventListenerOptions",
  "AddEventListenerOptions",
  "LockOptions",
  "WorkerOptions",
  "BlobPropertyBag",
  "IDBTransactionOptions",
  "IDBObjectStoreParameters",
  "StructuredSerializeOptions",
  "TextDecoderOptions",
  "Algorithm",
  "AesGcmParams",
  "AesKeyGenParams",
  "ErrorOptions",
  "PropertyDescriptor",
];

const MEMBER = /^\s+(?:(?:declare|readonly|override) )*(\w+)\??[:(]/gm;
const bodyOf = (declarations, name) =>
  new RegExp(`^(?:export )?(?:declare )?(?:interface|class) ${name}\\b[^{]*\\{([^]*?)^\\}`, "m").exec(declarations)?.[1];

const libraries = () => {
  const vendor = join(root, "node_modules/@typescript");
  const folder = readdirSync(vendor).find((name) => /^typescript-\w+-\w+$/.test(name));
  const lib = join(vendor, folder, "lib");
  return readdirSync(lib)
    .filter((file) => /^lib\.(dom|es5|es2022\.error)\.d\.ts$/.test(file))
    .map((file) => readFileSync(join(lib, file), "utf8"))
    .join("\n");
};

/** The members of one type of the package's declarations. */
export const membersOf = (type) => {
  const bodies = filesIn("pkg/src", ".d.ts").map((text) => bodyOf(text, type) ?? "");
  return matches(bodies, MEMBER).filter((name) => name !== "constructor");
};

export const dictionaryNames = () => {
  const lib = libraries();
  const bodies = DICTIONARIES.map((name) => bodyOf(lib, name) ?? fail(name));
  // Not among the declarations yet, but in browsers.
  return [...matches(bodies, MEMBER), "duplex", "createHTML", "createScript", "createScriptURL"];
};

const fail = (name) => {
  throw new Error(`TypeScript declares no ${name}`);
};

/** Of options, results, messages and records. */
export const ownNames = () => [
  ...matches(filesIn("pkg/src", ".ts"), /^\s+(?:(?:declare|readonly|override) )+(\w+)\??:/gm),
  ...matches(filesIn("pkg/src", ".d.ts"), MEMBER),
  ...matches(filesIn("src", ".rs"), /\.(?:string|number|bool|optional|strings|text|member|present|is)\(\s*"(\w+)"/g),
];

/** What no object of the language can do without, or what the test itself would break of: see `OTHERS` of the test. */
const NONE = new Set(["constructor"]);

export const allNames = () => [...new Set([...ownNames(), ...dictionaryNames()])].filter((name) => !NONE.has(name)).sort();
