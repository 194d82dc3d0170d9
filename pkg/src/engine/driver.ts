import type { Publish, Setup } from "./engine.ts";
import { complete, open, start } from "./core.ts";
import type { Place } from "./effects.ts";
import { own } from "../boundary/boundary.ts";
import { loaded } from "../boundary/loaded.ts";
import { type Machine, createMachine } from "./machine.ts";
import { createOnce } from "../boundary/once.ts";
import type { Exchange } from "./send.ts";
import { joinTabs, usableLocks } from "./tabs.ts";

/** Opens a client in the core, once, and what it shares with other tabs. `adapt`: what is sent, for a check-up. */
export const createDriver = (setup: Setup, publish: Publish, adapt = (exchange: Exchange) => exchange) => {
  const place: Place = own({ over: new Set(setup.over === undefined ? [] : [setup.over]) });
  let shared: Shared = own({});
  let ahead: ReturnType<typeof setTimeout> | undefined;

  const machine = createMachine(place, publish, adapt, () => {
    forget();
    place.holds?.beAbsent();
    place.holds?.unlock();
  });
  const { step, tell, outcomes, session, seen } = machine;
  const ask = asking(machine);

  /** A client in the core that knows its endpoints. */
  const opened = createOnce(async () => {
    try {
      const { isToDiscover, ...others } = await openCore(setup, place, machine);
      shared = others;
      step("session");
      if (isToDiscover) await begun.run().then(() => ask("open"));
    } catch (error) {
      close();
      throw error;
    }
    // The rest ahead of its first call, but not before a login URL that is asked for now.
    ahead = setTimeout(() => void started().catch(() => {}));
  });

  /** With the whole core, which has been told that this page has begun. */
  const begun = createOnce(() => bringRest(setup, machine, place, shared, started).then(() => void step("tell", { event: "start" })));

  /** Resolves when that can take any step. */
  const started = (): Promise<void> => {
    // Both: with `discover`, the rest has begun before the endpoints are known.
    if (opened.isDone() && begun.isDone()) return begun.run();
    complete()?.catch(() => {});
    return opened.run().then(begun.run);
  };

  const forget = () => {
    opened.forget();
    begun.forget();
  };

  const close = () => {
    clearTimeout(ahead);
    // Without the rest of the core, nothing was begun that would have to end.
    if (begun.hasBegun()) machine.core()?.("close");
    machine.setCore(undefined);
    forget();
  };

  return {
    ...{ step, ask, tell, started, close, outcomes, session, seen },
    opened: opened.run,
    ...{ isOpening: opened.hasBegun, isOpen: opened.isDone, isStarted: begun.isDone },
    buried: () => place.buried,
    sharing: () => shared.sharing,
  };
};

export type Driver = ReturnType<typeof createDriver>;

/** Has the core take a call in, and waits for what comes of it. */
const asking =
  ({ step, outcomes }: Machine) =>
  <T = object>(event: string): Promise<T> => {
    const call = outcomes.nextCall();
    return outcomes.of<T>(call, () => step("tell", { event, call }));
  };

/** By what a client shares its session with other tabs. */
interface Shared {
  readonly name?: string;
  readonly locks?: ReturnType<typeof usableLocks> | undefined;
  readonly sharing?: Awaited<ReturnType<typeof loadVault>> | undefined;
}

/** A client in the core, and its vault. */
const openCore = async (setup: Setup, place: Place, { setCore }: Machine) => {
  // Who shares no session has no use for them before the rest of the core, and to ask takes the browser a while.
  const locks = setup.isPersistent ? locksOf(setup) : undefined;
  const [sharing, usable] = await prepare(setup, locks);
  const core = open();
  const { options, page, wasSignedIn: hadSession, canResume } = setup;
  // A tab that can't ask the others may not share a refresh token with them.
  const hasVault = sharing !== undefined && usable !== undefined;
  const facts = { options, page, hasVault, hadSession, canResume };
  const { client, isToDiscover } = core<{ client: string; isToDiscover: boolean }>("open", facts);
  place.vault = hasVault ? sharing.openVault(client) : undefined;
  setCore(core);
  return { isToDiscover, name: `procore-spa-auth ${client}`, locks, sharing };
};

/** How many sessions a tab remembers to be over. Any script of this origin can name some. */
const MAX_OVER = 20;

const remember = ({ over }: Place, id: number): void => {
  over.add(String(id));
  if (over.size > MAX_OVER) over.delete(over.keys().next().value!);
};

/** What brings effects about, and the tabs and locks that they are about; with the rest of the core. */
const bringRest = async (setup: Setup, { bringAbout, tell }: Machine, place: Place, shared: Shared, started: () => Promise<void>) => {
  const { name = "", locks = locksOf(setup) } = shared;
  if (!setup.isAlone) {
    place.tell ??= joinTabs(name, (news, id) => {
      if (news === "signed_out") remember(place, id);
      started().then(() => tell("heard", { news, id }), () => {});
    });
  }
  const [rest, usable] = await Promise.all([loaded(import("./core-rest.js")), locks, complete()]);
  bringAbout(rest.createEffects);
  place.holds ??= rest.createHolds(name, usable, {
    present: () => tell("present"),
    locked: () => tell("locked"),
    lockTimedOut: () => tell("lockTimedOut"),
  });
};

const locksOf = ({ isAlone }: Setup) => (isAlone ? undefined : usableLocks());

/** What a client needs before it is made, side by side: none waits for the others. */
const prepare = async ({ isPersistent, wasSignedIn, canResume }: Setup, locks: Shared["locks"]) => {
  const [kept] = await Promise.all([
    isPersistent ? Promise.all([loadVault(), locks]) : ([] as const),
    wasSignedIn || canResume ? complete() : undefined,
    start(),
  ]);
  return kept;
};

/** In a script of its own, which only those load who have `persist`. */
const loadVault = () => loaded(import("./vault.js"));
