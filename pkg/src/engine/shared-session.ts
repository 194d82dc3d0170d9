import { own } from "../boundary/boundary.ts";
import type { open } from "./core.ts";
import { isProcoreAuthError } from "../boundary/errors.ts";
import type * as Api from "../types/index.d.ts";
import type { Exchange } from "./send.ts";
import type { News, joinTabs } from "./tabs.ts";
import { type Kept, type Vault, openVault, resume as resumeVault, suspend as suspendVault } from "./vault.ts";

/** What a step answers where the server comes next. */
type Next = Partial<Exchange>;

/** What this tab's session is, apart from its tokens, which the core has. */
export interface Mine {
  /** The session's name: the same in every tab, new with each sign-in. */
  id: string | undefined;
  /** Counts the access tokens that this tab has had, so that one can be told from those after it. */
  tokens: number;
}

/** The client that shares its session. */
export interface Host {
  /** What the session is kept by. */
  readonly name: string;
  readonly call: ReturnType<typeof open>;
  readonly tabs: ReturnType<typeof joinTabs>;
  readonly mine: Mine;
  /** Runs a task after those that change the session, or the vault, and before others do. */
  readonly inTurn: <T>(task: () => Promise<T>) => Promise<T>;
  /** Says what has happened. */
  readonly report: () => void;
  readonly takeEvent: () => unknown;
  /** Sends one exchange of a shared renewal, and keeps what has come of it. */
  readonly send: (first: Next) => Promise<Next>;
  readonly isSignedIn: () => boolean;
  /** An error of the package's one class: nothing was sent, and later it may go better. */
  readonly postponed: (code: Api.ProcoreAuthErrorCode, cause: unknown) => Error;
  /** Runs a task with another client of the same configuration, whose session is nobody's. */
  readonly apart: <T>(task: (call: Host["call"]) => Promise<T>) => Promise<T>;
  /** Sends exchange after exchange, until something has come of it. */
  readonly exchange: (call: Host["call"], first: Next) => Promise<unknown>;
  /** Loads the whole core, unless it is there: only where nothing is kept, nobody needs it. */
  readonly complete: () => Promise<void> | undefined;
}

/** How long a renewal of another tab is waited for: its request may take 30 seconds, and its database 10. */
const LOCK_MS = 45_000;

/** The session that all tabs of this origin share: who renews it, keeps it, ends it. Loaded where there is `persist`. */
export const shareSession = (host: Host) => {
  const { call, tabs, mine, inTurn, report, postponed } = host;
  const { locks } = tabs;
  const store = openVault(host.name);
  /** The store, while this tab's session is the one of all tabs, and not its own. */
  let vault: Vault | undefined = store;
  /** What this tab's session is in the vault. */
  let kept: Kept | undefined;
  /** The last session of this tab that was in the vault. */
  let wasKept: string | undefined;
  /** The session that has been signed out of, also where it could not be removed from the vault. */
  let over: string | undefined;
  let awaiting: Promise<unknown> | undefined;
  let isNewsComing = false;
  /** Whether another tab was renewing the session when this one started. */
  let isLate = false;
  let releaseLock: () => void;
  let lockReleased: Promise<void>;
  const holdLock = () => (lockReleased = new Promise((resolve) => (releaseLock = resolve)));
  void holdLock();

  /** Runs a task while no other tab runs one. Rejects with `lock_timeout` if another one does for too long. */
  const alone = async <T>(task: () => Promise<T>): Promise<T> => {
    let work: Promise<T> | undefined;
    try {
      const signal = AbortSignal.timeout(LOCK_MS);
      await locks!.request(`procore-spa-auth ${host.name} renewal`, own({ signal }), () => Promise.race([(work = task()), lockReleased]));
    } catch (cause) {
      if (!work) throw postponed("lock_timeout", cause);
    }
    return work!;
  };

  /** Removes a session that is nobody's any more, and tells the server, which nobody waits for. */
  const discard = async ({ revision, record }: Kept): Promise<void> => {
    if (!(await store.clear(revision))) return;
    const revoke = async (call: Host["call"]) => {
      call("restore", { record });
      await host.exchange(call, call<Next>("signOut"));
    };
    host.apart(revoke).catch(() => {});
  };

  /**
   * Keeps the session as it is now. Answers whether it could: another tab may have ended or replaced it. A new `grant`
   * replaces whatever there is.
   */
  const keep = async (grant?: string, isRenewing = false): Promise<boolean> => {
    const to = grant ? store : vault;
    if (!to) return true;
    const { record } = call<{ record?: string }>("save");
    const before = grant ? null : kept?.revision;
    if (record === undefined) {
      await to.clear(before);
      kept = undefined;
      return true;
    }
    const written = await to.write({ record, isRenewing, grant: grant ?? kept?.grant ?? mine.id! }, before);
    kept = written ?? kept;
    wasKept = kept?.grant;
    return written !== undefined;
  };

  /** What the vault holds, but for a session that is over, whether the vault works or not. */
  const look = async (): Promise<Kept | undefined> => {
    const isOver = (grant?: string) => over !== undefined && grant === over;
    try {
      const found = await vault?.read();
      if (found) await host.complete();
      if (!isOver(found?.grant)) return found;
      await store.clear(found!.revision);
    } catch (error) {
      if (!isOver(kept?.grant)) throw error;
    }
    return undefined;
  };

  /**
   * Makes the session of the vault this tab's. Answers whether it could: not while another tab renews it, unless this
   * one has the lock.
   */
  const adopt = async (isAlone: boolean): Promise<boolean> => {
    isNewsComing = false;
    let found = await look();
    if (!vault || found?.revision === kept?.revision) return true;
    if (found?.isRenewing && !isAlone) return false;
    try {
      if (found) call("restore", { record: found.record, isSameGrant: found.grant === kept?.grant });
    } catch {
      // Of another version, or another client's: as good as none.
      await vault.clear(found?.revision);
      found = undefined;
    }
    if (!found && kept) call("forget");
    kept = found;
    wasKept = mine.id = found?.grant;
    return true;
  };

  const adoptInTurn = (isAlone: boolean): Promise<boolean> =>
    inTurn(async () => {
      try {
        return await adopt(isAlone);
      } finally {
        report();
      }
    });

  /** Learns what other tabs have done. What one of them is doing is waited for. */
  const catchUp = async (): Promise<void> => {
    if (await adoptInTurn(false)) return;
    const late = () => adoptInTurn(true);
    await (awaiting ??= alone(late).catch(late).finally(() => (awaiting = undefined)));
  };

  /** Takes the refresh token out for a renewal, which is written down before it leaves: no tab sends it again. */
  const begin = async (before: number): Promise<Next> => {
    for (;;) {
      await adopt(true);
      report();
      // Another tab was faster, and its tokens are this tab's.
      if (mine.tokens !== before && host.isSignedIn()) return own({});
      const first = call<Next>("refresh");
      const isKept = await keep(undefined, true).catch((cause: unknown) => cause);
      if (isKept === true) return first;
      try {
        call("settle", { id: first.id, outcome: "notSent" });
      } catch {
        // It says that nothing was sent, and so it is.
      }
      // `false`: another tab has ended or replaced the session, which is looked at again.
      if (isKept !== false) throw isKept;
    }
  };

  return {
    adopt,
    catchUp,

    /** Whether this tab's session is the one of all tabs: not where storage has failed. */
    isOn: () => vault !== undefined,

    /**
     * Goes on with the session of before the reload, or of the other tabs. What no tab has any more has ended with the last of
     * them. `wasHere`: this tab, or one that was left a moment ago, has had it; `marked`: a session that is over. Answers whether
     * it is late: another tab renews it.
     */
    takeUp: async (wasHere: boolean, marked: string | undefined): Promise<boolean> => {
      over = marked;
      let found: Kept | undefined;
      try {
        found = await store.read();
      } catch {
        vault = undefined;
        return false;
      }
      if (found) await host.complete();
      try {
        if (found && found.grant === over) await discard(found);
        else if (wasHere || (await isAnyoneHere())) isLate = !(await adoptInTurn(false));
        else if (found) await discard(found);
      } catch {
        vault = undefined;
      }
      return isLate;
    },

    /**
     * A response is to be redeemed. A session that another tab is renewing goes with the one that comes now: what is known of it
     * is to be revoked with that.
     */
    adoptUnfinished: async (): Promise<void> => {
      if (!isLate) return;
      await inTurn(() => adopt(true)).catch(() => {});
      // Nobody is to hear of it.
      host.takeEvent();
    },

    /** Keeps what has come of a step, as `keep` does. Where storage fails, this tab goes on by itself. */
    commit: async (isSignIn: boolean): Promise<boolean> => {
      const grant = isSignIn ? mine.id : undefined;
      try {
        const isKept = await keep(grant).catch(() => keep(grant));
        if (grant) vault = kept && store;
        return isKept;
      } catch {
        vault = kept = undefined;
        return true;
      }
    },

    /**
     * Lets go of tokens whose session another tab has ended or replaced meanwhile. Those of a session that has ended are given
     * back; answers with the request for that. Where another one has begun they go with it, as those do that it has
     * replaced: some servers end both if one is revoked.
     */
    letGo: async (): Promise<Next> => {
      const { record: late } = call<{ record?: string }>("save");
      for (;;) {
        const found = await look().catch(() => undefined);
        try {
          if (!found || late === undefined) break;
          call("restore", { record: found.record, late });
        } catch {
          break;
        }
        kept = found;
        wasKept = mine.id = found.grant;
        if (await keep().catch(() => true)) return own({});
      }
      const first = call<Next>("signOut");
      await adopt(true).catch(() => {});
      return first;
    },

    /** What another tab has done, once for as many words as have come. `id`: of the session that it was done with. */
    onTabMessage: (news: News, id: string | undefined) => {
      if (news === "signed_out" && id) over = id;
      if (!isNewsComing) catchUp().catch(() => {});
      isNewsComing = true;
    },

    /** The request of a renewal, and what came of it, while no other tab renews. */
    renew: (before: number): Promise<Next> =>
      alone(async () => {
        const first = await inTurn(() => begin(before)).catch((cause: unknown) => {
          if (isProcoreAuthError(cause)) throw cause;
          throw postponed("storage_unavailable", cause);
        });
        return first.id === undefined ? first : host.send(first);
      }),

    /**
     * Ends the session in the vault. What another tab has done with the tokens, or is doing, decides what is to be revoked,
     * and how. Answers whether it is not there any more.
     */
    end: async (): Promise<boolean> => {
      try {
        do await adopt(true);
        while (!(await store.clear(vault ? kept?.revision : null)));
        vault = store;
      } catch {
        vault = undefined;
      }
      over = mine.id;
      kept = undefined;
      return vault !== undefined || mine.id === undefined || wasKept !== mine.id;
    },

    resume: resumeVault,

    /**
     * Lets go of the lock, for a page that is left may be kept with all it holds, and nothing in it runs. Another tab then
     * finds a renewal that nobody is at.
     */
    suspend: () => {
      // Not in a worker: where it shares a session, the page that is left ends it.
      if (typeof document !== "undefined") suspendVault();
      releaseLock();
      void holdLock();
    },
  };

  async function isAnyoneHere(): Promise<boolean> {
    const { held = [], pending = [] } = await locks!.query();
    // Who waits for all to leave does not stay.
    return [...held, ...pending].some((lock) => lock.name === `procore-spa-auth ${host.name} here` && lock.mode === "shared");
  }
};

export type SharedSession = ReturnType<typeof shareSession>;
