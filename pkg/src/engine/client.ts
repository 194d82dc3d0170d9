import { type Authorized, type Engine, type Judged, type Login, NOBODY, type Publish, type Redeemed, type Setup, type SignedOut } from "./engine.ts";
import { bounded, own } from "../boundary/boundary.ts";
import { type Driver, createDriver } from "./driver.ts";
import { loaded } from "../boundary/loaded.ts";
import { mustBePages } from "./outcomes.ts";

const MAX_POPUPS = 20;
/** A page that was about to be left and was not goes on after so long. */
const STAYING_MS = 10_000;

type Part<Names extends keyof Engine> = Pick<Engine, Names>;

/** A client in this very thread. */
export const createEngine = (setup: Setup, publish: Publish): Engine => {
  const driver = createDriver(setup, publish);
  const popups = createPopups(driver);
  return {
    session: driver.session,
    seen: driver.seen,
    ...popups.operations,
    ...signingIn(driver, popups.take),
    ...usingTheSession(driver),
    ...leaving(setup, driver),
    ...checkingUp(setup, driver, popups.take),
  };
};

/** Sign-ins by popup, whose records no storage has: only their state is given out. */
const createPopups = ({ opened, isOpen, step }: Driver) => {
  const records = new Map<string, string>();

  const take = (state: string): string | undefined => {
    const record = records.get(state);
    records.delete(state);
    return record;
  };

  const begin = (options: string): Login => {
    const { url, state, record } = step<Login & { record: string }>("signIn", { options, isPopup: true });
    records.set(state, record);
    // Sign-ins that nobody has finished or dropped: the oldest make room, as in storage.
    if (records.size > MAX_POPUPS) records.delete(records.keys().next().value!);
    return { url, state };
  };

  const operations: Part<"popupNow" | "popup" | "drop"> = {
    popupNow: (options) => (isOpen() ? begin(options) : undefined),
    popup: (options) => opened().then(() => begin(options)),
    drop: async (state) => void take(state),
  };
  return { take, operations };
};

const signingIn = (driver: Driver, takePopup: (state: string) => string | undefined): Part<"ready" | "signIn" | "redeem"> => {
  const { opened, started, step, ask, outcomes } = driver;

  const ready = async () => {
    await opened();
    if (driver.session().status !== "unknown") return;
    await started();
    await ask("ready");
  };

  return {
    ready,

    signIn: async ({ options, page, rounds, load, isByUser }) => {
      await opened();
      return step("signIn", { options, page, rounds, load, isByUser });
    },

    redeem: async ({ state, record, ...response }) => {
      const answered = state === undefined ? record && bounded(record) : takePopup(state);
      await opened();
      // A page like any other, as most are, needs nothing that judges responses.
      if (answered === undefined && !step<{ isAny: boolean }>("look", { url: response.url }).isAny) {
        await ready();
        return own({});
      }
      await started();
      // Without a record it matters who is signed in: they have no use for a response.
      if (answered === undefined) await ask("ready");
      const call = outcomes.nextCall();
      const redeemed = await outcomes.of<Redeemed>(call, () => step("redeem", { ...response, record: answered, call }));
      if (redeemed.returnTo === undefined && !redeemed.isClaimed) await ask("ready");
      return redeemed;
    },
  };
};

const usingTheSession = ({ isOpening, started, step, ask, tell, outcomes }: Driver): Part<"authorize" | "judge" | "note" | "giveUp" | "refresh"> => ({
  authorize: async (facts) => {
    mustBePages(facts.call);
    await started();
    let request = {};
    const authorized = await outcomes.of<Authorized>(facts.call, () => (request = step<Partial<Authorized>>("fetch", facts)));
    return own({ ...request, ...authorized });
  },

  judge: async (facts, cause) => {
    mustBePages(facts.call);
    let request = {};
    const judged = await outcomes.of<Judged>(facts.call, () => (request = step<Judged>("judge", facts, cause)), cause);
    return own({ ...request, ...judged });
  },

  note: async (facts) => {
    mustBePages(facts.call);
    step("judge", facts);
  },

  giveUp: async (call) => {
    mustBePages(call);
    if (!isOpening()) return;
    // Not before the call itself, which may wait for that too. Where the start has failed, so has the call.
    await started().catch(() => {});
    outcomes.giveUp(call);
    tell("drop", { call });
  },

  refresh: async () => {
    await started();
    await ask("refresh");
  },
});

const leaving = (setup: Setup, driver: Driver): Part<"signOut" | "resume" | "suspend"> => {
  let staying: ReturnType<typeof setTimeout> | undefined;
  return {
    signOut: async () => {
      // Before the core has started, nobody can be signed in but in the vault, or at the mediator.
      if (!driver.isOpening() && !setup.isPersistent && !setup.canResume) return NOBODY;
      await driver.started();
      const { outcome, isWiped } = await driver.ask<SignedOut & { isWiped: boolean }>("signOut");
      return own({ outcome, over: isWiped ? undefined : (driver.buried() ?? "") });
    },

    resume: async () => {
      clearTimeout(staying);
      driver.sharing()?.resume();
      if (driver.isStarted()) await driver.ask("resume");
    },

    suspend: async () => {
      // Not in a worker: where it shares a session, the page that is left ends it.
      if (typeof document !== "undefined") driver.sharing()?.suspend();
      if (!driver.isStarted()) return;
      driver.tell("suspend");
      clearTimeout(staying);
      staying = setTimeout(() => driver.tell("resume"), STAYING_MS);
    },
  };
};

const checkingUp = (setup: Setup, driver: Driver, takePopup: (state: string) => string | undefined): Part<"facts" | "probe"> => ({
  facts: async () => {
    await driver.started();
    return driver.step("facts");
  },

  probe: async ({ url, state }) => {
    const record = takePopup(state!) ?? "{}";
    const { redeemWrongly } = await loaded(import("../check-up/diagnose.js"));
    const alone: Setup = { ...setup, isPersistent: false, wasSignedIn: false, canResume: false, isAlone: true };
    return redeemWrongly((adapt) => createDriver(alone, () => {}, adapt), url, record);
  },
});
