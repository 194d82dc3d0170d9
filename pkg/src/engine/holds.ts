import { own } from "../boundary/boundary.ts";

/** What this tab learns of its locks. */
export interface Told {
  readonly present: () => void;
  readonly locked: () => void;
  readonly lockTimedOut: () => void;
}

/** The locks by which the tabs of the client `name` know of each other. Without `locks` a tab is alone. */
export const createHolds = (name: string, locks: LockManager | undefined, told: Told) => {
  const here = `${name} here`;
  /** Says that this tab has tokens. The browser releases it when the tab dies. */
  const presence = createHold(locks, here, "shared");
  /** Held by the tab that renews for all. */
  const renewal = createHold(locks, `${name} renewal`, "exclusive");

  return {
    // It is known as soon as it stands in the queue, also behind somebody who waits for all to leave.
    bePresent: () => presence.ask(own({ queued: told.present })),
    beAbsent: presence.release,
    lock: (milliseconds: number) => renewal.ask(own({ granted: told.locked, refused: told.lockTimedOut, milliseconds })),
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

export type Holds = ReturnType<typeof createHolds>;

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
