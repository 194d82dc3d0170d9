import { bounded, own, parse } from "../boundary/boundary.ts";
import type { Credentials } from "../types/index.d.ts";

/** Before the state, in the key of every stored sign-in. */
export const PREFIX = "procore-spa-auth:";

/** What only an authorization response puts into a URL. The core's `RESPONSE_NAMES` are the same. */
const NAMES = new Set([
  "code",
  "state",
  "error",
  "error_description",
  "error_uri",
  "iss",
  "response",
  "access_token",
  "token_type",
  "expires_in",
  "scope",
  "refresh_token",
  "id_token",
  "token",
  "session_state",
]);

/** In this tab's storage, with `persist`: the beginnings of the states whose response it has had, the latest first. */
const SPENT = "procore-spa-auth.spent";
const MAX_SPENT = 20;

/**
 * If this page is the answer to a sign-in of this tab, by this configuration: takes its record and scrubs the URL, at once. The core, which
 * judges both, starts asynchronously, and until then every other script of the page could read the code. An answer that this
 * tab has had before is of no use to anybody, and scrubbed too, where a reload may find the user signed in.
 */
export const takeFromPage = (config: string, isPersistent: boolean): { readonly record?: string; readonly isSpent?: boolean } => {
  try {
    for (const state of statesOf(location)) {
      const record = sessionStorage.getItem(PREFIX + state);
      const isOurs = record !== null && !isForeign(record, config);
      const isSpent = record === null && spent().includes(beginning(state));
      if (isOurs) spend(state, isPersistent);
      if (isOurs || isSpent) {
        scrub(state);
        return own({ ...(isOurs && { record }), isSpent });
      }
    }
  } catch {
    // Blocked storage: the core says so.
  }
  return own({});
};

const spend = (state: string, isPersistent: boolean) => {
  sessionStorage.removeItem(PREFIX + state);
  if (!isPersistent) return;
  try {
    sessionStorage.setItem(SPENT, [beginning(state), ...spent()].slice(0, MAX_SPENT).join());
  } catch {
    // Storage is full of other things: a reload of this response will be one that nobody has asked for.
  }
};

/** As many as there may be, whatever somebody else has stored there. */
const spent = (): string[] => (sessionStorage.getItem(SPENT) ?? "").slice(0, 9 * MAX_SPENT).split(",");

/** Enough to know a state again, and no state. */
const beginning = (state: string) => state.slice(0, 8);

/** The core's bound for a response; what stands beyond it is not looked into. */
const MAX_URL = 32 * 1024;

type Parts = Pick<URL, "search" | "hash">;

/** The states of an authorization response, wherever in the URL they stand. A genuine one has one. The core's `states` are the same. */
export const statesOf = ({ search, hash }: Parts): string[] => [search.slice(1, MAX_URL), cut(hash.slice(0, MAX_URL))[1]].flatMap(statesIn);

/** Without `URLSearchParams`, which takes a `?` for none and half a character for another: who judges, the core, does not. */
const statesIn = (pairs: string): string[] =>
  pairs
    .split("&")
    .filter((pair) => nameOf(pair) === "state")
    .map((pair) => decode(pair.slice(pair.indexOf("=") + 1)))
    .filter(Boolean);

const nameOf = (pair: string) => decode(pair.split("=", 1)[0]!);

/** Nothing where it is not percent-encoded UTF-8. */
const decode = (raw: string): string => {
  try {
    return decodeURIComponent(raw.replaceAll("+", " "));
  } catch {
    return "";
  }
};

/** A fragment as what stands before its pairs, a hash route, and its pairs. The core's `cut_fragment` is the same. */
const cut = (hash: string): [route: string, pairs: string] => {
  const fragment = hash.slice(1);
  const [route] = /^(?:[!#/][^?&]*\?|[!#/?]*)/.exec(fragment)!;
  return [route, fragment.slice(route.length)];
};

/** Whether a record is another client's. A damaged one is nobody else's. */
const isForeign = (record: string, config: string): boolean => {
  let pending: { clientId: string; redirectUri: string };
  try {
    pending = parse(bounded(record));
  } catch {
    return false;
  }
  const { credentials } = parse<{ credentials?: Record<string, Partial<Credentials> | null> }>(config);
  return !Object.values(credentials ?? {}).some(
    (set) => set?.clientId === pending.clientId && set?.redirectUris?.includes(pending.redirectUri),
  );
};

/** Takes the response with this state out of this page's URL and history entry; everything else of it stays as it is. */
export const scrub = (state: string): void => {
  const rest = (pairs: string) =>
    pairs
      .split("&")
      .filter((pair) => !NAMES.has(nameOf(pair)))
      .join("&");
  const query = rest(location.search.slice(1));
  let fragment = location.hash.slice(1);
  const [route, pairs] = cut(location.hash);
  // A hash route is the app's own, unless a router has put the response there.
  if (!route || statesIn(pairs).includes(state)) fragment = rest(pairs) ? route + rest(pairs) : route.replace(/\?$/, "");
  // With the origin, for a path may start with two slashes.
  const url = location.origin + location.pathname + (query && `?${query}`) + (fragment && `#${fragment}`);
  try {
    history.replaceState(history.state, "", url);
  } catch {
    // Some engines limit how often a page may do that, and whoever listens may fail. The code is spent all the same, so it
    // must be redeemed. The engine's own words would show the URL, and so the code.
  }
  if (statesOf(location).includes(state)) console.warn("procore-spa-auth: the URL could not be scrubbed.");
};
