import type * as Api from "../types/index.d.ts";
import { own } from "../boundary/boundary.ts";
import type { Authorized } from "./engine.ts";
import type { Holds } from "./holds.ts";
import type { Outcomes, Settled } from "./outcomes.ts";
import { type Exchange, send } from "./send.ts";
import type { Before, Kept, Vault } from "./vault.ts";

/** What the core may want done: each by its name, with what it needs. `src/protocol/shared/event.rs` says what each one means. */
export interface Effects {
  send: Exchange;
  fetch: { call: number } & Pick<Authorized, "authorization" | "isBare" | "callersFrom" | "callersBelow">;
  settle: Settled;
  read: object;
  write: Omit<Kept, "revision"> & Before;
  clear: Before;
  bury: { id: number };
  lock: { seconds: number };
  unlock: object;
  present: { isPresent: boolean };
  awaitLeaving: { call: number; seconds: number };
  tell: { news: string; id: number };
  publish: { event: Api.SessionEvent };
  publishElsewhere: object;
  leave: object;
  /** Without a time: no more. */
  alarm: { milliseconds?: number };
}

export type Effect = { [name in keyof Effects]: Effects[name] & { readonly effect: name } }[keyof Effects];

/** Tells the core what has come of an effect. */
export type Tell = (event: string, facts?: object, cause?: unknown) => void;

/** Where a client is. */
export interface Place {
  /** Tells the other tabs something. */
  tell?: (news: string, id: number) => void;
  /** The locks that it shares with them. */
  holds?: Holds;
  /** Where the session is kept; nothing where tabs share none. */
  vault?: Vault | undefined;
  /** The sessions that were signed out of, here or elsewhere, by their names: one of them may still be in the vault. */
  readonly over: Set<string>;
  /** The last one of them that could not be removed here. */
  buried?: string;
  /** The timer of the core, which has one at most. */
  alarm?: ReturnType<typeof setTimeout> | undefined;
}

interface Means {
  readonly place: Place;
  readonly outcomes: Outcomes;
  readonly publish: (event: Api.SessionEvent) => void;
  /** What is sent, for a check-up. */
  readonly adapt: (exchange: Exchange) => Exchange;
}

/** Each effect, done. `cause`: of the platform, for what the core says of it. */
export const createEffects = ({
  place,
  outcomes,
  publish,
  adapt,
}: Means): { [name in keyof Effects]: (facts: Effects[name], tell: Tell, cause: unknown) => void } => ({
  send: (exchange, tell) =>
    void send(adapt(exchange)).then(({ cause, ...answer }) => tell("answered", { ...answer, id: exchange.id }, cause)),
  fetch: (facts, _, cause) => outcomes.settle(facts, cause),
  settle: (facts, _, cause) => outcomes.settle(facts, cause),

  read: (_, tell) => asked(look(place), tell, (found) => tell("found", found)),
  write: (entry, tell) => asked(place.vault!.write(entry), tell, (revision) => tell("written", { revision })),
  clear: (before, tell) => asked(place.vault!.clear(before), tell, (isMine) => tell("cleared", { isMine })),
  bury: ({ id }, tell) => {
    place.buried = String(id);
    place.over.add(place.buried);
    tell("buried");
  },

  lock: ({ seconds }) => place.holds!.lock(seconds * 1000),
  unlock: () => place.holds!.unlock(),
  present: ({ isPresent }) => (isPresent ? place.holds!.bePresent() : place.holds!.beAbsent()),
  awaitLeaving: ({ call, seconds }, tell) => void place.holds!.allLeft(seconds * 1000).then(() => tell("left", { call })),
  tell: ({ news, id }) => place.tell?.(news, id),

  publish: ({ event }) => publish(event),
  publishElsewhere: () => publish("signed_in_elsewhere"),
  // The page notes that by itself: it knows when it is left, wherever its engine runs.
  leave: () => {},
  alarm: ({ milliseconds }, tell) => {
    clearTimeout(place.alarm);
    place.alarm = milliseconds === undefined ? undefined : setTimeout(() => tell("tick"), milliseconds);
  },
});

/** Tells what the vault has answered, or that it has not. */
const asked = <T>(work: Promise<T>, tell: Tell, done: (value: T) => void): void => void work.then(done, () => tell("failed"));

/** Who is here, and then what the vault holds. */
const look = async ({ holds, vault, over }: Place): Promise<object> => {
  const isAnyoneHere = await holds!.isAnyoneHere();
  const kept = await vault!.read();
  return own({ ...kept, isAnyoneHere, isBuried: kept !== undefined && over.has(String(kept.id)) });
};
