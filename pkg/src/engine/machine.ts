import { type Publish, SIGNED_OUT, UNKNOWN, sessionOf } from "./engine.ts";
import type * as Api from "../types/index.d.ts";
import { own } from "../boundary/boundary.ts";
import type { open } from "./core.ts";
import { startError } from "../boundary/errors.ts";
import { type Effect, type Effects, type Place, type Tell, createEffects } from "./effects.ts";
import { createOutcomes } from "./outcomes.ts";
import type { Exchange } from "./send.ts";

type Core = ReturnType<typeof open>;

/** What a step answers. `session`: what the app is to see, where that is something new. */
interface Answer {
  readonly session?: Parameters<typeof sessionOf>[0];
  readonly effects?: readonly Effect[];
  readonly isOver?: boolean;
}

/** Begins effects in their order: also what a listener of the app sets off meanwhile. */
const createQueue = (begin: (effect: Effect, cause: unknown) => void) => {
  // No list: a page's own accessors on `Array.prototype` would get what is pushed.
  const queue = new Set<{ readonly effect: Effect; readonly cause: unknown }>();
  let isBeginning = false;
  return {
    add: (effect: Effect, cause: unknown) => void queue.add({ effect: own(effect), cause }),
    clear: () => queue.clear(),
    beginAll: () => {
      if (isBeginning) return;
      isBeginning = true;
      for (const next of queue) {
        queue.delete(next);
        begin(next.effect, next.cause);
      }
      isBeginning = false;
    },
  };
};

/** A client in the core, whatever that is at the moment: tells it what happens, and does what it says. It decides nothing. */
export const createMachine = (place: Place, publish: Publish, onLost: () => void, adapt: (exchange: Exchange) => Exchange) => {
  const outcomes = createOutcomes();
  let core: Core | undefined;
  let session = UNKNOWN;
  const effects = createEffects({ place, outcomes, adapt, publish: (event) => publish(session, event) });

  const begin = <Name extends keyof Effects>(effect: Effects[Name] & { readonly effect: Name }, cause: unknown) => {
    const from = core;
    // Nothing that a core has asked for is told to the one after it.
    const tellIt: Tell = (...news) => core === from && tell(...news);
    effects[effect.effect](effect, tellIt, cause);
  };
  const queue = createQueue(begin);

  /** Takes a step, and begins what the core says. */
  const step = <T = unknown>(name: string, input: object = {}, cause?: unknown): T & Answer => {
    if (!core) throw startError("not_ready", "Wait for ready() first.");
    let answer;
    try {
      answer = core<T & Answer>(name, input, cause);
    } catch (error) {
      if ((error as Api.ProcoreAuthError).code === "instance_poisoned") lose(error);
      throw error;
    }
    const { session: now, effects = [] } = answer;
    const isKnownNow = now && session.status === "unknown";
    if (now) session = sessionOf(own(now));
    if (isKnownNow && !effects.some(({ effect }) => effect === "publish")) queue.add({ effect: "publish", event: "ready" }, cause);
    for (const effect of effects) queue.add(effect, cause);
    queue.beginAll();
    return answer;
  };

  /** Tells the core what has happened. One that has failed has told everybody who waits. */
  const tell: Tell = (event, facts = {}, cause) => {
    try {
      step("tell", { ...facts, event }, cause);
    } catch {
      // Nobody waits for this.
    }
  };

  /** A core that has failed holds nobody's session. */
  const lose = (error: unknown) => {
    core = undefined;
    queue.clear();
    onLost();
    outcomes.failAll(error);
    if (session.signedIn) queueMicrotask(() => publish(SIGNED_OUT, "reauth_required"));
    session = SIGNED_OUT;
  };

  return {
    step,
    tell,
    outcomes,
    core: () => core,
    setCore: (opened: Core | undefined) => void (core = opened),

    session: (): Api.Session => {
      try {
        if (core) step("session");
      } catch {
        // In the middle of another step there is nothing new.
      }
      return session;
    },
  };
};

export type Machine = ReturnType<typeof createMachine>;
