import { own } from "../boundary/boundary.ts";
import type * as Api from "../types/index.d.ts";
import type { DiagnosisCheck } from "../types/diagnosis.d.ts";
import { isProcoreAuthError } from "../boundary/errors.ts";
import type { Facts, Probe } from "../engine/engine.ts";
import type { Found } from "./finding.ts";

export interface Subject {
  /** Absent when the client could not start; then `startError` says why. */
  readonly facts?: Facts;
  readonly startError?: Api.ProcoreAuthError;
  /** As JSON text. */
  readonly options?: string;
  /** Whether sessions are to survive a reload (`persist`). */
  readonly isPersistent?: boolean;
  /** Under way already, for a popup must open inside the click. Never rejects. */
  readonly probe?: Promise<Probe>;
}

/** A check, and what it finds: nothing where it has no business. */
export type Checks = { readonly [check in DiagnosisCheck]?: () => Found | readonly Found[] | undefined };

/** The redirect URI that a sign-in on this page would use. */
export const redirectUriOf = ({ redirectUris }: Facts): string | undefined =>
  redirectUris.find((uri) => new URL(uri).origin === location.origin);

/** The error that a sign-in by popup ended with, if it is one of the package's. */
export const errorIn = (probe: Probe | undefined): Partial<Api.ProcoreAuthError> =>
  isProcoreAuthError(probe?.error) ? probe.error : own({});

/** Whether the login page came back to this app, whatever it said. */
export const cameBack = (probe: Probe | undefined): boolean => {
  const { phase } = errorIn(probe);
  return probe !== undefined && (!probe.error || phase === "redirect" || phase === "token");
};
