// What a tab, and what all tabs of the origin, remember from page to page. Nothing of it is secret, and all of it is missing where
// storage is blocked.

import type * as Api from "../types/index.d.ts";
import { isProcoreAuthError } from "../boundary/errors.ts";

/** In the storage of a tab that has had a session: only such a tab, or one beside it, takes it up again. */
const TAB = "procore-spa-auth.tab";

/** For all tabs: when one of them was last known to have a session, in milliseconds since 1970. Gone with a sign-out. */
const LEFT = "procore-spa-auth.left";
/** How long after that its session is not taken for one that no tab has: the next page may be slow to come. */
const GRACE_MS = 30_000;

/** For all tabs: the session that was signed out of and could not be removed. Every start honours it. */
const OVER = "procore-spa-auth.over";

/** In the storage of a tab whose pages go to the login page by themselves: when they did, and the last error. */
const ROUNDS = "procore-spa-auth.rounds";

/** In the storage of a tab whose user has signed out: its pages do not go to the login page by themselves. */
const OUT = "procore-spa-auth.out";

/** Storage may be blocked; then a tab does not remember. */
const inTab = <T>(use: () => T): T | null => {
  try {
    return use();
  } catch {
    return null;
  }
};

/**
 * What a start goes by. `isLasting`: whether something is kept there; the first look into storage takes a browser two
 * milliseconds. `isAnyLeft`: whether a tab has had a session since the last sign-out.
 */
export const remembered = (isLasting: boolean) => {
  const kept = (use: () => string | null) => (isLasting ? inTab(use) : null);
  const left = kept(() => localStorage.getItem(LEFT));
  const isJustLeft = Math.abs(Date.now() - Number(left)) < GRACE_MS;
  return {
    wasSignedIn: kept(() => sessionStorage.getItem(TAB)) !== null || isJustLeft,
    isAnyLeft: left !== null,
    over: kept(() => localStorage.getItem(OVER)) ?? undefined,
  };
};

/** Notes that there is a session which outlives this page, or none any more. */
export const noteLasting = ({ signedIn }: Api.Session, event?: Api.SessionEvent): void =>
  void inTab(() => {
    if (signedIn) {
      sessionStorage.setItem(TAB, "");
      localStorage.setItem(LEFT, String(Date.now()));
    } else if (event !== "ready") localStorage.removeItem(LEFT);
  });

export const noteOver = (session: string): void => void inTab(() => localStorage.setItem(OVER, session));

export const rounds = (): string => inTab(() => sessionStorage.getItem(ROUNDS)) ?? "";

export const keepRounds = (rounds?: string): void =>
  void inTab(() => (rounds ? sessionStorage.setItem(ROUNDS, rounds) : sessionStorage.removeItem(ROUNDS)));

/** For the error of a page that goes round: why nobody is signed in. */
export const noteCause = (error: unknown): void => {
  const known = rounds();
  if (known && isProcoreAuthError(error)) keepRounds(`${known.split(" ")[0]} ${error.code}`);
};

export const hasSignedOut = (): boolean => inTab(() => sessionStorage.getItem(OUT)) !== null;

/** Notes who has signed out, here or in another tab, until somebody signs in. */
export const noteSignOut = ({ signedIn }: Api.Session, event?: Api.SessionEvent): void =>
  void inTab(() => {
    if (event === "signed_out") sessionStorage.setItem(OUT, "");
    else if (signedIn) sessionStorage.removeItem(OUT);
  });
