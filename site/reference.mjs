// The pages and the reference of the public types, by TypeDoc.

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Application, JSX, KindRouter } from "typedoc";
import { root } from "../scripts/run.mjs";
import { published } from "./published.mjs";

const LANGUAGES = ["html", "css", "javascript", "typescript", "jsx", "tsx", "vue", "svelte", "json", "rust", "bash", "toml", "yaml"];

/** Where a page or a module is written, from the top of the repository; nothing for all else. */
function fileOf(reflection) {
  const path = reflection.project.files.getReflectionPath(reflection);
  return path ? relative(root, path) : undefined;
}

/** A page stands where its text stands in the repository, so that a link to the one is a link to the other. */
class Router extends KindRouter {
  getIdealBaseName(reflection) {
    if (reflection.isDocument()) return fileOf(reflection).replace(/\.md$/, "");
    return `api/${super.getIdealBaseName(reflection)}`;
  }
}

/** A page is called by its heading, and stands with its like. */
function nameOfPage(context, page) {
  const file = fileOf(page);
  page.name = /^# (.+)$/m.exec(readFileSync(join(root, file), "utf8"))[1].replaceAll("`", "");
  page.frontmatter.group = dirname(file) === "." ? "About" : "Guides";
}

/** A module is called as it is imported. */
function nameOfModules({ project }) {
  for (const module of project.children) {
    module.name = published.find(({ file }) => file === fileOf(module)).entry;
  }
}

/** Links to a folder lead to its page by name: without a server, a folder is none. */
function nameIndex(page) {
  page.contents = page.contents.replaceAll(/(<a [^>]*href="(?:\.\/|(?:\.\.\/)+))(?=[#"])/g, "$1index.html");
}

/** A link of the site's own, from wherever the page is. */
const link = (context, url, text) =>
  JSX.createElement("nav", { class: "tsd-navigation" }, JSX.createElement("a", { href: context.relativeURL(url) }, text));

/** Writes pages and reference to `out`, `readme` first. A link that leads nowhere is an error. */
export async function reference(out, [readme, ...pages]) {
  const app = await Application.bootstrap({
    name: "procore-spa-auth",
    tsconfig: join(root, "site/tsconfig.json"),
    entryPoints: published.map(({ file }) => join(root, file)),
    readme: join(root, readme),
    projectDocuments: pages.map((file) => join(root, file)),
    customCss: join(root, "site/site.css"),
    basePath: root,
    disableGit: true,
    disableSources: true,
    hideGenerator: true,
    // Each page begins with a heading of its own.
    headings: { readme: false, document: false },
    excludeReferences: true,
    sortEntryPoints: false,
    searchInDocuments: true,
    searchInComments: true,
    groupOrder: ["Guides", "About", "Modules", "*"],
    navigation: { includeGroups: true },
    visibilityFilters: {},
    highlightLanguages: LANGUAGES,
    // The `types` leg looks for mistakes, with what the types of the adapters and plugins need beside it.
    skipErrorChecking: true,
    treatWarningsAsErrors: true,
  });
  app.renderer.defineRouter("repository", Router);
  app.options.setValue("router", "repository");
  app.converter.on("createDocument", nameOfPage);
  app.converter.on("resolveBegin", nameOfModules);
  app.renderer.on("endPage", nameIndex);
  app.renderer.hooks.on("sidebar.end", (context) => link(context, "rust/procore_spa_auth/index.html", "The Rust crate"));
  const project = await app.convert();
  if (!project) throw new Error("TypeDoc can't read the types");
  app.validate(project);
  await app.generateDocs(project, out);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc has complaints");
}
