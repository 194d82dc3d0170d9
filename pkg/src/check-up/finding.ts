import { own } from "../boundary/boundary.ts";
import type { Finding, FindingCode } from "../types/diagnosis.d.ts";

/** What was found, without saying where. */
export type Found = Omit<Finding, "check" | "source">;

export const ok = (seen: string): Found => problem("ok", seen, "", "ok");

export const notChecked = (seen: string, advice = ""): Found => problem("not_checked", seen, advice, "unknown");

export const problem = (
  code: FindingCode,
  seen: string,
  advice: string,
  severity: Finding["severity"] = "error",
): Found => own({ code, severity, seen, advice });
