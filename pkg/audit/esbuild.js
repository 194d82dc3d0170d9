// For esbuild: what it has made is searched before it is written. See esbuild.d.ts.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { auditOfBuild, NAME } from "./build.js";

export default function procoreAudit({ cwd, ...options } = {}) {
  return {
    name: NAME,
    setup(build) {
      const given = build.initialOptions;
      const folder = cwd ?? given.absWorkingDir ?? process.cwd();
      // esbuild writes before it asks plugins: so it is told not to, and what is clean is written here.
      const writes = given.write !== false && Boolean(given.outdir || given.outfile);
      if (writes) given.write = false;
      // Which files the build was made from.
      given.metafile = true;
      build.onEnd(async (result) => {
        if (result.errors.length) return {};
        if (!result.outputFiles) return { errors: [{ text: "What goes to the standard output can't be searched: set outdir or outfile." }] };
        const audit = auditOfBuild(options, folder);
        for (const { path, contents } of result.outputFiles) audit.add(relative(folder, path), contents);
        const inputs = () => Object.keys(result.metafile.inputs).map((file) => resolve(folder, file));
        const { errors, warnings } = audit.finish(inputs);
        if (!errors.length && writes) {
          await write(result.outputFiles);
          // As if esbuild had.
          delete result.outputFiles;
        }
        return { errors: errors.map(told), warnings: warnings.map(told) };
      });
    },
  };
}

async function write(files) {
  for (const { path, contents } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
  }
}

function told({ text, finding, place }) {
  const [first, ...notes] = text.split("\n");
  const told = { text: first, notes: notes.map((text) => ({ text })) };
  if (!place) return told;
  const { file, line, column } = place;
  // esbuild counts columns from 0. The line itself, which has the secret in it, is not shown.
  const lineText = finding ? `${finding.value.first}…` : "";
  return { ...told, location: { file, line, column: column - 1, length: 0, lineText } };
}
