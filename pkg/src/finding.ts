import type { Finding, FindingCode } from "./diagnosis.d.ts";

/** What was found, without saying where. */
export type Found = Omit<Finding, "check" | "source">;

export const ok = (seen: string): Found => ({ code: "ok", severity: "ok", seen, advice: "" });

export const notChecked = (seen: string, advice = ""): Found => problem("not_checked", seen, advice, "unknown");

export const problem = (
  code: FindingCode,
  seen: string,
  advice: string,
  severity: Finding["severity"] = "error",
): Found => ({ code, severity, seen, advice });
