import { own } from "../boundary/boundary.ts";
import type { Finding, FindingCode } from "../types/diagnosis.d.ts";
import type { Reply } from "./questions.ts";

/** What an endpoint's answer says, whatever its server's word for it. */
export type Kind = "busy" | "client" | "unauthorized" | "grantType" | "absent" | "failed" | "refused" | "other";

/** The JSON object that was answered, if it was one. Never kept: a server may answer anything. */
export const jsonOf = ({ body = "" }: Reply): Record<string, unknown> | undefined => {
  try {
    const value: unknown = own(JSON.parse(body));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** The error word, if it is in the form of one; its description may say anything. */
export const errorOf = (reply: Reply): string => {
  const word = jsonOf(reply)?.error;
  return typeof word === "string" && /^[a-z_]{1,40}$/.test(word) ? word : "";
};

/** The first that fits `status word` tells the kind (RFC 6749 §5.2, and what servers make of it). */
const KINDS: readonly [RegExp, Kind][] = [
  [/^429/, "busy"],
  [/ invalid_client$|^401 $/, "client"],
  [/ unauthorized_client$/, "unauthorized"],
  [/ unsupported_grant_type$/, "grantType"],
  [/^(404|405|410|501)/, "absent"],
  [/^5/, "failed"],
  [/^(400|401|403|422)/, "refused"],
  [/^/, "other"],
];

export const kindOf = (reply: Reply): Kind => KINDS.find(([pattern]) => pattern.test(`${reply.status} ${errorOf(reply)}`))![1];

/**
 * What is known of the client ID: the token endpoint treats it otherwise than one that nobody has (`known`), or says the
 * same of both (`same`), or could not be asked (`untold`).
 */
export type Standing = "known" | "same" | "untold";

/** `also`: goes on after what was answered. */
export interface Verdict {
  readonly code: FindingCode;
  readonly severity: Finding["severity"];
  readonly also: string;
  readonly advice: string;
}

const PUBLIC = "register the application as public, or let your backend add the secret (tokenMediator)";

const CODE_USE = "Let the application use the authorization code grant.";
const ENDPOINT = "Check that this is the token endpoint, and that no proxy or login page answers in its place.";

const SECRET: Verdict = {
  code: "client_auth_required",
  severity: "error",
  also: ". It knows this client ID, and wants a client secret",
  advice: `A page can't keep a secret: ${PUBLIC}.`,
};

const SECRET_OR_UNKNOWN: Verdict = {
  code: "client_auth_required",
  severity: "error",
  also: ": it wants a client secret, or does not know this client ID",
  advice: `Compare the client ID with the portal, and that it is this environment's. Its login page tells: if it comes up, the server knows the client ID; then ${PUBLIC}.`,
};

const NOT_ALLOWED: Verdict = {
  code: "unauthorized_client",
  severity: "error",
  also: ". It knows this client ID",
  advice: CODE_USE,
};

const NOT_ALLOWED_OR_UNKNOWN: Verdict = {
  code: "unauthorized_client",
  severity: "error",
  also: ": it does not know this client ID with this redirect URI, wants a client secret, or does not let it use codes",
  advice: `Compare client ID and redirect URI with the portal, and that they are this environment's. If they are right, ${PUBLIC}. ${CODE_USE}`,
};

/** RFC 6749 §5.2: this word is for a code that is refused. */
export const FINE: Verdict = { code: "ok", severity: "ok", also: ", as it should: this page can redeem codes there", advice: "" };

const OWN_WORD: Verdict = {
  ...FINE,
  also: ", and something else to a client ID that nobody has: it refuses the code, and not this client",
};

const odd = (also: string, severity: Finding["severity"], advice = ENDPOINT): Verdict => ({
  code: "unexpected_answer",
  severity,
  also,
  advice,
});

const GRANT: Verdict = { code: "unsupported_grant_type", severity: "error", also: "", advice: CODE_USE };
const ABSENT = odd(", as a server does that has no token endpoint there", "error");
const OTHER = odd(", where a refusal is due", "error");

/** What the token endpoint's answer to a made-up code means: by its kind, and by what is known of the client ID. */
export const TOKEN: { readonly [kind in Exclude<Kind, "busy">]: { readonly [standing in Standing]: Verdict } } = {
  client: { known: SECRET, same: SECRET_OR_UNKNOWN, untold: SECRET_OR_UNKNOWN },
  unauthorized: { known: NOT_ALLOWED, same: NOT_ALLOWED_OR_UNKNOWN, untold: NOT_ALLOWED_OR_UNKNOWN },
  grantType: { known: GRANT, same: GRANT, untold: GRANT },
  absent: { known: ABSENT, same: ABSENT, untold: ABSENT },
  refused: {
    known: OWN_WORD,
    same: odd(
      ", and of a client ID that nobody has it says the same. It may refuse whatever it is asked",
      "warning",
      `Try a sign-in. If that fails, compare the client ID with the portal. ${ENDPOINT}`,
    ),
    untold: odd(", where invalid_grant is usual", "warning", `Try a sign-in. ${ENDPOINT}`),
  },
  failed: {
    known: odd(
      ". To a client ID that nobody has it answers otherwise, so it may only be unable to read a made-up code",
      "warning",
      "Try a sign-in. If that fails, look into the server's log.",
    ),
    same: odd(
      ", and the same to a client ID that nobody has",
      "error",
      "Look into the server's log. If it says that there is no such client, compare the client ID with the portal.",
    ),
    untold: odd(", where a refusal is due", "error", "Look into the server's log."),
  },
  other: { known: OTHER, same: OTHER, untold: OTHER },
};

/** The same, where it may be said to any client ID. */
export const REFUSED_CODE: Verdict = {
  ...FINE,
  also: ", as it should: this page can redeem codes there, if the client ID is right, which this does not show",
};
