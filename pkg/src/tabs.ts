import { own, received } from "./boundary.ts";

/** What tabs tell each other: never a token, nothing but that something has happened. */
export type News = "signed_in" | "refreshed" | "signed_out" | "reauth_required";

const NEWS: readonly unknown[] = ["signed_in", "refreshed", "signed_out", "reauth_required"] satisfies News[];
export const isNews = (word: unknown): word is News => NEWS.includes(word);

/** How long a renewal waits for one of another tab. */
const LOCK_MS = 10_000;
/** How long a sign-out waits until every tab has wiped its tokens. A frozen tab can't. */
const LEAVE_MS = 3_000;

/** The tabs of this origin that run the same client, known by its `name`. */
export const joinTabs = async (name: string, hear: (news: News) => void) => {
  const locks = await usableLocks();
  const channel = openChannel(name);
  channel?.addEventListener("message", ({ data }) => {
    const { v, news } = received<{ v: unknown; news: unknown }>(data);
    if (v === 1 && isNews(news)) hear(news);
  });
  // In Node, listening would keep the process alive.
  (channel as { unref?(): void } | undefined)?.unref?.();
  const here = `${name} here`;
  let leave: (() => void) | undefined;
  let letGo: () => void;
  let resting: Promise<void>;
  const hold = () => (resting = new Promise((resolve) => (letGo = resolve)));
  void hold();

  /** Holds, for as long as this tab has tokens, a lock that says so. The browser releases it when the tab dies. */
  const stay = (hasTokens: boolean) => {
    if (hasTokens && !leave) {
      const left = new Promise<void>((resolve) => (leave = resolve));
      void locks?.request(here, own({ mode: "shared" }), () => left).catch(() => {});
    } else if (!hasTokens) {
      leave?.();
      leave = undefined;
    }
  };

  return {
    canShare: locks !== undefined && channel !== undefined,

    tell: (news: News) => channel?.postMessage({ v: 1, news }),

    /**
     * Runs a task while no other tab runs one, which only those who share need. Rejects with `TimeoutError` if another one
     * does for too long.
     */
    alone: async <T>(task: () => Promise<T>): Promise<T> => {
      let work: Promise<T>;
      const signal = AbortSignal.timeout(LOCK_MS);
      await locks!.request(`${name} renewal`, own({ signal }), () => Promise.race([(work = task()), resting]));
      return work!;
    },

    stay,

    /**
     * Lets go of every lock, for a page that is left may be kept with all it holds, and nothing in it runs. Another tab
     * then finds a renewal that nobody is at.
     */
    rest: () => {
      stay(false);
      letGo();
      hold();
    },

    isAnyoneHere: async () => {
      const { held = [], pending = [] } = (await locks?.query()) ?? own<LockManagerSnapshot>({});
      // Who waits for all to leave does not stay.
      return [...held, ...pending].some((lock) => lock.name === here && lock.mode === "shared");
    },

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

/** Where there are none, a tab is alone: it shares no session, so there is nothing to guard. */
const usableLocks = async (): Promise<LockManager | undefined> => {
  try {
    const { locks } = navigator;
    // Firefox has them in a frame of another site, too, and refuses every call.
    await locks.query();
    return locks;
  } catch {
    return undefined;
  }
};
