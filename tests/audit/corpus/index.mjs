// The corpus: pages with a leak, each built by five bundlers, files that carry one, and pages that only look so.
//
// All values are made up when it is built, and every positive knows which values would be the right ones to report.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { apps } from "./apps.mjs";
import { BUNDLERS, bundle } from "./bundle.mjs";
import { containers, knownContainers } from "./containers.mjs";
import { encodings } from "./encodings.mjs";
import { flows } from "./flows.mjs";
import { lookalikes } from "./lookalikes.mjs";
import { alphabets, password } from "./secrets.mjs";
import { more, shapes } from "./shapes.mjs";

const json = JSON.stringify;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const slug = (text) => text.replace(/\W+/g, "-").toLowerCase();

/** The name of the variable that the auditor takes the known value from. */
export const KNOWN = "PROCORE_CLIENT_SECRET";

/**
 * Writes the corpus into `home`. Answers with `{ groups, clean, known, clientId }`.
 *
 * `groups` is `{ name: { folder, positives } }`, where a positive is `{ shape, tool, path, values, kind }`: `path` is in
 * `folder`, and an error in it counts if its kind is `kind`, if there is one, and the SHA-256 of its value among `values`, if
 * there are any.
 */
export async function makeCorpus(home) {
  const known = password();
  const clientId = alphabets.hex();
  const groups = {
    "24 shapes": await shaped(home, "shapes", shapes, clientId),
    "more shapes": await shaped(home, "more", more, clientId),
    "pieces of apps": await shaped(home, "apps", apps, clientId),
    "known values": await knownValues(home, known),
    "other files": others(home),
    "confidential flows": await built(home, "flows", flows, "flow", {}),
  };
  const clean = join(home, "lookalikes-built");
  const pages = Object.fromEntries(Object.entries(lookalikes).map(([id, make]) => [slug(id), { source: make(clientId) }]));
  await bundle({ ...none, home: join(home, "lookalikes"), pages, out: (tool) => join(clean, tool) });
  return { groups, clean: { folder: clean, files: Object.keys(pages).length * BUNDLERS.length }, known, clientId };
}

const none = { env: { meta: { VITE_TITLE: "Hello" }, process: { NODE_ENV: "production" } }, constants: {} };

/** One build for each alphabet, for a build has one environment. Every page has a secret of its own besides. */
async function shaped(home, name, sources, clientId) {
  const folder = join(home, `${name}-built`);
  const positives = [];
  for (const [alphabet, make] of Object.entries(alphabets)) {
    const ofBuild = make();
    const pages = {};
    for (const [shape, source] of Object.entries(sources)) {
      const [secret, other] = [OF_BUILD.includes(shape) ? ofBuild : make(), make()];
      const files = shape === "json" ? { "config.json": json({ client_id: "CID", client_secret: secret }) } : {};
      pages[`${slug(shape)}-${alphabet}`] = { source: source({ secret, other, clientId }), files };
      for (const tool of BUNDLERS) {
        const values = [secret, `${clientId}:${secret}`].map(sha256);
        positives.push({ shape, tool, path: `${tool}/${slug(shape)}-${alphabet}.js`, values });
      }
    }
    await bundle({
      home: join(home, `${name}-${alphabet}`),
      pages,
      env: {
        meta: { ...none.env.meta, VITE_PROCORE_CLIENT_SECRET: ofBuild },
        process: { ...none.env.process, NEXT_PUBLIC_PROCORE_CLIENT_SECRET: ofBuild },
      },
      constants: { __PROCORE_KEY__: json(ofBuild) },
      out: (tool) => join(folder, tool),
    });
  }
  return { folder, positives };
}

/** The shapes whose secret is not in their source: the bundler puts it in. */
const OF_BUILD = ["vite-env", "next-public", "define"];

async function built(home, name, sources, prefix, { argument, kind }) {
  const folder = join(home, `${name}-built`);
  const pages = Object.fromEntries(Object.entries(sources).map(([id, make]) => [`${prefix}-${slug(id)}`, { source: make(argument) }]));
  await bundle({ ...none, home: join(home, name), pages, out: (tool) => join(folder, tool) });
  const positives = Object.keys(sources).flatMap((shape) =>
    BUNDLERS.map((tool) => ({ shape, tool, path: `${tool}/${prefix}-${slug(shape)}.js`, kind })),
  );
  return { folder, positives };
}

async function knownValues(home, known) {
  const kind = "known-value";
  const { folder, positives } = await built(home, "known", encodings, "known", { argument: known, kind });
  const files = write(folder, knownContainers, known, { kind });
  return { folder, positives: [...positives, ...files], known };
}

function others(home) {
  const secret = alphabets.hex();
  const folder = join(home, "others");
  return { folder, positives: write(folder, containers, secret, { values: [sha256(secret)] }) };
}

function write(folder, files, secret, expected) {
  mkdirSync(join(folder, "files"), { recursive: true });
  return Object.entries(files).map(([shape, [file, make]]) => {
    const path = `files/${file}`;
    writeFileSync(join(folder, path), make(secret));
    return { shape, tool: "file", path, ...expected };
  });
}
