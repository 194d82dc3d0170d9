import { type Standing, errorOf, kindOf } from "./answers.ts";
import { type Checks, cameBack, errorIn, redirectUriOf } from "./checks.ts";
import { type Found, notChecked, ok, problem } from "./finding.ts";
import type { Seen } from "./questions.ts";
import { isThere } from "./unread.ts";

/** What a sign-in by popup has shown, if there was one. */
export const loginChecks = (seen: Seen, standing: Standing): Checks => ({
  registration: () => registration(seen, standing),
  pkce: () => pkce(seen),
});

const registration = (seen: Seen, standing: Standing): Found => {
  const { facts, probe } = seen;
  const uri = redirectUriOf(facts) ?? "";
  if (!probe) {
    return notChecked(
      "Not tried: only its login page says whether the server knows the redirect URI.",
      `Call diagnose({ popup: true }) inside a click, or compare with the portal, byte for byte, trailing slash included: ${uri}`,
    );
  }
  const { code, message, phase } = errorIn(probe);
  if (cameBack(probe) && (phase !== "redirect" || code === "access_denied")) {
    return ok(`The login page comes back to ${uri}`);
  }
  if (!code || !message) return notChecked("The sign-in by popup failed.", "Try it with signInWithPopup().");
  if (phase === "redirect") {
    return problem(
      code,
      `The login page comes back to ${uri}, but no sign-in comes of it. ${message}`,
      "docs/errors.md has more.",
      BUSY.test(code) ? "warning" : "error",
    );
  }
  if (code === "popup_blocked") {
    return problem(code, "The browser blocked the popup.", "Call it inside a click.", "unknown");
  }
  const { origin } = new URL(facts.authorizationEndpoint);
  if (!isThere(seen, origin)) {
    return problem(
      "network_error",
      `The login page did not come back, and nothing came from ${origin} when this page asked there.`,
      `Open ${facts.authorizationEndpoint} in a tab. If nothing answers there either, the server is down, or its address is wrong.`,
      "warning",
    );
  }
  const because = causes(seen, standing, uri);
  return code === "popup_closed" || code === "timeout"
    ? problem(
        "login_not_returned",
        `The login page did not come back: ${code === "timeout" ? "it was open for too long" : "its window was closed before"}.`,
        `What its page said tells why. If it was an error: ${because} If it was the login: try again, and sign in.`,
        "warning",
      )
    : problem(code, message, `If the window showed an error: ${because}`, "unknown");
};

const BUSY = /^(server_error|temporarily_unavailable)$/;

/** Why a login page shows an error instead of the login, the likeliest first. */
const causes = ({ options, replies: { token } }: Seen, standing: Standing, uri: string): string => {
  const isRefused = token && /^(client|unauthorized)$/.test(kindOf(token));
  const isSuspect = isRefused && standing !== "known";
  const client = "the client ID is not known there";
  const scope = /"scope":"[^"]/.test(options)
    ? "the scope is not known there"
    : "no scope is configured, and the server has no default one";
  const redirectUri = `the redirect URI is not registered (compare with the portal, byte for byte, trailing slash included: ${uri} )`;
  const list = isSuspect
    ? [`${client}, which the token endpoint's answer suggests`, redirectUri, scope]
    : standing === "known"
      ? [redirectUri, scope]
      : [redirectUri, client, scope];
  return `${list.slice(0, -1).join("; ")}; or ${list.at(-1)}.`;
};

/** What the core makes of an answer, by which two refusals can be compared. */
const REFUSALS = /^(invalid_grant|invalid_request|invalid_scope|access_denied|unknown_error|unsupported_response_type)$/;
const OF_THE_CLIENT = /^(client_auth_required|unauthorized_client|unsupported_grant_type)$/;

/** Whether the server refused a wrong verifier. */
export const isCompared = (seen: Seen): boolean => {
  const { code = "", phase } = errorIn(seen.probe);
  if (phase !== "token") return false;
  const { token } = seen.replies;
  // Without a word the status is not known here: it is a refusal if a made-up code is refused so.
  const isWordless = code === "token_bad_status" && token && kindOf(token) === "refused" && !errorOf(token);
  return REFUSALS.test(code) || Boolean(isWordless);
};

/** What a token mediator answers instead of tokens that a wrong verifier has brought: it has revoked them (docs/token-mediator.md). */
const WITHOUT_TOKENS = "token_missing_access_token";

const pkce = (seen: Seen): Found => {
  const { probe, facts } = seen;
  if (!probe) {
    return notChecked(
      "Not tried: only a sign-in shows whether the server compares the code verifier.",
      "Call diagnose({ popup: true }) inside a click.",
    );
  }
  const { code = "", phase } = errorIn(probe);
  const isMediated = facts.isMediator && code === WITHOUT_TOKENS;
  if (!probe.error || code === "scope_expanded" || isMediated) {
    return problem(
      "pkce_not_enforced",
      `The server gave tokens for a wrong code verifier. ${probe.outcome === "revoked" || isMediated ? "They are revoked." : "They may still be good, for it was not said that they are revoked."}`,
      "Ask its operator to enforce PKCE with S256: until then, whoever gets hold of a code can redeem it.",
    );
  }
  if (isCompared(seen)) {
    return ok(
      code === "invalid_grant"
        ? "The server refused a code with a wrong verifier."
        : `The server refused a code with a wrong verifier, by ${code}.`,
    );
  }
  if (phase !== "token") return notChecked("The sign-in by popup did not come that far.", "See what was found of the registration.");
  return OF_THE_CLIENT.test(code)
    ? notChecked(
        `The token endpoint refused the application (${code}), and so looked at no verifier.`,
        "Repair what was found at the token endpoint, and try again.",
      )
    : notChecked(`The token endpoint said neither yes nor no to a wrong verifier (${code}).`, "Try again later.");
};
