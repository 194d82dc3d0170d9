import type { AuditSettings } from "./index.js";

/**
 * Fails a build of esbuild's with a client secret in it, before it is written.
 *
 * ```js
 * import { build } from "esbuild";
 * import procoreAudit from "procore-spa-auth/audit/esbuild";
 * await build({ entryPoints: ["src/main.js"], bundle: true, outdir: "dist", plugins: [procoreAudit()] });
 * ```
 */
export default function procoreAudit(options?: AuditSettings): { name: string; setup(build: any): void };
