// For webpack and Rspack: one error for each finding, and nothing is written. See webpack.d.ts.

import { auditOfBuild, NAME } from "./build.js";

export default class ProcoreAuditPlugin {
  #options;

  constructor(options = {}) {
    this.#options = options;
  }

  apply(compiler) {
    const { cwd, ...options } = this.#options;
    const folder = cwd ?? compiler.context;
    const { Compilation, WebpackError } = compiler.webpack;
    const failed = new WeakSet();
    const told = ({ text, place }) => {
      const error = new WebpackError(text);
      error.name = NAME;
      // Where it is, and not where this plugin is.
      error.hideStack = true;
      if (place) {
        error.file = place.file;
        // webpack counts columns from 0.
        error.loc = { start: { line: place.line, column: place.column - 1 } };
      }
      return error;
    };
    compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
      // The last stage: maps are made, and other plugins have put in what they put in.
      const stage = Compilation.PROCESS_ASSETS_STAGE_REPORT;
      compilation.hooks.processAssets.tap({ name: NAME, stage }, () => {
        const audit = auditOfBuild(options, folder);
        for (const { name, source } of compilation.getAssets()) audit.add(name, source.source());
        const { errors, warnings } = audit.finish(() => resourcesOf(compilation.modules));
        compilation.errors.push(...errors.map(told));
        compilation.warnings.push(...warnings.map(told));
        if (errors.length) failed.add(compilation);
      });
    });
    compiler.hooks.shouldEmit.tap(NAME, (compilation) => (failed.has(compilation) ? false : undefined));
  }
}

/** The files of modules, those that were put together with others among them. */
function* resourcesOf(modules) {
  for (const module of modules ?? []) {
    if (module.resource) yield module.resource.replace(/[?#].*$/, "");
    yield* resourcesOf(module.modules);
  }
}
