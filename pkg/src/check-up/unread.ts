import { cameBack } from "./checks.ts";
import { type Found, notChecked, problem } from "./finding.ts";
import type { Reply, Seen } from "./questions.ts";

export const isRead = ({ outcome }: Reply): boolean => outcome === "answer" || outcome === "redirected";

/** Whether a server answers there, readable or not. */
export const isThere = ({ facts, probe, replies, hosts }: Seen, origin: string): boolean =>
  hosts.get(origin)?.answers ||
  repliesOf(replies, origin).some(isRead) ||
  (cameBack(probe) && new URL(facts.authorizationEndpoint).origin === origin);

const repliesOf = (replies: Seen["replies"], origin: string): Reply[] =>
  Object.values(replies).filter(({ url }) => new URL(url).origin === origin);

/** Why there is nothing to judge, if there is nothing. */
export const unread = (reply: Reply, seen: Seen): Found | undefined => {
  const { url, outcome } = reply;
  const { origin } = new URL(url);
  if (outcome === "answer") return undefined;
  if (outcome === "timedOut") return problem("timeout", `${url} did not answer in time.`, "Try again later.");
  if (outcome === "redirected") return redirected(reply, seen);
  if (seen.forbidden.has(origin)) {
    return problem(
      "csp_connect_src",
      `The page's policy forbids requests to ${origin}.`,
      `Add ${origin} to connect-src of the Content-Security-Policy.`,
    );
  }
  if (isThere(seen, origin)) return blocked(reply, seen);
  if (outcome === "notSent" || navigator.onLine === false) {
    return notChecked(
      `${origin} does not answer, and the browser says that this device is offline.`,
      "Go online, and run the check-up again.",
    );
  }
  if (origin === location.origin) {
    return problem("network_error", `${url} can't be reached.`, "See that your own server answers there.");
  }
  return problem(
    "cors_or_unreachable",
    `Nothing came back from ${origin}, not even an answer that this page may not read.`,
    `Open ${origin} in a tab. If it does not answer there either, it is down, or its address is wrong. If it does, something stops this page: an extension, a proxy, or the server itself (CORS and Cross-Origin-Resource-Policy).`,
  );
};

const redirected = ({ url }: Reply, { facts }: Seen): Found =>
  url === facts.tokenEndpoint
    ? problem("token_endpoint_redirected", `${url} redirects, which is not followed.`, "Configure the final URL.")
    : problem(
        "unexpected_answer",
        `${url} redirects, which is not followed.`,
        "Configure the final URL. If it is a login page that it redirects to, let it answer 401 instead.",
      );

/** Procore documents these paths. Another server's API need not have the one that is asked for. */
const isCustom = (options: string): boolean => options.includes('"customAuthorizationServer":true');

const COMPANY = "procore-company-id";

/** The server is there, and this page may not read what it says. */
const blocked = ({ url }: Reply, seen: Seen): Found => {
  const { facts, options, replies, hosts } = seen;
  const { origin } = new URL(url);
  const allow = `Let the server allow ${location.origin} by CORS; at Procore, ask API support to allow-list it.`;
  const isOfClient = url === facts.tokenEndpoint || url === facts.revocationEndpoint;
  const { token, unknown } = replies;
  if (isOfClient && token && !isRead(token) && unknown && isRead(unknown)) {
    return problem(
      "cors_blocked",
      `${url} can't be read from this page, though the token endpoint can for a client ID that nobody has: the server knows this client ID, and not this page as one of its application's.`,
      `Register ${location.origin} for the application, by its redirect URI or its allowed origins.`,
    );
  }
  const all = repliesOf(replies, origin);
  const isWhole = !all.some(isRead) && all.some(({ url }) => url === facts.tokenEndpoint || url === facts.revocationEndpoint);
  return hosts.get(origin)?.readsAnyPath || isWhole || !isCustom(options)
    ? problem("cors_blocked", `${origin} can be reached, but ${url} can't be read from this page.`, allow)
    : problem(
        "cors_or_not_found",
        `${origin} can be reached, but ${url} can't be read from this page: CORS is off for it, or there is no such path. Browsers don't tell which.`,
        `${allow} If that is so already, compare ${url} with the server's documentation.`,
      );
};

/** What is wrong where the server was read only without a header that real requests have. */
export const withheld = ({ url, withheld }: Reply, { options }: Seen): Found | undefined =>
  withheld === undefined
    ? undefined
    : withheld === COMPANY
      ? problem(
          "company_header_blocked",
          `${url} can be read with a token, but not if the request has the header Procore-Company-Id.`,
          "Let the server allow the header Procore-Company-Id by CORS. Until then only requests without companyId work.",
          // At Procore nearly all need it (tutorial_mpz.md).
          isCustom(options) ? "warning" : "error",
        )
      : problem(
          "cors_blocked",
          `${url} can be read from this page, but not if the request has the header Authorization.`,
          "Let the server allow the header Authorization by CORS, and at the API Procore-Company-Id, too.",
        );
