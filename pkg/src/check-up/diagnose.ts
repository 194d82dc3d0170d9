import { own, result } from "../boundary/boundary.ts";
import type { Checks, Subject } from "./checks.ts";
import type { DiagnosisCheck, Finding } from "../types/diagnosis.d.ts";
import { notChecked, problem } from "./finding.ts";
import { pageChecks } from "./diagnose-page.ts";
import { serverChecks } from "./diagnose-servers.ts";

export { redeemWrongly } from "../engine/wrong-verifier.ts";

/** Looks at everything that a sign-in needs. Never rejects. */
export const diagnose = async (subject: Subject): Promise<readonly Finding[]> => {
  // Where there is no page, there is nothing to look at.
  if (typeof document === "undefined") return [];
  const [page, servers] = await Promise.all([pageChecks(subject), serverChecks(subject)]);
  const checks: Checks = { ...page, ...servers };
  const findings = Object.entries(checks).flatMap(([name, run]) => {
    const check = name as DiagnosisCheck;
    const source = SOURCES[check];
    return [found(check, run, subject)]
      .flat()
      .filter((one) => one !== undefined)
      .map((one) => result<Finding>({ ...one, check, source }));
  });
  return Object.freeze(findings);
};

/** What a check has found, or what the client had found already when it started. */
const found = (check: DiagnosisCheck, run: NonNullable<Checks[DiagnosisCheck]>, { startError }: Subject) => {
  let seen;
  try {
    seen = run();
  } catch {
    // A page may have replaced anything.
    seen = notChecked("The check itself failed.");
  }
  const isSound = !seen || [seen].flat().every(({ severity }) => severity === "ok" || severity === "unknown");
  return startError && isSound && checkOf(startError.code) === check
    ? problem(startError.code, startError.message, "docs/errors.md has more.")
    : seen;
};

const checkOf = (code: string): DiagnosisCheck =>
  STARTS.find(([words]) => words.test(code))?.[1] ?? "metadata";

const STARTS: readonly [RegExp, DiagnosisCheck][] = [
  [/^(insecure|page)_/, "secure_context"],
  [/^(wasm|instance)_/, "webassembly"],
  [/^rng_/, "random_numbers"],
  [/^storage_/, "session_storage"],
  [/^worker_/, "worker"],
  [/_not_this_origin$/, "redirect_uri"],
  [/^(config|implicit)_/, "configuration"],
];

const SOURCES: { readonly [check in DiagnosisCheck]?: string } = own({
  redirect_uri: "RFC 6749 §3.1.2",
  random_numbers: "RFC 6749 §10.10",
  clock: "RFC 9110 §6.6.1",
  framing: "RFC 9700 §4.16",
  metadata: "RFC 8414 §2",
  token_endpoint: "RFC 6749 §5.2; Procore: oauth_auth_grant_flow.md",
  revocation_endpoint: "RFC 7009 §2.2",
  token_info_endpoint: "Procore: oauth_endpoints.md",
  api: "RFC 6750 §3.1; Procore: tutorial_mpz.md",
  registration: "RFC 6749 §3.1.2.4; Procore: troubleshooting.md",
  pkce: "RFC 7636 §4.6, RFC 9700 §2.1.1",
});
