// The crate's API, by what rustdoc writes of it: every item, its declaration, its methods, and the traits it has.
//
// Tools for this read rustdoc's JSON, which only a nightly compiler writes. The HTML of the one compiler that rust-toolchain.toml
// names has the same in it, as text; another compiler may put it otherwise, and then both reports are renewed.

import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };

function text(html) {
  // A summary is a button of rustdoc's, for what is long.
  const bare = html.replaceAll(/<summary[^]*?<\/summary>/g, "").replaceAll(/<br ?\/?>|<\/div>/g, "\n").replaceAll(/<[^>]+>/g, "");
  const decoded = bare.replaceAll(/&(?:#(\d+)|(\w+));/g, (all, code, name) => (code ? String.fromCodePoint(Number(code)) : (ENTITIES[name] ?? all)));
  return decoded.replaceAll("\u00a0", " ").replaceAll("§", "").trim();
}

const all = (html, pattern) => [...html.matchAll(pattern)].map(([, found]) => text(found));

/** From the section's heading to the next one. */
function section(html, id) {
  const start = html.indexOf(`<h2 id="${id}"`);
  if (start < 0) return "";
  const end = html.indexOf("<h2 id=", start + 1);
  return html.slice(start, end < 0 ? undefined : end);
}

const oneLine = (words) => words.replaceAll(/\s+/g, " ");
const headers = (html, level) => all(html, new RegExp(`<h${level} class="code-header">([^]*?)</h${level}>`, "g")).map(oneLine);

function item(folder, path) {
  const html = readFileSync(join(folder, path), "utf8");
  const name = path.replace(/\.html$/, "").replaceAll("/", "::").replace(/(?:\w+)\.(\w+)$/, "$1");
  const declared = all(html, /<pre class="rust item-decl"><code>([^]*?)<\/code><\/pre>/g);
  const own = headers(section(html, "implementations"), 4).sort();
  // Also Send, Sync and their like, which a private field may take away. What every type has by a blanket says nothing.
  const traits = ["trait-implementations", "synthetic-implementations"].flatMap((id) => headers(section(html, id), 3)).sort();
  return `## ${name}\n\n\`\`\`rust\n${[...declared, ...own, ...traits].join("\n")}\n\`\`\``;
}

/** @param {string} doc the folder that rustdoc has written */
export function crateApi(doc) {
  const folder = join(doc, "procore_spa_auth");
  const paths = all(readFileSync(join(folder, "all.html"), "utf8").replaceAll(/<a href="([^"#?]+\.html)"/g, "<b>$1</b>"), /<b>([^<]+)<\/b>/g);
  const items = [...new Set(paths)].filter((path) => !path.startsWith("..") && path !== "index.html" && path !== "all.html").sort();
  const modules = readdirSync(folder, { recursive: true }).filter((path) => basename(path) === "index.html").sort();
  const usesOf = (path) => all(readFileSync(join(folder, path), "utf8"), /<code>(pub use [^]*?)<\/code>/g);
  const handedOn = modules.flatMap((path) => usesOf(path).map((use) => `${dirname(path)}: ${use}`));
  const parts = [`## What modules hand on\n\n\`\`\`text\n${handedOn.join("\n")}\n\`\`\``, ...items.map((path) => item(folder, path))];
  const what = "As it is for wasm32 with the features `implicit` and `app`";
  return `# The crate's API\n\nMade by \`npm run api:report\`; a change here is a change of the API. ${what}.\n\n${parts.join("\n\n")}\n`;
}
