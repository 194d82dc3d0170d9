// Every link of the site that `npm run docs` has built leads somewhere, and no page asks another host for anything.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import test from "node:test";
import { pages, site } from "../../site/build.mjs";

const html = readdirSync(site, { recursive: true }).filter((file) => file.endsWith(".html")).map((file) => join(site, file));

const texts = new Map();
function read(file) {
  if (!texts.has(file)) texts.set(file, readFileSync(file, "utf8").replaceAll(/<script\b[^>]*>[^]*?<\/script>/g, (script) => /^[^>]*>/.exec(script)[0]));
  return texts.get(file);
}

/** What the attributes of a page name, as a browser reads them; quotes are not needed. */
const attributes = (text, name) =>
  [...text.matchAll(new RegExp(`\\s${name}=(?:"([^"]*)"|([^\\s">]+))`, "g"))].map(([, quoted, bare]) =>
    (quoted ?? bare).replaceAll("&amp;", "&").replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&gt;", ">").replaceAll("&lt;", "<"),
  );

const anchors = new Map();
function anchorsOf(file) {
  if (!anchors.has(file)) anchors.set(file, new Set(attributes(read(file), "id")));
  return anchors.get(file);
}

// The last is a fault of rustdoc's: what the standard library says of methods that are here by `Deref` has links of its own site.
const isElsewhere = (link) => /^([a-z][a-z0-9+.-]*:|\/\/)|^(\.\.\/)+std\//i.test(link);

/** Why a link of a page leads nowhere, or nothing. */
function fault(page, link) {
  const [path, fragment] = link.split("#");
  const aim = path ? resolve(dirname(page), decodeURIComponent(path.split("?")[0])) : page;
  if (!aim.startsWith(site) || !existsSync(aim) || statSync(aim).isDirectory()) return "is not there";
  if (!fragment || !aim.endsWith(".html")) return undefined;
  // rustdoc's pages of source mark a range of lines.
  const anchor = fragment.replace(/^(\d+)-\d+$/, "$1");
  // As it stands first, then decoded, as a browser looks for it (HTML §7.4.6.3).
  return [anchor, decodeURIComponent(anchor)].some((id) => anchorsOf(aim).has(id)) ? undefined : "has no such anchor";
}

test("every link of the site leads somewhere, anchors included", () => {
  assert.ok(html.length > 100, `${html.length} pages`);
  let count = 0;
  const faults = new Set();
  for (const page of html) {
    for (const link of new Set([...attributes(read(page), "href"), ...attributes(read(page), "src")])) {
      if (isElsewhere(link)) continue;
      count++;
      const why = fault(page, link);
      if (why) faults.add(`${relative(site, page)}: ${link} ${why}`);
    }
  }
  assert.ok(count > 1000, `${count} links`);
  assert.deepEqual([...faults].sort(), []);
});

test("a link that leads nowhere would be found", () => {
  const page = join(site, "index.html");
  assert.equal(fault(page, "docs/performance.html#time"), undefined);
  assert.equal(fault(page, "docs/nowhere.html"), "is not there");
  assert.equal(fault(page, "docs/performance.html#nowhere"), "has no such anchor");
});

test("no page has the browser ask another host for anything", () => {
  const faults = [];
  for (const page of html) {
    const asking = read(page).match(/<(?:script|link|img|iframe|source|video|audio|object|embed|form)\b[^>]*>/g) ?? [];
    for (const tag of asking) {
      const names = ["src", "srcset", "href", "data", "action", "poster"].flatMap((name) => attributes(tag, name));
      if (names.some((link) => isElsewhere(link) && !link.startsWith("data:"))) faults.push(`${relative(site, page)}: ${tag}`);
    }
  }
  for (const file of readdirSync(site, { recursive: true }).filter((file) => file.endsWith(".css"))) {
    const style = readFileSync(join(site, file), "utf8");
    if (/(?:url\(|@import)\s*["']?(?:https?:)?\/\//.test(style)) faults.push(file);
  }
  assert.deepEqual(faults, []);
});

test("each page is there, as a page and as the text that it was made of", () => {
  const missing = pages().filter((file) => {
    const page = file === "README.md" ? "index.html" : file.replace(/\.md$/, ".html");
    return !existsSync(join(site, page)) || !existsSync(join(site, file));
  });
  assert.deepEqual(missing, []);
  assert.ok(existsSync(join(site, "rust/procore_spa_auth/index.html")));
  assert.ok(existsSync(join(site, "api/interfaces/procore-spa-auth.ProcoreAuth.html")));
});
