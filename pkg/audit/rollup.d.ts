import type { AuditSettings } from "./index.js";

/**
 * Fails a build of Rollup's, or of a tool that takes its plugins, before anything with a client secret is written.
 *
 * ```js
 * // rollup.config.js
 * import procoreAudit from "procore-spa-auth/audit/rollup";
 * export default { input: "src/main.js", output: { dir: "dist" }, plugins: [procoreAudit()] };
 * ```
 */
export default function procoreAudit(options?: AuditSettings): {
  name: string;
  generateBundle: { order: "post"; handler(this: any, options: any, bundle: any): void };
};
