import { FINE, type Kind, REFUSED_CODE, type Standing, TOKEN, type Verdict, errorOf, jsonOf, kindOf } from "./answers.ts";
import { own } from "../boundary/boundary.ts";
import { type Checks, type Subject, cameBack } from "./checks.ts";
import { isCompared, loginChecks } from "./diagnose-login.ts";
import { type Found, notChecked, ok, problem } from "./finding.ts";
import { type Reply, type Seen, ask } from "./questions.ts";
import { isRead, unread, withheld } from "./unread.ts";

/** What the servers say to requests that can't succeed. */
export const serverChecks = async ({ facts, startError, options = "", probe }: Subject): Promise<Checks> => {
  if (!facts) {
    const skipped = () => notChecked(`The client did not start: ${startError?.code}.`, "Repair that first.");
    return {
      metadata: skipped,
      token_endpoint: skipped,
      revocation_endpoint: skipped,
      token_info_endpoint: skipped,
      api: skipped,
      registration: skipped,
      pkce: skipped,
    };
  }
  const seen = await ask(facts, options, probe);
  return {
    metadata: () => metadata(seen),
    token_endpoint: () => token(seen),
    revocation_endpoint: () => revocation(seen),
    token_info_endpoint: () => tokenInfo(seen, options.includes('"allowImplicit"')),
    api: () => resource(seen.replies.api!, seen),
    ...loginChecks(seen, standingOf(seen)),
  };
};

/** By comparison with a client ID that nobody has. */
const standingOf = ({ replies: { token, unknown } }: Seen): Standing => {
  if (!token || !unknown || !isRead(unknown) || kindOf(unknown) === "busy") return "untold";
  if (!isRead(token)) return "known";
  return token.status === unknown.status && errorOf(token) === errorOf(unknown) ? "same" : "known";
};

const busy = (url: string): Found =>
  problem("rate_limited", `${url} asks to slow down (429).`, "Run the check-up again later.", "unknown");

/** Whether the token endpoint takes this client without a secret, as far as a made-up code shows. */
const isPublicClient = (seen: Seen): boolean => token(seen).severity === "ok";

const token = (seen: Seen): Found => {
  const reply = seen.replies.token!;
  const { url, status } = reply;
  const nothing = unread(reply, seen);
  if (nothing) return nothing;
  const kind = kindOf(reply);
  if (kind === "busy") return busy(url);
  const answered = `${url} answers ${status} ${errorOf(reply) || "without an OAuth error"} to a made-up code`;
  if (kind === "client" && seen.facts.isMediator) {
    return problem("client_auth_required", `${answered}.`, "Check the client ID and the secret that your mediator adds.");
  }
  const { code, severity, also, advice } = verdictOn(reply, seen);
  return problem(code, `${answered}${also}.`, advice, severity);
};

const verdictOn = (reply: Reply, seen: Seen): Verdict => {
  const standing = standingOf(seen);
  const kind = kindOf(reply) as Exclude<Kind, "busy">;
  const word = errorOf(reply);
  // Behind a mediator, whatever is said of the code was said to a client that is known. This word may be its own.
  if (seen.facts.isMediator && kind === "refused" && word && word !== "invalid_request") return FINE;
  if (word === "invalid_grant") return standing === "known" ? FINE : REFUSED_CODE;
  // A login page comes back only to a client that the server knows.
  const isKnown = standing === "known" || cameBack(seen.probe);
  return TOKEN[kind][isKnown && kind !== "refused" && kind !== "failed" ? "known" : standing];
};

const revocation = (seen: Seen): Found => {
  const reply = seen.replies.revocation;
  if (!reply) return notChecked("Not asked, for at a token mediator that could end a session.");
  const { url, status } = reply;
  const nothing = unread(reply, seen);
  if (nothing) return nothing;
  const kind = kindOf(reply);
  if (kind === "busy") return busy(url);
  if (status === 200) return ok(`${url} answers 200 to an unknown token, as it should.`);
  const isClient = kind === "client" || kind === "unauthorized" || status === 403;
  return problem(
    kind === "client" ? "client_auth_required" : isClient ? "unauthorized_client" : "unexpected_answer",
    `${url} answers ${status} ${errorOf(reply)}`.trim() +
      " to an unknown token, where 200 is due. Sign-outs will " +
      (isClient || kind === "absent" ? "be revoke_pending." : "be revoke_pending, if it says the same to real ones."),
    isClient
      ? isPublicClient(seen)
        ? "Let the server take revocations of public clients, by client ID. It takes this one at the token endpoint."
        : "First repair what was found at the token endpoint. Then let the server take revocations of public clients, by client ID."
      : kind === "absent"
        ? "Check that this is the revocation endpoint."
        : "Look into the server's log, or sign out once and see what signOut() says.",
    "warning",
  );
};

const tokenInfo = (seen: Seen, isNeeded: boolean): Found => {
  const { info } = seen.replies;
  const judged = info ? resource(info, seen) : notChecked("There is no such endpoint.");
  if (isNeeded || judged.severity !== "error") return judged;
  return own({ ...judged, severity: "warning", seen: `${judged.seen} Only the implicit flow needs it.` });
};

/** RFC 6750 §3.1: a token that nobody issued gets 401. */
const resource = (reply: Reply, seen: Seen): Found => {
  const nothing = unread(reply, seen) ?? withheld(reply, seen);
  if (nothing) return nothing;
  const { url, status = 0 } = reply;
  if (status === 429) return busy(url);
  if (status === 401 || status === 403) {
    return ok(`${url} answers ${status} to a made-up token, as it should: this page can ask there.`);
  }
  const [, because, advice] = RESOURCE.find(([pattern]) => pattern.test(String(status)))!;
  return problem(
    "unexpected_answer",
    `This page can ask there, and ${url} answers ${status} to a made-up token, where 401 is due: ${because}.`,
    advice,
    "warning",
  );
};

/** Status → what it means, and what to do. */
const RESOURCE: readonly [RegExp, string, string][] = [
  [
    /^(404|405|410)$/,
    "there is no such path",
    "Check this URL's origin in the configuration. An API that is not Procore's need not have the path.",
  ],
  [/^2/, "it does not look at tokens", "Check that it is this server that answers there, and not a page in its place."],
  [/^5/, "it fails", "Look into the server's log, and try a real call."],
  [/^/, "it may refuse something else than the token", "Check this URL in the configuration, and try a real call."],
];

const metadata = (seen: Seen): readonly Found[] => {
  const { facts, replies, probe } = seen;
  const document = replies.metadata?.status === 200 ? jsonOf(replies.metadata) : undefined;
  // RFC 8414 §2 demands an issuer: what has none is something else.
  if (typeof document?.issuer !== "string") {
    return [notChecked("No metadata can be read. Servers need not have any, and Procore documents none.")];
  }
  const lacks = (member: string, value: string) => ![document[member]].flat().includes(value);
  const found: Found[] = [];
  if (document.issuer !== facts.issuer) {
    const seen = "The server's metadata names another issuer than the configured one.";
    found.push(problem("iss_mismatch", seen, "Compare issuer, character by character.", "warning"));
  }
  // What the server does counts for more than what it says.
  if (lacks("code_challenge_methods_supported", "S256") && !isCompared(seen)) {
    const seen = "The server's metadata does not announce PKCE with S256.";
    const advice = "Try it by diagnose({ popup: true }), or ask the server's operator.";
    found.push(problem("pkce_not_announced", seen, probe ? "See what was found by the sign-in." : advice, "warning"));
  }
  if (lacks("token_endpoint_auth_methods_supported", "none") && !isPublicClient(seen)) {
    const seen = "The server's metadata does not announce public clients at the token endpoint.";
    found.push(problem("client_auth_required", seen, "See what was found at the token endpoint.", "warning"));
  }
  return found.length ? found : [ok("The server's metadata fits what the server does.")];
};
