import type { Checks, Facts, Probe, Subject } from "./diagnose.ts";
import { own } from "./boundary.ts";
import { redirectUriOf } from "./diagnose-page.ts";
import { type Found, notChecked, ok, problem } from "./finding.ts";
import { knock } from "./knock.ts";
import { type Answer, type Exchange, send } from "./send.ts";

/** Stands for a code, a verifier and a token: nobody has issued it, so whoever knows the protocol refuses it. */
const MADE_UP = "procore-spa-auth-diagnosis-is-no-credential";

/** What came back, or that the endpoint is not there. `refusesHeaders`: it answers only requests without them. */
interface Reply {
  readonly url: string;
  readonly outcome: Answer["outcome"] | "refusesHeaders";
  readonly status?: number;
  readonly body?: string;
}

interface Seen {
  readonly facts: Facts;
  readonly probe?: Probe;
  readonly replies: { readonly [name in "token" | "revocation" | "info" | "api" | "metadata"]?: Reply };
  /** Origins that the page's policy forbids. */
  readonly forbidden: ReadonlySet<string>;
  /** Origins that did answer something. */
  readonly reached: ReadonlySet<string>;
}

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
  const policy = watchPolicy();
  const [replies, came] = await Promise.all([ask(facts), probe]);
  const forbidden = await policy.end();
  const reached = new Set(
    Object.values(replies)
      .filter((reply) => reply && hasAnswered(reply))
      .map((reply) => new URL(reply.url).origin),
  );
  if (cameBack(came)) reached.add(new URL(facts.authorizationEndpoint).origin);
  const seen: Seen = own({ facts, replies, forbidden, reached, ...(came ? { probe: came } : {}) });
  return {
    metadata: () => metadata(seen),
    token_endpoint: () => token(seen),
    revocation_endpoint: () => revocation(seen),
    token_info_endpoint: () => tokenInfo(seen, options.includes('"allowImplicit"')),
    api: () => api(seen),
    registration: () => registration(seen),
    pkce: () => pkce(seen.probe),
  };
};

const ask = async (facts: Facts): Promise<Seen["replies"]> => {
  const { clientId: client_id, isMediator, issuer, tokenInfoEndpoint } = facts;
  const form = (fields: Record<string, string>) => ({ body: String(new URLSearchParams(fields)) });
  // Without cookies also to a mediator: a check-up must not touch a session that they stand for.
  const post = async (url: string, more?: Partial<Exchange>): Promise<Reply> =>
    own({ ...(await send(own({ ...more, id: 0, url, isSameOrigin: false }))), url });
  /** The headers of real requests, so that the browser asks the server's leave for them (preflight). */
  const get = async (url: string, headers: Record<string, string>): Promise<Reply> => {
    const answer = await knock(url, headers);
    const isRefused = answer.outcome === "noAnswer" && (await knock(url)).outcome === "answer";
    return own({ ...answer, url, outcome: isRefused ? "refusesHeaders" : answer.outcome });
  };
  const authorization = `Bearer ${MADE_UP}`;
  const redirect_uri = redirectUriOf(facts) ?? "";
  const grant = { grant_type: "authorization_code", code: MADE_UP, redirect_uri, code_verifier: MADE_UP, client_id };
  const [token, revocation, info, api, metadata] = await Promise.all([
    post(facts.tokenEndpoint, form(grant)),
    isMediator ? undefined : post(facts.revocationEndpoint, form({ token: MADE_UP, client_id })),
    tokenInfoEndpoint ? get(tokenInfoEndpoint, { authorization }) : undefined,
    get(`${facts.apiOrigin}/rest/v1.0/me`, { authorization, "procore-company-id": "1" }),
    isMediator || !issuer ? undefined : post(metadataUrl(issuer)),
  ]);
  return own({
    ...(revocation ? { revocation } : {}),
    ...(info ? { info } : {}),
    ...(metadata ? { metadata } : {}),
    token,
    api,
  });
};

/** RFC 8414 §3.1: between the host and the path of the issuer. */
const metadataUrl = (issuer: string): string => {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, "")}`;
};

/** Notes what the page's policy stops; `end` answers with the origins. */
const watchPolicy = () => {
  const forbidden = new Set<string>();
  const note = ({ disposition, effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) => {
    if (disposition === "enforce" && effectiveDirective === "connect-src" && URL.canParse(blockedURI)) {
      forbidden.add(new URL(blockedURI).origin);
    }
  };
  document.addEventListener("securitypolicyviolation", note);
  return {
    end: async () => {
      // Told in a task of its own, after the request has failed.
      await new Promise((next) => setTimeout(next, 50));
      document.removeEventListener("securitypolicyviolation", note);
      return forbidden;
    },
  };
};

const hasAnswered = ({ outcome }: Reply) =>
  outcome === "answer" || outcome === "redirected" || outcome === "refusesHeaders";

/** Why there is nothing to judge, if there is nothing. */
const unread = ({ url, outcome }: Reply, { facts, forbidden, reached }: Seen): Found | undefined => {
  if (outcome === "answer") return undefined;
  const { origin } = new URL(url);
  if (outcome === "notSent") return notChecked("The device is offline.", "Go online, and run the check-up again.");
  if (outcome === "timedOut") return problem("timeout", `${url} did not answer in time.`, "Try again later.");
  if (outcome === "redirected") {
    const code = url === facts.tokenEndpoint ? "token_endpoint_redirected" : "unexpected_answer";
    return problem(code, `${url} redirects, which is not followed.`, "Configure the final URL.");
  }
  if (forbidden.has(origin)) {
    return problem(
      "csp_connect_src",
      `The page's policy forbids requests to ${origin}.`,
      `Add ${origin} to connect-src of the Content-Security-Policy.`,
    );
  }
  if (origin === location.origin) {
    return problem("network_error", `${url} can't be reached.`, "See that your own server answers there.");
  }
  const allow = `Let the server allow ${location.origin} by CORS; at Procore, ask API support to allow-list it.`;
  if (outcome === "refusesHeaders") {
    return problem(
      "cors_blocked",
      `${url} may be read from this page, but not if it is asked with the headers that the SDK sends.`,
      "Let the server allow the headers Authorization and, at the API, Procore-Company-Id by CORS, too.",
    );
  }
  if (reached.has(origin)) {
    return problem("cors_blocked", `${origin} can be reached, but ${url} can't be read from this page.`, allow);
  }
  return problem(
    "cors_or_unreachable",
    `${url} can't be read from this page: CORS is off there, or the server can't be reached. Browsers don't tell which.`,
    `Open ${origin} in a tab. If it answers there, it is CORS. ${allow}`,
  );
};

/** The JSON object that was answered, if it was one. Never kept: a server may answer anything. */
const jsonOf = ({ body = "" }: Reply): Record<string, unknown> | undefined => {
  try {
    const value: unknown = own(JSON.parse(body));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** The error word, if it is in the form of one; its description may say anything. */
const errorOf = (reply: Reply): string => {
  const word = jsonOf(reply)?.error;
  return typeof word === "string" && /^[a-z_]{1,40}$/.test(word) ? word : "";
};

const token = (seen: Seen): Found | undefined => {
  const { isMediator } = seen.facts;
  const reply = seen.replies.token!;
  const { url, status } = reply;
  const nothing = unread(reply, seen);
  if (nothing) return nothing;
  const word = errorOf(reply);
  const answered = `${url} answers ${status} ${word || "without an OAuth error"} to a made-up code`;
  if (status === 429) return busy(url);
  if (word === "invalid_client" || (status === 401 && !word)) {
    return isMediator
      ? problem("client_auth_required", `${answered}.`, "Check the client ID and the secret that your mediator adds.")
      : problem(
          "client_auth_required",
          `${answered}: it wants a client secret, or does not know this client ID.`,
          "Compare the client ID with the portal. If it is right, register the application as public, or let your backend add the secret (tokenMediator).",
        );
  }
  if (word === "unauthorized_client" || word === "unsupported_grant_type") {
    return problem(word, `${answered}.`, "Let the application use the authorization code grant.");
  }
  if (word === "invalid_grant") return ok(`${answered}, as it should: this page can redeem codes there.`);
  return problem(
    "unexpected_answer",
    `${answered}, where invalid_grant is usual.`,
    "Check that this is the token endpoint, and try a sign-in.",
    word ? "warning" : "error",
  );
};

const busy = (url: string): Found =>
  problem("rate_limited", `${url} asks to slow down (429).`, "Run the check-up again later.", "unknown");

const revocation = (seen: Seen): Found => {
  const reply = seen.replies.revocation;
  if (!reply) return notChecked("Not asked, for at a token mediator that could end a session.");
  const { url, status } = reply;
  const nothing = unread(reply, seen);
  if (nothing) return nothing;
  if (status === 429) return busy(url);
  return status === 200
    ? ok(`${url} answers 200 to an unknown token, as it should.`)
    : problem(
        status === 401 ? "client_auth_required" : status === 403 ? "unauthorized_client" : "unexpected_answer",
        `${url} answers ${status} to an unknown token, where 200 is due. Sign-outs will be revoke_pending.`,
        "Let the server take revocations of public clients, by client ID.",
        "warning",
      );
};

const tokenInfo = (seen: Seen, isNeeded: boolean): Found => {
  const reply = seen.replies.info;
  const judged = reply ? (unread(reply, seen) ?? resource(reply)) : notChecked("There is no such endpoint.");
  if (isNeeded || judged.severity !== "error") return judged;
  return own({ ...judged, severity: "warning", seen: `${judged.seen} Only the implicit flow needs it.` });
};

const api = (seen: Seen): Found => unread(seen.replies.api!, seen) ?? resource(seen.replies.api!);

/** RFC 6750 §3.1: a token that nobody issued gets 401. */
const resource = ({ url, status }: Reply): Found => {
  if (status === 429) return busy(url);
  return status === 401 || status === 403
    ? ok(`${url} answers ${status} to a made-up token, as it should: this page can ask there.`)
    : problem(
        "unexpected_answer",
        `${url} answers ${status} to a made-up token, where 401 is due.`,
        "Check this URL in the configuration.",
        "warning",
      );
};

const metadata = (seen: Seen): readonly Found[] => {
  const { facts, replies } = seen;
  const document = replies.metadata?.status === 200 ? jsonOf(replies.metadata) : undefined;
  if (!document) return [notChecked("No metadata can be read. Servers need not have any, and Procore documents none.")];
  const lacks = (member: string, value: string) => ![document[member]].flat().includes(value);
  const found: Found[] = [];
  if (document.issuer !== facts.issuer) {
    const seen = "The server's metadata names another issuer than the configured one.";
    found.push(problem("iss_mismatch", seen, "Compare issuer, character by character.", "warning"));
  }
  if (lacks("code_challenge_methods_supported", "S256")) {
    const seen = "The server's metadata does not announce PKCE with S256.";
    found.push(problem("pkce_not_announced", seen, "Try it by diagnose({ popup: true }), or ask the server's operator.", "warning"));
  }
  if (lacks("token_endpoint_auth_methods_supported", "none")) {
    const seen = "The server's metadata does not announce public clients at the token endpoint.";
    found.push(problem("client_auth_required", seen, "See what was found at the token endpoint.", "warning"));
  }
  return found.length ? found : [ok("The server's metadata announces PKCE with S256, and public clients.")];
};

/** Whether the login page came back to this app, whatever it said. */
const cameBack = (probe?: Probe): boolean => {
  const { outcome, error } = probe ?? own<Partial<Probe>>({});
  if (outcome === "error") return error?.phase === "redirect" || error?.phase === "token";
  return outcome === "enforced" || outcome === "ignored";
};

const registration = ({ facts, probe }: Seen): Found => {
  const uri = redirectUriOf(facts) ?? "";
  const compare = `compare with the portal, byte for byte, trailing slash included: ${uri}`;
  const advice = `If it showed an error, ${compare}`;
  if (!probe) {
    return notChecked(
      "Not tried: only its login page says whether the server knows the redirect URI.",
      `Call diagnose({ popup: true }) inside a click, or ${compare}`,
    );
  }
  if (cameBack(probe)) return ok(`The login page comes back to ${uri}`);
  if (probe.outcome === "blocked") {
    return problem("popup_blocked", "The browser blocked the popup.", "Call it inside a click.", "unknown");
  }
  if (probe.outcome === "error") {
    const { code, message } = probe.error ?? { code: "not_checked", message: "The sign-in by popup failed." };
    return problem(code, message, advice, "unknown");
  }
  return problem(
    "redirect_uri_not_registered",
    "The login page did not come back: it does not know the redirect URI, or was closed before.",
    advice,
    "warning",
  );
};

const pkce = (probe?: Probe): Found => {
  if (!probe) {
    return notChecked(
      "Not tried: only a sign-in shows whether the server compares the code verifier.",
      "Call diagnose({ popup: true }) inside a click.",
    );
  }
  if (probe.outcome === "enforced") return ok("The server refused a code with a wrong verifier.");
  if (probe.outcome === "ignored") {
    return problem(
      "pkce_not_enforced",
      "The server gave tokens for a wrong code verifier. They are revoked.",
      "Ask its operator to enforce PKCE with S256: until then, whoever gets hold of a code can redeem it.",
    );
  }
  return notChecked("The sign-in by popup did not come that far.", "See what was found of the registration.");
};
