// The plugins are what each tool's own types ask for.

import { rspack } from "@rspack/core";
import { build } from "esbuild";
import { audit, type AuditResult } from "procore-spa-auth/audit";
import forEsbuild from "procore-spa-auth/audit/esbuild";
import forRollup from "procore-spa-auth/audit/rollup";
import forVite from "procore-spa-auth/audit/vite";
import ForWebpack from "procore-spa-auth/audit/webpack";
import type { Plugin as RollupPlugin } from "rollup";
import { defineConfig } from "vite";
import webpack from "webpack";

const settings = { clientIds: ["CID"], baselines: ["audit.json"], failOn: "warning" } as const;
const mutable = { ...settings, clientIds: [...settings.clientIds], baselines: [...settings.baselines] };

export const vite = defineConfig({ plugins: [forVite(mutable)] });
export const rollup: RollupPlugin = forRollup(mutable);
export const packed = [webpack({ plugins: [new ForWebpack(mutable)] }), rspack({ plugins: [new ForWebpack(mutable)] })];
export const built = build({ plugins: [forEsbuild(mutable)] });

export const result: Promise<AuditResult> = audit({ paths: ["dist"], format: "sarif" });
// @ts-expect-error An option that there is not.
export const misspelt = audit({ path: "dist" });
