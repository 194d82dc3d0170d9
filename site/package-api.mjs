// The npm package's API: the types that it publishes, without a word about them, in an order that only a change of it changes.

import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { root } from "../scripts/run.mjs";
import { published } from "./published.mjs";

const printer = ts.createPrinter({ removeComments: true });

function parse(file) {
  return ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
}

/** The package's own files whose types a file names. */
function usedBy(source) {
  const named = source.statements.map((statement) => statement.moduleSpecifier?.text).filter((name) => name?.startsWith("."));
  return named.map((name) => normalize(join(dirname(source.fileName), name.replace(/\.js$/, ".d.ts"))));
}

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
/** What is called the same keeps its order, which overloads need. */
const byName = (nameOf) => (a, b) => byText(nameOf(a), nameOf(b));

/** Members by their names, and words of a union one a line, by themselves. */
function inOrder(node) {
  const { factory } = ts;
  if (ts.isInterfaceDeclaration(node)) {
    const { modifiers, name, typeParameters, heritageClauses, members } = node;
    return factory.updateInterfaceDeclaration(node, modifiers, name, typeParameters, heritageClauses, members.toSorted(byName(nameOfMember)));
  }
  if (ts.isClassDeclaration(node)) {
    const { modifiers, name, typeParameters, heritageClauses, members } = node;
    return factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members.toSorted(byName(nameOfMember)));
  }
  return node;
}

const nameOfMember = (member) => member.name?.getText() ?? "";
const nameOf = (statement) => statement.name?.text ?? statement.declarationList?.declarations[0].name.text ?? "";

function print(node, source) {
  if (ts.isTypeAliasDeclaration(node) && ts.isUnionTypeNode(node.type) && node.type.types.length > 3) {
    const words = node.type.types.map((type) => printer.printNode(ts.EmitHint.Unspecified, type, source)).sort();
    return `export type ${node.name.text} =\n${words.map((word) => `    | ${word}`).join("\n")};`;
  }
  return printer.printNode(ts.EmitHint.Unspecified, inOrder(node), source);
}

/** What a file declares and hands on. What it only uses shows where it is used. */
function api(file) {
  const source = parse(file);
  const statements = source.statements.filter((statement) => !ts.isImportDeclaration(statement));
  return statements.toSorted(byName(nameOf)).map((statement) => print(statement, source)).join("\n\n");
}

export function packageApi() {
  const files = published.map(({ file }) => file);
  // It grows while it is read.
  for (const file of files) for (const used of usedBy(parse(file))) if (!files.includes(used)) files.push(used);
  const entry = (file) => published.find((one) => one.file === file)?.entry;
  const title = (file) => (entry(file) ? `\`${entry(file)}\`, ${file}` : file);
  const parts = files.map((file) => `## ${title(file)}\n\n\`\`\`ts\n${api(file)}\n\`\`\``);
  return `# The package's API\n\nMade by \`npm run api:report\`; a change here is a change of the API.\n\n${parts.join("\n\n")}\n`;
}
