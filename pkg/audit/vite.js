// For Vite: what Rollup's plugin does, and a look at all that is there in the end. See vite.d.ts.

import { relative, resolve } from "node:path";
import { auditOfBuild, NAME } from "./build.js";
import { envFilesOf } from "./inputs.js";
import { auditOfBundle, tell } from "./rollup.js";

export default function procoreAudit(options = {}) {
  let config;
  let isWritten = false;
  const { cwd, ...given } = options;
  const folder = () => cwd ?? config.root;
  /** Vite may read `.env` files elsewhere. */
  const settings = () => {
    const { envDir } = config;
    if (given.noEnv || !envDir || resolve(envDir) === resolve(folder())) return given;
    const envFiles = envFilesOf(envDir).map((file) => relative(folder(), resolve(envDir, file)));
    return { ...given, envFiles: [...(given.envFiles ?? []), ...envFiles] };
  };
  return {
    name: NAME,
    apply: "build",
    enforce: "post",
    configResolved(resolved) {
      config = resolved;
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        isWritten = false;
        tell(this, auditOfBundle(settings(), folder(), bundle));
      },
    },
    writeBundle() {
      isWritten = true;
    },
    closeBundle: {
      order: "post",
      // What was copied from `public`, and what plugins have written on their own, a service worker for one.
      sequential: true,
      handler(error) {
        if (error || !isWritten) return;
        isWritten = false;
        const audit = auditOfBuild(settings(), folder());
        audit.addPaths([resolve(config.root, config.build.outDir)]);
        const { errors } = audit.finish(() => []);
        tell(this, { errors, warnings: [] });
      },
    },
  };
}
