import type { Probe } from "./checks.ts";
import type * as Api from "./index.d.ts";
import { bounded, json, own, parse } from "./boundary.ts";
import { open, start } from "./core.ts";
import { type Authorized, type Engine, type Judged, type Login, type Publish, type Redeemed, SIGNED_OUT, type Setup, sessionOf } from "./engine.ts";
import { ProcoreAuthError, isProcoreAuthError, named } from "./errors.ts";
import { loaded } from "./loaded.ts";
import { type Exchange, send } from "./send.ts";
import { type News, isNews, joinTabs } from "./tabs.ts";
import type { Kept, Vault } from "./vault.ts";

type Client = ReturnType<typeof open>;
type Tabs = Awaited<ReturnType<typeof joinTabs>>;
/** What a step answers where the server comes next. */
type Next = Partial<Exchange>;

const MAX_POPUPS = 20;

/** A client in this very thread: the core, what it sends, and what it shares with other tabs. */
export const createEngine = (setup: Setup, publish: Publish): Engine => {
  const popups = new Map<string, string>();
  let opening: Promise<Client> | undefined;
  let client: Client | undefined;
  let session = SIGNED_OUT;
  /** Counts the access tokens that this tab has had, so that one can be told from those after it. */
  let tokens = 0;
  let tabs: Tabs;
  /** What keeps sessions, once it is loaded. */
  let keeper: typeof import("./vault.ts") | undefined;
  let store: Vault | undefined;
  /** The store, while this tab's session is the one of all tabs, and not its own. */
  let vault: Vault | undefined;
  /** What this tab's session is in the vault. */
  let kept: Kept | undefined;
  let renewing: Promise<void> | undefined;
  let awaiting: Promise<unknown> | undefined;
  /** Whatever changes the session, or the vault, does so one after the other: nobody sees one without the other. */
  let turn: Promise<unknown> = Promise.resolve();
  let isNewsComing = false;
  let heard: News | undefined;

  const opened = (): Promise<Client> =>
    (opening ??= (async () => {
      // Side by side: neither waits for the other.
      [keeper] = await Promise.all([setup.isPersistent ? loadKeeper() : undefined, start()]);
      const call = open();
      const { options, page } = setup;
      const { client: name, ...discovery } = call<Next & { client: string }>("open", { options, page });
      await exchange(call, own(discovery)).catch((error: unknown) => {
        call("close");
        throw error;
      });
      tabs ??= await joinTabs(`procore-spa-auth ${name}`, hear);
      client = call;
      // A tab that can't ask the others may not share a refresh token with them.
      if (tabs.canShare) vault = store = keeper?.openVault(name);
      await takeUp().catch(() => (vault = undefined));
      return call;
    })().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));

  /** Goes on with the session of before the reload, or of the other tabs. */
  const takeUp = async (): Promise<void> => {
    const found = await vault?.read();
    if (setup.wasSignedIn || (await tabs.isAnyoneHere())) await catchUp();
    // What no tab has any more has ended with the last of them.
    else if (found) await vault?.clear(found.revision);
  };

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = turn.then(task);
    turn = result.catch(() => {});
    return result;
  };

  /** Brings the snapshot up to date. */
  const update = (): Api.Session => {
    if (!client) return session;
    let facts;
    try {
      facts = client<Omit<Api.Session, "signedIn">>("session");
    } catch (error) {
      // In the middle of another step there is nothing new.
      if ((error as Api.ProcoreAuthError).code === "not_ready") return session;
      // A core that has failed holds nobody's session. The next call opens another one.
      opening = client = kept = undefined;
      if (session.signedIn) queueMicrotask(() => publish(SIGNED_OUT, "reauth_required"));
      return (session = SIGNED_OUT);
    }
    // An expired token that nothing can renew signs nobody in.
    const signedIn = facts.status !== "signed_out" && (facts.status !== "expired" || facts.renewable);
    const now = sessionOf({ ...facts, signedIn });
    // The same object while nothing changes, as stores that compare by identity need it.
    if (json(now) !== json(session)) session = now;
    return session;
  };

  const takeEvent = (): Api.SessionEvent | undefined => {
    update();
    return client?.<{ event?: Api.SessionEvent }>("event").event;
  };

  /** Says what has happened. */
  const tell = (event = takeEvent()) => {
    const now = update();
    tabs?.stay(now.status !== "signed_out");
    if (!event) return;
    heard = undefined;
    if (event === "signed_in" || event === "refreshed") tokens += 1;
    publish(now, event);
  };

  /** Takes one step, and says what it has changed. */
  const take = <T>(call: Client, name: string, input: object, cause?: unknown): Promise<T> =>
    inTurn(async () => {
      try {
        return call<T>(name, input, cause);
      } finally {
        tell();
      }
    });

  /** Sends one exchange, once. What comes of it is kept before anybody learns of it. `isShared`: its doing is kept, too. */
  const sendOne = async <T>(call: Client, next: Next & T, isShared = false): Promise<T & Next> => {
    const { cause, ...answer } = await send(next as Exchange);
    return inTurn(async () => {
      let then: (T & Next) | undefined;
      try {
        then = call<T & Next>("settle", { ...answer, id: next.id }, cause);
      } finally {
        let event = takeEvent();
        if ((event || isShared) && !(await commit(event === "signed_in"))) {
          // Another tab has ended or replaced the session meanwhile: these tokens are given back.
          const discarded = call<T & Next>("signOut");
          then &&= discarded;
          await adopt(true).catch(() => {});
          event = takeEvent();
        } else if (isNews(event)) tabs.tell(event);
        tell(event);
      }
      return then;
    });
  };

  /** Sends exchange after exchange, until something has come of it. */
  const exchange = async <T>(call: Client, first: Next & T): Promise<T> => {
    let next = first;
    while (next.id !== undefined) next = await sendOne(call, next);
    return next;
  };

  /** Takes a step, with all exchanges that it needs. */
  const step = async <T>(name: string, input: object = {}, cause?: unknown): Promise<T> => {
    const call = await opened();
    return exchange<T>(call, await take<T & Next>(call, name, input, cause));
  };

  /**
   * Keeps the session as it is now. Answers whether it could: another tab may have ended or replaced it. A new `grant`
   * replaces whatever there is.
   */
  const keep = async (grant?: string, isOut = false): Promise<boolean> => {
    const to = grant ? store : vault;
    if (!to || !client) return true;
    const { record } = client<{ record?: string }>("save");
    const before = grant ? null : kept?.revision;
    if (record === undefined) {
      await to.clear(before);
      kept = undefined;
      return true;
    }
    const written = await to.write({ record, isOut, grant: grant ?? kept?.grant ?? crypto.randomUUID() }, before);
    kept = written ?? kept;
    return written !== undefined;
  };

  /** Keeps what has come of a step. Where storage fails, this tab goes on by itself. */
  const commit = async (isSignIn: boolean): Promise<boolean> => {
    const grant = isSignIn ? crypto.randomUUID() : undefined;
    try {
      const isKept = await keep(grant).catch(() => keep(grant));
      if (grant) vault = kept && store;
      return isKept;
    } catch {
      vault = kept = undefined;
      return true;
    }
  };

  /**
   * Makes the session of the vault this tab's. Answers whether it could: not while another tab renews it, unless this
   * one has the lock.
   */
  const adopt = async (isAlone: boolean): Promise<boolean> => {
    isNewsComing = false;
    let found = await vault?.read();
    if (!vault || !client || found?.revision === kept?.revision) return true;
    if (found?.isOut && !isAlone) return false;
    try {
      if (found) client("restore", { record: found.record, isSameGrant: found.grant === kept?.grant });
    } catch {
      // Of another version, or another client's: as good as none.
      await vault.clear(found?.revision);
      found = undefined;
    }
    if (!found && kept) client("forget");
    kept = found;
    return true;
  };

  const adoptInTurn = (isAlone: boolean): Promise<boolean> =>
    inTurn(async () => {
      try {
        return await adopt(isAlone);
      } finally {
        tell();
      }
    });

  /** Learns what other tabs have done. What one of them is doing is waited for. */
  const catchUp = async (): Promise<void> => {
    if (await adoptInTurn(false)) return;
    const late = () => adoptInTurn(true);
    await (awaiting ??= alone(late).catch(late).finally(() => (awaiting = undefined)));
  };

  /** What another tab has done. */
  const hear = (news: News) => {
    if (vault) {
      // However many they are, one look tells them all.
      if (!isNewsComing) catchUp().catch(() => {});
      isNewsComing = true;
    }
    // This tab's tokens are its own, and it gives them back itself.
    else if (news === "signed_out" && session.status !== "signed_out") step("signOut").catch(() => {});
    else if (news === "signed_in" && news !== heard && !session.signedIn) publish(session, "signed_in_elsewhere");
    heard = news;
  };

  const alone = async <T>(task: () => Promise<T>): Promise<T> => {
    let isMine = false;
    try {
      return await tabs.alone(() => {
        isMine = true;
        return task();
      });
    } catch (cause) {
      if (isMine) throw cause;
      throw postponed("lock_timeout", cause);
    }
  };

  /** Takes the refresh token out for a renewal, which is written down before it leaves: no tab sends it again. */
  const beginShared = async (call: Client, before: number): Promise<Next> => {
    for (;;) {
      await adopt(true);
      tell();
      // Another tab was faster, and its tokens are this tab's.
      if (tokens !== before && session.signedIn) return own({});
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

  /** The request of a shared renewal, and what came of it, while no other tab renews. */
  const renewShared = async (call: Client, before: number): Promise<Next> => {
    const first = await inTurn(() => beginShared(call, before)).catch((cause: unknown) => {
      if (isProcoreAuthError(cause)) throw cause;
      throw postponed("storage_unavailable", cause);
    });
    return first.id === undefined ? first : sendOne(call, first, true);
  };

  /** Renews the access token, unless there is a new one since this tab has had `since` of them. */
  const renew = (since?: number): Promise<void> =>
    (renewing ??= opened()
      .then(async (call) => {
        const before = since ?? tokens;
        // Without a turn in between where there is nothing to send: nothing that comes after gets before it.
        const first = call<Next>("use");
        if (first.id !== undefined) await exchange(call, first);
        const renewOwn = async () => (tokens === before ? call<Next>("refresh") : own<Next>({}));
        const rest = await (vault ? alone(() => renewShared(call, before)) : inTurn(renewOwn));
        // What came too late is given back, while others may renew.
        await exchange(call, rest);
      })
      .finally(() => {
        renewing = undefined;
        update();
      }));

  const engine: Engine = {
    session: update,

    ready: async () => {
      await opened();
    },

    signIn: ({ options, page, rounds, load, isByUser }) => step("signIn", { options, page, rounds, load, isByUser }),

    popupNow: (options) => {
      if (!client) return undefined;
      const { url, state, record } = client<Login & { record: string }>("signIn", { options, isPopup: true });
      popups.set(state, record);
      // Sign-ins that nobody has finished or dropped: the oldest make room, as in storage.
      if (popups.size > MAX_POPUPS) popups.delete(popups.keys().next().value!);
      return { url, state };
    },

    popup: async (options) => {
      await opened();
      return engine.popupNow(options)!;
    },

    drop: async (state) => void popups.delete(state),

    redeem: async ({ state, record, ...response }) => {
      const own = state === undefined ? record && bounded(record) : popups.get(state);
      if (state !== undefined) popups.delete(state);
      return step<Redeemed>("redeem", { ...response, record: own });
    },

    authorize: async (facts) => {
      await opened();
      const before = tokens;
      const authorized = await step<Authorized>("authorize", facts);
      if (authorized.authorization !== undefined) return authorized;
      await renew(before);
      // It belongs to the session that it was first looked at in, not to one that has begun meanwhile.
      return step("authorize", { ...facts, generation: authorized.generation, isRenewed: true });
    },

    judge: async (facts, cause) => {
      const before = tokens;
      const judged = await step<Judged>("judge", facts, cause);
      if (judged.isToRenew) await renew(before);
      return judged;
    },

    refresh: () => renew(),

    signOut: async () => {
      // Before the core has started, nobody can be signed in.
      if (!opening && !setup.isPersistent) return own({});
      const call = await opened();
      // First of all everything is wiped, here and in every tab; only then the server is told.
      const first = await inTurn(async () => {
        try {
          // What another tab has done with the tokens, or is doing, decides what is to be revoked, and how.
          do await adopt(true);
          while (store && !(await store.clear(vault ? kept?.revision : null)));
          vault = store;
        } catch {
          vault = undefined;
        }
        kept = undefined;
        const first = call<Next & { isRevoked?: boolean }>("signOut");
        tell();
        return first;
      });
      tabs.tell("signed_out");
      await tabs.allLeft();
      return exchange(call, first);
    },

    wake: async () => {
      keeper?.wake();
      if (!client) return;
      tell();
      await catchUp();
      const { signedIn, renewable, status } = update();
      if (signedIn && renewable && status !== "fresh") await renew();
    },

    rest: async () => {
      // Not in a worker: where it shares a session, the page that is left ends it.
      if (typeof document !== "undefined") keeper?.rest();
      tabs?.rest();
    },

    facts: () => step("facts"),

    probe: async ({ url, state }) => {
      await opened();
      // Another client, so that nothing comes of it here, and a verifier that belongs to another sign-in.
      const { options, page } = setup;
      const call = open();
      const first = call<object>("open", { options, page });
      try {
        await exchange(call, first);
        const { record: other } = call<{ record: string }>("signIn", { options: "{}", isPopup: true });
        const { verifier } = parse<{ verifier: string }>(other);
        const record = { ...parse<object>(popups.get(state!) ?? "{}"), verifier };
        popups.delete(state!);
        await exchange(call, call<object>("redeem", { url, record: json(record) }));
        return await exchange<Probe>(call, call("signOut"));
      } finally {
        call("close");
      }
    },
  };
  return engine;
};

/** What may go better later: nothing was sent. */
const postponed = (code: Api.ProcoreAuthErrorCode, cause: unknown) =>
  new ProcoreAuthError({ code, phase: "refresh", retryable: true }, named(cause));

/** In a script of its own, which only those load who have `persist`. */
const loadKeeper = () => loaded(import("./vault.js"), "vault.js");
