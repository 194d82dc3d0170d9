import type { AuditSettings } from "./index.js";

/**
 * Fails a build of Vite's with a client secret in it: before it is written, and once more when all is there, with what was
 * copied from `public`.
 *
 * ```js
 * // vite.config.js
 * import procoreAudit from "procore-spa-auth/audit/vite";
 * export default { plugins: [procoreAudit()] };
 * ```
 */
export default function procoreAudit(options?: AuditSettings): {
  name: string;
  apply: "build";
  enforce: "post";
  configResolved(config: any): void;
  generateBundle: { order: "post"; handler(this: any, options: any, bundle: any): void };
  writeBundle(): void;
  closeBundle: { order: "post"; sequential: true; handler(this: any, error?: Error): void };
};
