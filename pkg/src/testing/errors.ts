import codes from "#codes";
import type * as Api from "../types/index.d.ts";
import { own } from "../boundary/boundary.ts";
import { ProcoreAuthError } from "../boundary/errors.ts";

/** What the core does not say is said before it starts (`startError`). */
const phases: { readonly [code: string]: readonly [string, boolean] } = own(codes);

/** The error of a code, as the package makes it; it gets its message where it leaves a call (`explaining`). */
export const errorOf = (code: Api.ProcoreAuthErrorCode, facts: Partial<Api.ProcoreAuthErrorFacts> = {}): ProcoreAuthError => {
  const [phase, retryable] = phases[code] ?? ["start", false];
  return new ProcoreAuthError({ phase: phase as Api.ProcoreAuthErrorPhase, retryable, ...facts, code });
};
