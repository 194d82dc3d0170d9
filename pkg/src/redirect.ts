import { bounded, parse } from "./boundary.ts";
import type { Credentials } from "./index.d.ts";

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

/**
 * If this page is the answer to a sign-in of this tab, by this configuration: takes its record and scrubs the URL, at once. The core, which
 * judges both, starts asynchronously, and until then every other script of the page could read the code.
 */
export const takeFromPage = (config: string): string | undefined => {
  const state = stateOf(location);
  if (!state) return undefined;
  let record;
  try {
    const key = PREFIX + state;
    record = sessionStorage.getItem(key);
    if (record === null || isForeign(record, config)) return undefined;
    sessionStorage.removeItem(key);
  } catch {
    // Blocked storage: the core says so.
    return undefined;
  }
  scrub();
  return record;
};

/** The states of an authorization response, wherever in the URL they stand. A genuine one has one. */
export const statesOf = ({ search, hash }: Pick<URL, "search" | "hash">): string[] =>
  [search, hash].flatMap((part) => new URLSearchParams(part.slice(1)).getAll("state")).filter(Boolean);

/** The first of them. */
export const stateOf = (url: Pick<URL, "search" | "hash">): string | undefined => statesOf(url).at(0);

/** Whether a record is another client's, or comes back to another page. A damaged one is nobody else's. */
const isForeign = (record: string, config: string): boolean => {
  let pending: { clientId: string; redirectUri: string };
  try {
    pending = parse(bounded(record));
    const { origin, pathname } = new URL(pending.redirectUri);
    if (origin !== location.origin || pathname !== location.pathname) return true;
  } catch {
    return false;
  }
  const { credentials } = parse<{ credentials?: Record<string, Partial<Credentials> | null> }>(config);
  return !Object.values(credentials ?? {}).some(
    (set) => set?.clientId === pending.clientId && set?.redirectUris?.includes(pending.redirectUri),
  );
};

/** Takes the response out of this page's URL and history entry; everything else of it stays as it is. */
export const scrub = (): void => {
  const rest = (part: string) =>
    part
      .slice(1)
      .split("&")
      .filter((pair) => !NAMES.has(new URLSearchParams(pair).keys().next().value ?? ""))
      .join("&");
  const query = rest(location.search);
  const fragment = rest(location.hash);
  // With the origin, for a path may start with two slashes.
  const url = location.origin + location.pathname + (query && `?${query}`) + (fragment && `#${fragment}`);
  try {
    history.replaceState(history.state, "", url);
  } catch {
    // Some engines limit how often a page may do that. The code is spent all the same, so it must be redeemed. The
    // engine's own words would show the URL, and so the code.
    console.warn("procore-spa-auth: the URL could not be scrubbed.");
  }
};
