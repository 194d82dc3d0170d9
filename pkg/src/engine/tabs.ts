import { own, received } from "../boundary/boundary.ts";

/** What tabs tell each other: never a token, nothing but that something has happened to a session, by its name. It opens nothing. */
interface Word {
  readonly v: 2;
  readonly news: string;
  readonly id: number;
}

/** What this tab learns of the others. */
export interface Ears {
  /** Another tab's word. What it means is for the core to say. */
  readonly heard: (news: string, id: number) => void;
  readonly present: () => void;
  readonly locked: () => void;
  readonly lockTimedOut: () => void;
}

/** The tabs of this origin that run the same client, known by its `name`. */
export const joinTabs = (name: string, locks: LockManager | undefined, channel: BroadcastChannel | undefined, ears: Ears) => {
  const hear = onceInAWhile(ears.heard);
  channel?.addEventListener("message", ({ data }) => {
    const { v, news, id } = received<Word>(data);
    if (v === 2 && typeof news === "string" && typeof id === "number") hear(news, id);
  });
  // In Node, listening would keep the process alive.
  (channel as { unref?(): void } | undefined)?.unref?.();
  const here = `${name} here`;
  /** Says that this tab has tokens. The browser releases it when the tab dies. */
  const presence = createHold(locks, here, "shared");
  /** Held by the tab that renews for all. */
  const renewal = createHold(locks, `${name} renewal`, "exclusive");

  return {
    tell: (news: string, id: number) => channel?.postMessage({ v: 2, news, id } satisfies Word),
    // It is known as soon as it stands in the queue, also behind somebody who waits for all to leave.
    bePresent: () => presence.ask(own({ queued: ears.present })),
    beAbsent: presence.release,
    lock: (milliseconds: number) => renewal.ask(own({ granted: ears.locked, refused: ears.lockTimedOut, milliseconds })),
    unlock: renewal.release,

    /** Resolves when no tab has tokens any more, or one has not answered in time. */
    allLeft: async (milliseconds: number): Promise<void> => {
      await locks?.request(here, own({ signal: AbortSignal.timeout(milliseconds) }), () => {}).catch(() => {});
    },

    isAnyoneHere: async (): Promise<boolean> => {
      const { held = [], pending = [] } = await locks!.query();
      // Who waits for all to leave does not stay.
      return [...held, ...pending].some((lock) => lock.name === here && lock.mode === "shared");
    },
  };
};

/** How long the same words are one, and how many different ones at most. */
const WHILE_MS = 50;
const MAX_WORDS = 20;

/** Tells a word at once, and once more after a while if it has come again, however often: any script of this origin can say any. */
const onceInAWhile = (tell: Ears["heard"]): Ears["heard"] => {
  const told = new Map<string, boolean>();
  return (news, id) => {
    const word = `${news} ${id}`;
    if (told.has(word)) return void told.set(word, true);
    tell(news, id);
    if (told.size >= MAX_WORDS) return;
    told.set(word, false);
    setTimeout(() => {
      const isAgain = told.get(word);
      told.delete(word);
      if (isAgain) tell(news, id);
    }, WHILE_MS);
  };
};

export type Tabs = ReturnType<typeof joinTabs>;

/** What is heard of a lock, unless it was released before: that it is asked for, had, or can't be had in so many milliseconds. */
interface Asking {
  readonly queued?: () => void;
  readonly granted?: () => void;
  readonly refused?: () => void;
  readonly milliseconds?: number;
}

/** One lock, as this tab asks for it, has it and lets it go. */
const createHold = (locks: LockManager | undefined, name: string, mode: LockMode) => {
  let end: (() => void) | undefined;

  const release = () => {
    end?.();
    end = undefined;
  };

  return {
    release,

    ask: ({ queued, granted, refused, milliseconds }: Asking) => {
      release();
      const asking = new AbortController();
      const patience = milliseconds === undefined ? undefined : AbortSignal.timeout(milliseconds);
      patience?.addEventListener("abort", () => asking.abort());
      let isOver = false;
      let letGo = () => {};
      const released = new Promise<void>((resolve) => (letGo = resolve));
      end = () => {
        isOver = true;
        letGo();
        asking.abort();
      };
      const hold = () => {
        if (!isOver) granted?.();
        return released;
      };
      locks?.request(name, own({ mode, signal: asking.signal }), hold).catch(() => {
        if (!isOver) refused?.();
      });
      // Answered after the request is in.
      const tell = () => void (isOver || queued?.());
      if (queued) locks?.query().then(tell, tell);
    },
  };
};

/** None where storage is blocked: then a browser may refuse this, too. */
export const openChannel = (name: string): BroadcastChannel | undefined => {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
};

/**
 * The locks that tabs share. Where there are none, or no channel, a tab is alone: it shares no session, so there is nothing to
 * guard.
 */
export const usableLocks = async (): Promise<LockManager | undefined> => {
  try {
    const { locks } = navigator;
    // Firefox has them in a frame of another site, too, and refuses every call.
    await locks.query();
    new BroadcastChannel("procore-spa-auth").close();
    return locks;
  } catch {
    return undefined;
  }
};
