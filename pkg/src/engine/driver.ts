import type { Publish, Setup } from "./engine.ts";
import { complete, open, start } from "./core.ts";
import type { Place } from "./effects.ts";
import { own } from "../boundary/boundary.ts";
import { loaded } from "../boundary/loaded.ts";
import { type Machine, createMachine } from "./machine.ts";
import type { Exchange } from "./send.ts";
import { joinTabs, usableLocks } from "./tabs.ts";

/** Opens a client in the core, once, and what it shares with other tabs. `adapt`: what is sent, for a check-up. */
export const createDriver = (setup: Setup, publish: Publish, adapt = (exchange: Exchange) => exchange) => {
  const place: Place = own({ over: setup.over });
  let shared: Shared = own({});
  let opening: Promise<void> | undefined;
  let starting: Promise<void> | undefined;

  const onLost = () => {
    opening = starting = undefined;
    place.holds?.beAbsent();
    place.holds?.unlock();
  };
  const machine = createMachine(place, publish, onLost, adapt);
  const { step, tell, outcomes } = machine;

  /** Has the core take a call in, and waits for what comes of it. */
  const ask = <T = object>(event: string): Promise<T> => {
    const call = outcomes.nextCall();
    return outcomes.of<T>(call, () => step("tell", { event, call }));
  };

  const openOnce = async (): Promise<void> => {
    const { isToDiscover, ...others } = await openCore(setup, place, machine, started);
    shared = others;
    step("session");
    if (isToDiscover) {
      await begun();
      await ask("open");
    }
    // The rest ahead of its first call, but not before a login URL that is asked for now.
    setTimeout(() => void started().catch(() => {}));
  };

  const close = () => {
    machine.core()?.("close");
    machine.setCore((opening = starting = undefined));
  };

  /** Resolves when there is a client in the core that knows its endpoints. */
  const opened = (): Promise<void> =>
    (opening ??= openOnce().catch((error: unknown) => {
      close();
      throw error;
    }));

  /** With the whole core, which has been told that this page has begun. */
  const begun = (): Promise<void> =>
    (starting ??= Promise.all([loaded(import("./core-rest.js")), complete()])
      .then(([rest]) => {
        machine.bringAbout(rest.createEffects);
        place.holds ??= rest.createHolds(shared.name!, shared.locks, {
          present: () => tell("present"),
          locked: () => tell("locked"),
          lockTimedOut: () => tell("lockTimedOut"),
        });
        step("tell", { event: "start" });
      })
      .catch((error: unknown) => {
        starting = undefined;
        throw error;
      }));

  /** Resolves when that can take any step. */
  const started = (): Promise<void> => {
    // Side by side.
    complete()?.catch(() => {});
    return opened().then(begun);
  };

  return {
    step,
    ask,
    tell,
    opened,
    started,
    close,
    outcomes,
    session: machine.session,
    isOpening: () => opening !== undefined,
    isOpen: () => machine.core() !== undefined,
    isStarted: () => starting !== undefined,
    over: () => place.over,
    resumeVault: () => shared.sharing?.resume(),
    // Not in a worker: where it shares a session, the page that is left ends it.
    suspendVault: () => typeof document !== "undefined" && shared.sharing?.suspend(),
  };
};

export type Driver = ReturnType<typeof createDriver>;

/** By what a client shares its session with other tabs. */
interface Shared {
  readonly name?: string;
  readonly locks?: LockManager | undefined;
  readonly sharing?: Awaited<ReturnType<typeof loadVault>> | undefined;
}

/** A client in the core, its tabs and its vault. */
const openCore = async (setup: Setup, place: Place, { tell, setCore }: Machine, started: () => Promise<void>) => {
  const [locks, sharing] = await prepare(setup);
  const core = open();
  const { options, page, wasSignedIn: hadSession, canResume } = setup;
  // A tab that can't ask the others may not share a refresh token with them.
  const hasVault = sharing !== undefined && locks !== undefined;
  const facts = { options, page, hasVault, hadSession, canResume };
  const { client, isToDiscover } = core<{ client: string; isToDiscover: boolean }>("open", facts);
  const name = `procore-spa-auth ${client}`;
  if (!setup.isAlone) {
    place.tell ??= joinTabs(name, (news, id) => {
      if (news === "signed_out") place.over = String(id);
      started().then(() => tell("heard", { news, id }), () => {});
    });
  }
  place.vault = hasVault ? sharing.openVault(client) : undefined;
  setCore(core);
  return { isToDiscover, name, locks, sharing };
};

/** What a client needs before it is made, side by side: none waits for the others. */
const prepare = async ({ isAlone, isPersistent, wasSignedIn, canResume }: Setup) => {
  const isAnythingKept = wasSignedIn || canResume;
  const locks = isAlone ? undefined : usableLocks();
  const sharing = isPersistent ? loadVault() : undefined;
  await Promise.all([locks, sharing, isAnythingKept ? complete() : undefined, start()]);
  return Promise.all([locks, sharing]);
};

/** In a script of its own, which only those load who have `persist`. */
const loadVault = () => loaded(import("./vault.js"));
