import { own } from "../boundary/boundary.ts";
import { redirectUriOf } from "./checks.ts";
import type { Facts, Probe } from "../engine/engine.ts";
import { reach } from "./reach.ts";
import { type Answer, type Exchange, send } from "../engine/send.ts";

/** Stands for a code, a verifier and a token: nobody has issued it, so whoever knows the protocol refuses it. */
const MADE_UP = "procore-spa-auth-diagnosis-is-no-credential";
/** A client ID, and a path, that nobody has. */
const UNKNOWN = "procore-spa-auth-diagnosis-is-unknown";

/** What came back. `withheld`: the header that it had to go without, to be read. */
export interface Reply {
  readonly url: string;
  readonly outcome: Answer["outcome"];
  readonly status?: number;
  readonly body?: string;
  readonly withheld?: "authorization" | "procore-company-id";
}

/** `unknown`: what the token endpoint says to the same request of a client that nobody has. */
export type Replies = { readonly [name in "token" | "unknown" | "revocation" | "info" | "api" | "metadata"]?: Reply };

/** Whether an origin answers at all, readable or not; and whether a path that is not there can be read from this page. */
export interface Host {
  readonly answers: boolean;
  readonly readsAnyPath: boolean;
}

export interface Seen {
  readonly facts: Facts;
  /** As JSON text. */
  readonly options: string;
  readonly probe?: Probe;
  readonly replies: Replies;
  /** Origins that the page's policy forbids. */
  readonly forbidden: ReadonlySet<string>;
  /** Those origins of which something could not be read, or to which a sign-in went in vain. */
  readonly hosts: ReadonlyMap<string, Host>;
}

/** Asks the servers what can't succeed, consumes nothing, and holds nothing that anybody has issued. */
export const ask = async (facts: Facts, options: string, probing?: Promise<Probe>): Promise<Seen> => {
  const policy = watchPolicy();
  const [replies, probe] = await Promise.all([askEndpoints(facts), probing]);
  const unread = Object.values(replies).filter(({ outcome }) => outcome === "noAnswer");
  const urls = unread.map(({ url }) => url);
  // Where the login did not come back, its server may be down.
  if (probe?.error) urls.push(facts.authorizationEndpoint);
  const origins = new Set(urls.map((url) => new URL(url).origin));
  origins.delete(location.origin);
  const hosts = new Map(await Promise.all([...origins].map(async (origin) => [origin, await look(origin)] as const)));
  return own({ ...(probe ? { probe: own({ ...probe }) } : {}), facts, options, replies, hosts, forbidden: await policy.end() });
};

const askEndpoints = async (facts: Facts): Promise<Replies> => {
  const { clientId: client_id, isMediator, issuer, tokenEndpoint, tokenInfoEndpoint } = facts;
  const form = (fields: Record<string, string>) => ({ body: String(new URLSearchParams(fields)) });
  // Without cookies also to a mediator: a check-up must not touch a session that they stand for.
  const post = async (url: string, more?: Partial<Exchange>): Promise<Reply> =>
    own({ ...(await send(own({ ...more, id: 0, url, isSameOrigin: false }))), url });
  const redirect_uri = redirectUriOf(facts) ?? "";
  const grant = { grant_type: "authorization_code", code: MADE_UP, redirect_uri, code_verifier: MADE_UP };
  const redeem = (client_id: string) => post(tokenEndpoint, form({ ...grant, client_id }));
  const token = redeem(client_id);
  const [replies, unknown] = await Promise.all([
    collect({
      token,
      revocation: isMediator ? undefined : post(facts.revocationEndpoint, form({ token: MADE_UP, client_id })),
      info: tokenInfoEndpoint ? get(tokenInfoEndpoint, ["authorization"]) : undefined,
      api: get(`${facts.apiOrigin}/rest/v1.0/me`, ["procore-company-id", "authorization"]),
      metadata: isMediator || !issuer ? undefined : post(metadataUrl(issuer)),
    }),
    // Afterwards, and not where it tells nothing: a mediator has a client ID of its own.
    token.then(({ outcome, status }) => {
      const isTelling = outcome === "noAnswer" || (outcome === "answer" && status !== 429);
      return isTelling && !isMediator ? redeem(UNKNOWN) : undefined;
    }),
  ]);
  return own({ ...replies, ...(unknown ? { unknown } : {}) });
};

const collect = async (asked: { [name in keyof Replies]: Promise<Reply> | undefined }): Promise<Replies> => {
  const replies = Object.entries(asked).map(async ([name, reply]) => [name, await reply] as const);
  return own(Object.fromEntries((await Promise.all(replies)).filter(([, reply]) => reply)));
};

const HEADERS = { authorization: `Bearer ${MADE_UP}`, "procore-company-id": "1" };

/** With the headers of real requests, so that the browser asks the server's leave for them; where it refuses, without. */
const get = async (url: string, names: readonly (keyof typeof HEADERS)[]): Promise<Reply> => {
  const without = async (count: number): Promise<Reply> => {
    const withheld = names[count - 1];
    const headers = Object.fromEntries(names.slice(count).map((name) => [name, HEADERS[name]]));
    const answer = await reach(url, headers);
    if (answer.outcome === "noAnswer" && count < names.length) {
      const next = await without(count + 1);
      if (next.outcome !== "noAnswer") return next;
    }
    return own({ ...(withheld ? { withheld } : {}), ...answer, url });
  };
  return without(0);
};

/** A second look at an origin of which something could not be read. */
const look = async (origin: string): Promise<Host> => {
  const url = `${origin}/${UNKNOWN}`;
  const readsAnyPath = (await reach(url)).outcome === "answer";
  return { readsAnyPath, answers: readsAnyPath || (await reach(url, {}, "omit", "no-cors")).outcome === "answer" };
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
