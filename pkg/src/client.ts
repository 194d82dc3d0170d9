import type * as Api from "./index.d.ts";
import { open, start } from "./core.ts";
import { type Authorized, type Engine, type Judged, type Login, type Publish, type Redeemed, SIGNED_OUT, type Setup } from "./engine.ts";
import { startError } from "./errors.ts";
import { type Exchange, send } from "./send.ts";
import { type News, joinTabs } from "./tabs.ts";
import { type Kept, type Vault, openVault } from "./vault.ts";

type Client = ReturnType<typeof open>;
type Tabs = Awaited<ReturnType<typeof joinTabs>>;

const MAX_POPUPS = 20;

/** A client in this very thread: the core, what it sends, and what it shares with other tabs. */
export const createEngine = (setup: Setup, publish: Publish): Engine => {
  const popups = new Map<string, string>();
  let opening: Promise<Client> | undefined;
  let client: Client | undefined;
  let session = SIGNED_OUT;
  let tabs: Tabs;
  let vault: Vault | undefined;
  /** What this tab's session is in the vault. */
  let kept: Kept | undefined;
  let refreshing: Promise<void> | undefined;
  /** Whatever reads or writes the vault does so one after the other, or a late reader would bring back an old session. */
  let turn: Promise<unknown> = Promise.resolve();
  let isNewsComing = false;

  const opened = (): Promise<Client> =>
    (opening ??= (async () => {
      await start();
      const call = open();
      const { options, page } = setup;
      const { client: name } = await exchange(call, call<{ client: string }>("open", { options, page }));
      tabs = await joinTabs(`procore-spa-auth ${name}`, hear);
      client = call;
      // A tab that can't ask the others may not share a refresh token with them.
      if (setup.isPersistent && tabs.canShare) vault = await openVault(name).catch(() => undefined);
      const found = await vault?.read();
      // What no tab has any more has ended with the last of them.
      if (setup.wasSignedIn || (await tabs.isAnyoneHere())) await adopt();
      else if (found) await vault?.clear(found.revision);
      return call;
    })().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));

  /** Sends exchange after exchange, until something has come of it. */
  const exchange = async <T>(call: Client, first: Partial<Exchange> & T): Promise<T> => {
    let next = first;
    while (next.id !== undefined) {
      const { cause, ...answer } = await send(next as Exchange);
      try {
        next = call<Partial<Exchange> & T>("settle", { id: next.id, ...answer }, cause);
      } finally {
        tell();
      }
    }
    return next;
  };

  /** Brings the snapshot up to date. */
  const update = (): Api.Session => {
    if (!client) return session;
    let facts;
    try {
      facts = client<Omit<Api.Session, "signedIn">>("session");
    } catch {
      // A core that has failed holds nobody's session.
      client = undefined;
      return (session = SIGNED_OUT);
    }
    // An expired token that nothing can renew signs nobody in.
    const signedIn = facts.status !== "signed_out" && (facts.status !== "expired" || facts.renewable);
    const now = Object.freeze({ signedIn, ...facts });
    // The same object while nothing changes, as stores that compare by identity need it.
    if (JSON.stringify(now) !== JSON.stringify(session)) session = now;
    return session;
  };

  /** Says what has happened, as soon as it has. */
  const tell = () => {
    const now = update();
    const event = client?.<{ event?: Api.SessionEvent }>("event").event;
    tabs?.stay(now.status !== "signed_out");
    if (event) publish(now, event);
  };

  /** Takes a step, with all exchanges that it needs. */
  const step = async <T>(name: string, input: object = {}, cause?: unknown): Promise<T> => {
    const call = await opened();
    let first;
    try {
      first = call<Partial<Exchange> & T>(name, input, cause);
    } finally {
      tell();
    }
    return exchange<T>(call, first);
  };

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = turn.then(task);
    turn = result.catch(() => {});
    return result;
  };

  /**
   * Keeps the session as it is now; a new `grant` replaces whatever there is. Answers whether it is kept: `false` when
   * another tab has ended or replaced the session that this tab knew.
   */
  const keep = (grant?: string): Promise<boolean> =>
    inTurn(async () => {
      if (!vault || !client) return true;
      const { record } = client<{ record?: string }>("save");
      const before = grant === undefined ? kept?.revision : null;
      if (record === undefined) {
        await vault.clear(before);
        kept = undefined;
        return true;
      }
      const written = await vault.write(record, grant ?? kept?.grant ?? crypto.randomUUID(), before);
      if (written) kept = written;
      return written !== undefined;
    });

  /** Makes the session of the vault this tab's. */
  const adopt = (): Promise<void> =>
    inTurn(async () => {
      isNewsComing = false;
      const found = await vault?.read();
      if (!vault || !client || found?.revision === kept?.revision) return;
      try {
        if (found) client("restore", { record: found.record, isSameGrant: found.grant === kept?.grant });
        else client("forget");
        kept = found;
      } catch {
        // Of another version, or another client's: as good as none.
        await vault.clear(found?.revision);
      }
      tell();
    });

  /** What another tab has done. */
  const hear = (news: News) => {
    if (vault) {
      // However many they are, one look tells them all.
      if (!isNewsComing) adopt().catch(() => {});
      isNewsComing = true;
    }
    // This tab's tokens are its own, and it gives them back itself.
    else if (news === "signed_out" && session.status !== "signed_out") step("signOut").catch(() => {});
    else if (news === "signed_in" && !session.signedIn) publish(session, "signed_in_elsewhere");
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
      throw startError("lock_timeout", "Another tab has not finished renewing the session. Try again later.", cause);
    }
  };

  /** A session that no other tab shares. */
  const renewOwn = async (call: Client): Promise<void> => {
    await exchange(call, call<Partial<Exchange>>("refresh"));
  };

  const renewShared = async (call: Client): Promise<void> => {
    const before = kept?.revision;
    await adopt();
    // Another tab was faster, and its tokens are this tab's.
    if (kept?.revision !== before && (session.status === "fresh" || session.status === "refresh_due")) return;
    const first = call<Partial<Exchange>>("refresh");
    // In doubt from now on, in every tab and after a crash: written down before anything leaves.
    const isKept = await keep().catch((cause: unknown) => cause);
    if (isKept !== true) {
      try {
        call("settle", { id: first.id, outcome: "notSent" });
      } catch {
        // It says that nothing was sent, and so it is.
      }
      throw startError("storage_unavailable", "The session could not be kept, so it is not renewed.", isKept || undefined);
    }
    try {
      await exchange(call, first);
    } finally {
      // Kept before anyone gets the new access token. Where storage has failed, this tab goes on by itself.
      const isOurs = await keep().catch(() => ((vault = undefined), true));
      if (!isOurs) {
        // Ended or replaced by another tab: these tokens are given back.
        await step("signOut").catch(() => {});
        kept = undefined;
        await adopt();
      }
      tabs.tell(session.signedIn ? "refreshed" : "reauth_required");
    }
  };

  const engine: Engine = {
    session: update,

    ready: async () => {
      await opened();
    },

    signIn: (options) => step("signIn", { options, isStorageless: setup.isStorageless }),

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

    redeem: async ({ state, ...response }) => {
      const record = state === undefined ? response.record : popups.get(state);
      if (state !== undefined) popups.delete(state);
      const redeemed = await step<Redeemed>("redeem", { ...response, record });
      if (redeemed.returnTo !== undefined) {
        await keep(crypto.randomUUID()).catch(() => (vault = undefined));
        tabs.tell("signed_in");
      }
      return redeemed;
    },

    authorize: async (facts) => {
      const authorized = await step<Authorized>("authorize", facts);
      if (authorized.authorization !== undefined) return authorized;
      await engine.refresh();
      return step("authorize", { generation: authorized.generation, ...facts, isRenewed: true });
    },

    judge: async (facts, cause) => {
      const judged = await step<Judged>("judge", facts, cause);
      if (judged.isToRetry && !judged.isReplaced && !judged.waitSeconds) await engine.refresh();
      return judged;
    },

    refresh: () =>
      (refreshing ??= opened()
        .then((call) => (vault ? alone(() => renewShared(call)) : renewOwn(call)))
        .finally(() => (refreshing = undefined))),

    signOut: async () => {
      // Before the core has started, nobody can be signed in.
      if (!opening && !setup.isPersistent) return {};
      const call = await opened();
      const first = call<Partial<Exchange> & { isRevoked?: boolean }>("signOut");
      tell();
      // First of all everything is wiped, here and in every tab; only then the server is told.
      await inTurn(async () => {
        kept = undefined;
        await vault?.clear(null).catch(() => (vault = undefined));
      });
      tabs.tell("signed_out");
      await tabs.allLeft();
      return exchange(call, first);
    },

    wake: async () => {
      if (!client) return;
      tell();
      await adopt();
      const { signedIn, renewable, status } = update();
      if (signedIn && renewable && status !== "fresh") await engine.refresh();
    },

    rest: async () => tabs?.stay(false),

    facts: () => step("facts"),

    probe: async ({ url, state }) => {
      await opened();
      // Another client, so that nothing comes of it here, and a verifier that belongs to another sign-in.
      const { options, page } = setup;
      const call = open();
      await exchange(call, call<object>("open", { options, page }));
      const { record: other } = call<{ record: string }>("signIn", { options: "{}", isPopup: true });
      const record = { ...JSON.parse(popups.get(state!) ?? "{}"), verifier: JSON.parse(other).verifier };
      popups.delete(state!);
      await exchange(call, call<object>("redeem", { url, record: JSON.stringify(record) }));
      await exchange(call, call<object>("signOut"));
      return "ignored";
    },
  };
  return engine;
};
