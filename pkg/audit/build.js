// What the plugins have in common: what a bundler is about to write goes in, what it has to be told comes out.

import { readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { openAudit, search } from "./index.js";
import { walk } from "./walk.js";

/** The name that bundlers show. */
export const NAME = "procore-spa-auth-audit";

/** One build's audit: `options` are those of `audit`, `folder` is where `.env` files and relative paths are looked for. */
export function auditOfBuild(options, folder) {
  const { audit, unread, notes } = openAudit(options, folder);
  return {
    /** A file that the bundler has at hand. */
    add: (name, content) => audit.bytes(name, typeof content === "string" ? Buffer.from(content) : content),
    /** Files and folders that are there already. */
    addPaths(paths) {
      const found = walk({ ...options, paths }, folder, unread);
      notes.push(...found.notes);
      search(audit, found.files);
    },
    /**
     * `{ errors, warnings }`, each `{ text, finding, place }`. The place is `{ file, line, column }` with both from 1: in one
     * of the files that `sources` answers with, which the build was made from, if the value is written there; else in the
     * output.
     */
    finish(sources) {
      const { findings, allowed, unread, notes: more, exitCode } = audit.finish();
      const failsAt = LEVELS.indexOf(options.failOn ?? "error");
      const fails = ({ severity }) => LEVELS.indexOf(severity) >= failsAt;
      const files = findings.length ? [...new Set(sources())] : [];
      const placed = findings.map((finding) => [finding, placeIn(files, finding, audit, folder)]);
      const told = together(placed);
      const errors = told.filter(({ finding }) => fails(finding));
      const warnings = told.filter(({ finding }) => !fails(finding) && finding.severity !== "info");
      // What could not be looked into is not clean; a text that is no UTF-8 was searched as it is.
      for (const { path, reason, detail } of exitCode ? unread : []) {
        const text = `It could not be looked into (${reason}). ${detail}`.trimEnd();
        errors.push({ text, place: { file: path, line: 1, column: 1 } });
      }
      for (const { finding, reason, expires } of allowed) {
        const text = `Allowed until ${expires}: ${reason}\n${finding.kind} in ${finding.path}:${finding.line}:${finding.column}`;
        warnings.push({ text, finding, place: { file: finding.path, line: finding.line, column: finding.column } });
      }
      const said = [...notes.filter((note) => note.startsWith("not ")), ...more.filter((note) => note.startsWith("not "))];
      warnings.push(...said.map((text) => ({ text })));
      audit.free();
      return { errors, warnings };
    },
  };
}

const LEVELS = ["info", "warning", "error"];

/** One for each value that is written at one place, however often the build has it. */
function together(placed) {
  const told = new Map();
  for (const [finding, place = { file: finding.path, line: finding.line, column: finding.column }] of placed) {
    const key = JSON.stringify([finding.kind, finding.value.sha256, place]);
    if (!told.has(key)) told.set(key, { finding, place, outputs: [] });
    told.get(key).outputs.push(`${finding.path}:${finding.line}:${finding.column}`);
  }
  return [...told.values()].map(({ finding, place, outputs }) => {
    const text = `${finding.message}\nIn the build: ${outputs.join(", ")}\n${finding.whatToDo}`;
    return { text, finding, place };
  });
}

/** Where the same value is written in the first of these files that has it, or in a source that a map has. */
function placeIn(files, finding, audit, folder) {
  for (const file of files) {
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const here = audit.look(file, readFileSync(file)).find(({ value }) => value.sha256 === finding.value.sha256);
    if (here) return { file: relative(folder, file), line: here.line, column: here.column };
  }
  if (!finding.source) return undefined;
  const { name: file, line, column } = finding.source;
  return { file, line, column };
}

/** The file that a bundler's module is, without what some put around its path. */
export const fileOf = (id, folder) => resolve(folder, id.replace(/^\0/, "").replace(/[?#].*$/, ""));

/** All errors in one text, for tools that end at the first. */
export const inOneText = (errors) =>
  errors.map(({ text, place }) => `${place.file}:${place.line}:${place.column}\n${text}`).join("\n\n");
