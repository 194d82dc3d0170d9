// For Rollup, and for what takes its plugins: the build fails before anything is written. See rollup.d.ts.

import { auditOfBuild, fileOf, inOneText, NAME } from "./build.js";

export default function procoreAudit(options = {}) {
  return {
    name: NAME,
    generateBundle: {
      // Behind all other plugins: what they put in is searched too.
      order: "post",
      handler(_, bundle) {
        const folder = options.cwd ?? process.cwd();
        tell(this, auditOfBundle(options, folder, bundle));
      },
    },
  };
}

/** `{ errors, warnings }` of what is about to be written. */
export function auditOfBundle({ cwd, ...options }, folder, bundle) {
  const audit = auditOfBuild(options, folder);
  const modules = [];
  for (const [name, file] of Object.entries(bundle)) {
    if (file.type !== "chunk") {
      audit.add(name, file.source);
      continue;
    }
    audit.add(name, file.code);
    modules.push(...Object.keys(file.modules ?? {}));
    // Written beside the chunk, or an asset of the bundle already.
    const map = file.map && (file.sourcemapFileName ?? `${name}.map`);
    if (map && !Object.hasOwn(bundle, map)) audit.add(map, file.map.toString());
  }
  return audit.finish(() => modules.map((id) => fileOf(id, folder)));
}

/** In Rollup's own form: warnings, then one error, which ends the build. */
export function tell(context, { errors, warnings }) {
  for (const { text, place } of warnings) context.warn({ message: text, ...(place && at(place)) });
  if (!errors.length) return;
  const [{ place, finding }] = errors;
  context.error({ message: inOneText(errors), pluginCode: finding?.kind ?? "unread", ...at(place) });
}

// Rollup counts columns from 0.
const at = ({ file, line, column }) => ({ id: file, loc: { file, line, column: column - 1 } });
