import { own, received } from "../boundary/boundary.ts";

/** What tabs tell each other: never a token, nothing but that something has happened. */
export type News = "signed_in" | "refreshed" | "signed_out" | "reauth_required";

/** That its time is over, each tab sees for itself. A word of another version is no more than a reason to look. */
export const isNews = (word: unknown): word is News => typeof word === "string" && word !== "expired";

/** How long a sign-out waits until every tab has wiped its tokens. A frozen tab can't. */
const LEAVE_MS = 3_000;

/** The tabs of this origin that run the same client, known by its `name`. */
export const joinTabs = (name: string, locks: LockManager | undefined, onMessage: (news: News, id: string | undefined) => void) => {
  const channel = openChannel(name);
  channel?.addEventListener("message", ({ data }) => {
    const { v, news, id } = received<{ v: unknown; news: unknown; id: unknown }>(data);
    if (v === 1 && isNews(news)) onMessage(news, typeof id === "string" ? id : undefined);
  });
  // In Node, listening would keep the process alive.
  (channel as { unref?(): void } | undefined)?.unref?.();
  const here = `${name} here`;
  let release: (() => void) | undefined;

  /** Holds, for as long as this tab has tokens, a lock that says so. The browser releases it when the tab dies. */
  const holdPresence = (hasTokens: boolean) => {
    if (hasTokens && !release) {
      const released = new Promise<void>((resolve) => (release = resolve));
      void locks?.request(here, own({ mode: "shared" }), () => released).catch(() => {});
    } else if (!hasTokens) {
      release?.();
      release = undefined;
    }
  };

  return {
    locks,
    canShare: locks !== undefined && channel !== undefined,

    /** `id`: of the session that it has happened to. It opens nothing. */
    broadcast: (news: News, id: string | undefined) => channel?.postMessage({ v: 1, news, id }),

    holdPresence,

    /** Resolves when no tab has tokens any more, or one does not answer. */
    allLeft: () => locks?.request(here, own({ signal: AbortSignal.timeout(LEAVE_MS) }), () => {}).catch(() => {}),
  };
};

/** None where storage is blocked: then a browser may refuse this, too. */
const openChannel = (name: string): BroadcastChannel | undefined => {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
};

/** The locks that tabs share. Where there are none, a tab is alone: it shares no session, so there is nothing to guard. */
export const usableLocks = async (): Promise<LockManager | undefined> => {
  try {
    const { locks } = navigator;
    // Firefox has them in a frame of another site, too, and refuses every call.
    await locks.query();
    return locks;
  } catch {
    return undefined;
  }
};
