import { type Authorized, type Engine, type Judged, type Login, type Publish, type Redeemed, SIGNED_OUT, type Setup, UNKNOWN, sessionOf } from "./engine.ts";
import type * as Api from "../types/index.d.ts";
import { bounded, json, own } from "../boundary/boundary.ts";
import { complete, open, start } from "./core.ts";
import { ProcoreAuthError, named } from "../boundary/errors.ts";
import { loaded } from "../boundary/loaded.ts";
import { type Exchange, send as sendExchange } from "./send.ts";
import type { Mine, SharedSession } from "./shared-session.ts";
import { type News, isNews, joinTabs, usableLocks } from "./tabs.ts";

type Client = ReturnType<typeof open>;
type Tabs = ReturnType<typeof joinTabs>;
/** What a step answers where the server comes next. */
type Next = Partial<Exchange>;

const MAX_POPUPS = 20;

/** A client in this very thread: the core, what it sends, and what it shares with other tabs. */
export const createEngine = (setup: Setup, publish: Publish): Engine => {
  const popups = new Map<string, string>();
  let opening: Promise<Client> | undefined;
  let client: Client | undefined;
  let session = UNKNOWN;
  /** What that was made of. */
  let made: string | undefined;
  /** What has happened, until it is reported. */
  let latest: Api.SessionEvent | undefined;
  /** Whether core and vault have said who is signed in. */
  let isKnown = false;
  let knowing: Promise<void> | undefined;
  const mine: Mine = { id: undefined, tokens: 0 };
  let tabs: Tabs;
  let shared: SharedSession | undefined;
  let renewing: Promise<void> | undefined;
  /** Whatever changes the session, or the vault, does so one after the other: nobody sees one without the other. */
  let turn: Promise<unknown> = Promise.resolve();
  let lastNews: News | undefined;

  const opened = (): Promise<Client> =>
    (opening ??= (async () => {
      // Side by side: none waits for the others.
      const core = setup.wasSignedIn || setup.canResume ? complete() : start();
      const sideBySide = [setup.isPersistent ? loadSharing() : undefined, usableLocks(), core] as const;
      const [sharing, locks] = await Promise.all(sideBySide);
      const { call, name } = await openClient();
      tabs ??= joinTabs(`procore-spa-auth ${name}`, locks, onTabMessage);
      client = call;
      // A tab that can't ask the others may not share a refresh token with them.
      if (tabs.canShare) shared = sharing?.shareSession({ name, call, tabs, mine, inTurn, report, takeEvent, send, postponed, isSignedIn, apart, exchange, complete });
      knowing = know(await shared?.takeUp(setup.wasSignedIn, setup.over));
      // What comes after a login URL, ahead of its first call, but not before a login URL that is asked for now.
      setTimeout(() => complete()?.catch(() => {}));
      return call;
    })().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));

  /** With the whole core, which is loaded side by side. */
  const whole = (): Promise<Client> => {
    const rest = complete();
    return rest ? Promise.all([opened(), rest]).then(([call]) => call) : opened();
  };

  /** Says that it is known who is signed in. `isLate`: another tab renews the session, and is waited for. */
  const know = async (isLate?: boolean): Promise<void> => {
    if (isLate) await shared!.catchUp().catch(() => {});
    if (setup.canResume) await exchange(client!, client!<Next>("resume")).catch(() => {});
    isKnown = true;
    if (session.status === "unknown") publish(update(), "ready");
  };

  /** Whatever goes by who is signed in. A response does not: it is good for a short time, and brings a session of its own. */
  const known = (asked = opened): Promise<Client> => {
    if (isKnown) return asked();
    return asked().then(async (call) => {
      await knowing;
      return call;
    });
  };

  /** A client of the core, and what its session is kept by. */
  const openClient = async (): Promise<{ call: Client; name: string }> => {
    const call = open();
    const { options, page } = setup;
    const { client: name, isToDiscover } = call<{ client: string; isToDiscover: boolean }>("open", { options, page });
    try {
      if (isToDiscover) {
        await complete();
        await exchange(call, call<Next>("discover"));
      }
    } catch (error) {
      call("close");
      throw error;
    }
    return { call, name };
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
      const { event, ...others } = client<Omit<Api.Session, "signedIn"> & { event?: Api.SessionEvent }>("session");
      latest = event ?? latest;
      facts = own(others);
    } catch (error) {
      // In the middle of another step there is nothing new.
      if ((error as Api.ProcoreAuthError).code === "not_ready") return session;
      // A core that has failed holds nobody's session. The next call opens another one.
      opening = client = shared = made = latest = mine.id = undefined;
      if (session.signedIn) queueMicrotask(() => publish(SIGNED_OUT, "reauth_required"));
      return (session = SIGNED_OUT);
    }
    const { status, renewable, id } = facts;
    mine.id = id ?? mine.id;
    if (status === "signed_out") mine.id = undefined;
    if (!isKnown && !mine.id) return session;
    // An expired token that nothing can renew signs nobody in.
    const signedIn = status !== "signed_out" && (status !== "expired" || renewable);
    const now = { ...facts, signedIn, id: mine.id };
    // The same object while nothing changes, as stores that compare by identity need it.
    const text = json(now);
    if (text !== made) session = sessionOf(now);
    made = text;
    return session;
  };

  const takeEvent = (): Api.SessionEvent | undefined => {
    update();
    const event = latest;
    latest = undefined;
    return event;
  };

  /** Says what has happened. The session is as of a moment ago where nobody has changed it since. */
  const report = (event = takeEvent(), now = event ? update() : session) => {
    tabs?.holdPresence(mine.id !== undefined);
    if (!event) return;
    lastNews = undefined;
    if (event === "signed_in" || event === "refreshed") mine.tokens += 1;
    publish(now, event);
  };

  /** Takes one step, and says what it has changed. */
  const stepInTurn = <T>(call: Client, name: string, input: object, cause?: unknown): Promise<T> =>
    inTurn(async () => {
      try {
        return call<T>(name, input, cause);
      } finally {
        report();
      }
    });

  /** Sends one exchange, once. What comes of it is kept before anybody learns of it. `isShared`: its doing is kept, too. */
  const sendOne = async <T>(call: Client, next: Next & T, isShared = false): Promise<T & Next> => {
    const { cause, ...answer } = await sendExchange(next as Exchange);
    return inTurn(async () => {
      let then: (T & Next) | undefined;
      const before = mine.id;
      try {
        then = call<T & Next>("settle", { ...answer, id: next.id }, cause);
      } finally {
        let event = takeEvent();
        const isSignIn = event === "signed_in";
        // Unless a token mediator has named it.
        if (isSignIn && mine.id === before) mine.id = crypto.randomUUID();
        if ((event || isShared) && shared && !(await shared.commit(isSignIn))) {
          // Another tab has ended or replaced the session meanwhile.
          const discarded = await shared.letGo();
          then &&= discarded as T & Next;
          event = takeEvent();
        } else if (isNews(event)) tabs.broadcast(event, mine.id ?? before);
        report(event);
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

  /** Takes a step, with all exchanges that it needs. What comes before a login URL, the first part of the core can do. */
  const step = async <T>(name: string, input: object = {}, cause?: unknown): Promise<T> => {
    const call = await (name === "signIn" ? opened() : whole());
    return exchange<T>(call, await stepInTurn<T & Next>(call, name, input, cause));
  };

  /** What another tab has done with the session `id`. */
  const onTabMessage = (news: News, id: string | undefined) => {
    if (shared?.isOn()) shared.onTabMessage(news, id);
    // This tab's tokens are its own, and it gives them back itself.
    else if (news === "signed_out" && session.status !== "signed_out") step("signOut").catch(() => {});
    else if (news === "signed_in" && news !== lastNews && !session.signedIn) publish(session, "signed_in_elsewhere");
    lastNews = news;
  };

  const isSignedIn = () => update().signedIn;

  const send = (first: Next): Promise<Next> => sendOne(client!, first, true);

  /** Runs a task with another client of the same configuration, whose session is nobody's. */
  const apart = async <T>(task: (call: Client) => Promise<T>): Promise<T> => {
    const { call } = await openClient();
    try {
      return await task(call);
    } finally {
      call("close");
    }
  };

  /** Renews the access token, unless there is a new one since this tab has had `since` of them. */
  const renew = (since?: number): Promise<void> =>
    (renewing ??= known(whole)
      .then(async (call) => {
        const before = since ?? mine.tokens;
        // Without a turn in between where there is nothing to send: nothing that comes after gets before it.
        const first = call<Next>("use");
        if (first.id !== undefined) await exchange(call, first);
        const renewOwn = async () => (mine.tokens === before ? call<Next>("refresh") : own<Next>({}));
        const rest = await (shared?.isOn() ? shared.renew(before) : inTurn(renewOwn));
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
      await known();
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
      const answered = state === undefined ? record && bounded(record) : popups.get(state);
      if (state !== undefined) popups.delete(state);
      // One after the other, for both answers may set the mediator's cookie.
      if (answered && !response.isStored) await (setup.canResume ? known(whole) : whole()).then(() => shared?.adoptUnfinished());
      // A page like any other, as most are, needs nothing that judges responses.
      const isAny = answered !== undefined || (await opened())<{ isAny: boolean }>("look", { url: response.url }).isAny;
      const redeemed = isAny ? await step<Redeemed>("redeem", { ...response, record: answered }) : own<Redeemed>({});
      if (redeemed.returnTo === undefined && !redeemed.isClaimed) await known();
      return redeemed;
    },

    authorize: async (facts) => {
      await known(whole);
      const before = mine.tokens;
      const authorized = await step<Authorized>("authorize", facts);
      if (authorized.authorization !== undefined) return authorized;
      await renew(before);
      // It belongs to the session that it was first looked at in, not to one that has begun meanwhile.
      return step("authorize", { ...facts, generation: authorized.generation, isRenewed: true });
    },

    judge: async (facts, cause) => {
      const before = mine.tokens;
      const judged = await step<Judged>("judge", facts, cause);
      if (judged.isToRenew) await renew(before);
      return judged;
    },

    refresh: () => renew(),

    signOut: async () => {
      // Before the core has started, nobody can be signed in.
      if (!opening && !setup.isPersistent && !setup.canResume) return own({});
      // What is in the mediator's cookie is to end, too.
      const call = await (setup.canResume ? known(whole) : whole());
      let over: string | undefined;
      let id: string | undefined;
      // First of all everything is wiped, here and in every tab; only then the server is told.
      const first = await inTurn(async () => {
        if ((await shared?.end()) === false) over = mine.id ?? "";
        ({ id } = mine);
        const first = call<Next & { isRevoked?: boolean }>("signOut");
        report();
        return first;
      });
      tabs.broadcast("signed_out", id);
      await tabs.allLeft();
      return own({ ...(await exchange(call, first)), over });
    },

    resume: async () => {
      shared?.resume();
      if (!client) return;
      report();
      if (shared?.isOn()) await shared.catchUp();
      const { signedIn, renewable, status } = update();
      if (signedIn && renewable && status !== "fresh") await renew();
    },

    suspend: async () => {
      shared?.suspend();
      tabs?.holdPresence(false);
    },

    facts: () => step("facts"),

    probe: async ({ url, state }) => {
      await whole();
      const record = popups.get(state!) ?? "{}";
      popups.delete(state!);
      const { redeemWrongly } = await loaded(import("../check-up/diagnose.js"));
      return apart((call) => redeemWrongly(call, exchange, url, record));
    },
  };
  return engine;
};

/** What may go better later: nothing was sent. */
const postponed = (code: Api.ProcoreAuthErrorCode, cause: unknown) =>
  new ProcoreAuthError({ code, phase: "refresh", retryable: true }, named(cause));

/** In a script of its own, which only those load who have `persist`. */
const loadSharing = () => loaded(import("./shared-session.js"));
