// npm run docs: the documentation as a static site in target/docs-site: the pages, the typed reference, and rustdoc.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run, tail, target } from "../scripts/run.mjs";
import { packages, rust } from "../scripts/setup.mjs";

export const site = join(target, "docs-site");

/** The pages, the README first, and the others in the order of llms.txt, which is the site's, too. */
export function pages() {
  const inFolder = (folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
  const readmes = ["mediator", ...readdirSync(join(root, "examples")).map((name) => `examples/${name}`)].map((folder) => `${folder}/README.md`);
  const found = [...inFolder("docs").map((name) => `docs/${name}`), ...readmes.filter((file) => existsSync(join(root, file)))];
  const all = [...found, "SECURITY.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  const order = readFileSync(join(root, "llms.txt"), "utf8");
  const place = (file) => order.indexOf(`](${file})`);
  return ["README.md", ...all.sort((a, b) => place(a) - place(b))];
}

/** The crate's reference as Rust apps in a page see it, by rustdoc. Answers with its folder. */
export async function rustdoc() {
  const wasm = "wasm32-unknown-unknown";
  const args = ["doc", "--no-deps", "--package", "procore-spa-auth", "--features", "implicit,app", "--target", wasm];
  // A folder of its own: what other builds have left in theirs would be published, too.
  const folder = join(target, "rustdoc");
  const env = { RUSTDOCFLAGS: "-D warnings", CARGO_TARGET_DIR: folder };
  const { code, output } = await run("cargo", args, { label: "cargo doc", env });
  if (code) throw new Error(`rustdoc failed\n${tail(output, 40)}`);
  return join(folder, wasm, "doc");
}

/** Builds the site. Answers with its folder. */
export async function build() {
  const missing = (await rust()) ?? (await packages()) ?? (await packages("site"));
  if (missing) throw new Error(missing);
  // Only now is it installed.
  const { reference } = await import("./reference.mjs");
  rmSync(site, { recursive: true, force: true });
  await reference(site, pages());
  cpSync(await rustdoc(), join(site, "rust"), { recursive: true });
  // rustdoc makes no first page, but leads there.
  writeFileSync(join(site, "rust/index.html"), '<!DOCTYPE html><meta http-equiv="refresh" content="0; url=procore_spa_auth/index.html">\n');
  // Each page's text beside it, for whoever reads llms.txt.
  for (const file of ["llms.txt", ...pages()]) {
    mkdirSync(dirname(join(site, file)), { recursive: true });
    cpSync(join(root, file), join(site, file));
  }
  return site;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`the site: ${join(await build(), "index.html")}`);
}
