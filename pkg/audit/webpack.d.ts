import type { AuditSettings } from "./index.js";

/**
 * Fails a build of webpack's or Rspack's with a client secret in it, one error for each, and keeps it from being written.
 *
 * ```js
 * // webpack.config.js, rspack.config.js
 * import ProcoreAuditPlugin from "procore-spa-auth/audit/webpack";
 * export default { plugins: [new ProcoreAuditPlugin()] };
 * ```
 */
export default class ProcoreAuditPlugin {
  constructor(options?: AuditSettings);
  apply(compiler: any): void;
}
