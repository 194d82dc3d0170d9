import { type Publish, SIGNED_OUT, UNKNOWN, sessionOf } from "./engine.ts";
import type * as Api from "../types/index.d.ts";
import { own } from "../boundary/boundary.ts";
import type { open } from "./core.ts";
import { report, startError } from "../boundary/errors.ts";
import type { Effect, Effects, Place, Tell, createEffects } from "./effects.ts";
import { createOutcomes } from "./outcomes.ts";
import type { Exchange } from "./send.ts";

type Core = ReturnType<typeof open>;

/** What a step answers. `session`: what the app is to see, where that is something new. */
interface Answer {
  readonly session?: Parameters<typeof sessionOf>[0];
  readonly effects?: readonly Effect[];
  readonly isOver?: boolean;
}

/** Does things in their order: also what a listener of the app sets off meanwhile. */
const createQueue = () => {
  // No list: a page's own accessors on `Array.prototype` would get what is pushed.
  const queue = new Set<() => void>();
  let isBusy = false;
  return {
    add: (thing: () => void) => void queue.add(thing),
    clear: () => queue.clear(),
    doAll: () => {
      if (isBusy) return;
      isBusy = true;
      for (const thing of queue) {
        queue.delete(thing);
        try {
          thing();
        } catch (error) {
          // None stops the others. It is no error of whoever has taken this step.
          report(error);
        }
      }
      isBusy = false;
    },
  };
};

type Begin = (effect: Effect, cause: unknown) => void;

/** What answers bring: what the app is to see, and what is to be done, which is begun in order. */
const createAnswers = (publish: Publish, begin: Begin) => {
  const queue = createQueue();
  let session = UNKNOWN;
  const publishIt = (event: Api.SessionEvent) => publish(session, event);
  return {
    session: () => session,
    publish: publishIt,

    /** Takes both out of an answer, for they hold tokens. */
    take: <T extends Answer>({ session: now, effects = [], ...others }: T, cause: unknown) => {
      const isKnownNow = now && session.status === "unknown";
      if (now) session = sessionOf(own(now));
      if (isKnownNow && !effects.some(({ effect }) => effect === "publish")) queue.add(() => publishIt("ready"));
      for (const effect of effects) queue.add(() => begin(effect, cause));
      queue.doAll();
      return own(others);
    },

    /** A core that has failed holds nobody's session. */
    end: () => {
      queue.clear();
      if (session.signedIn) queueMicrotask(() => publish(SIGNED_OUT, "reauth_required"));
      session = SIGNED_OUT;
    },
  };
};

/** A client in the core, whatever that is at the moment: tells it what happens, and does what it says. It decides nothing. */
export const createMachine = (place: Place, publish: Publish, adapt: (exchange: Exchange) => Exchange, onLost: () => void) => {
  const outcomes = createOutcomes();
  let core: Core | undefined;
  let effects: ReturnType<typeof createEffects> | undefined;

  const begin = <Name extends keyof Effects>({ effect, ...facts }: Effects[Name] & { readonly effect: Name }, cause: unknown) => {
    const from = core;
    // Nothing that a core has asked for is told to the one after it.
    const tellIt: Tell = (...news) => core === from && tell(...news);
    effects![effect](own(facts) as unknown as Effects[Name], tellIt, cause);
  };
  const answers = createAnswers(publish, begin);

  /** Takes a step, and begins what the core says. */
  const step = <T = unknown>(name: string, input: object = {}, cause?: unknown): T & Pick<Answer, "isOver"> => {
    if (!core) throw startError("not_ready", "Wait for ready() first.");
    let answer;
    try {
      answer = core<T & Answer>(name, input, cause);
    } catch (error) {
      if ((error as Api.ProcoreAuthError).code === "instance_poisoned") {
        core = undefined;
        answers.end();
        onLost();
        outcomes.failAll(error);
      }
      throw error;
    }
    return answers.take(answer, cause) as T & Pick<Answer, "isOver">;
  };

  /** Tells the core what has happened. Where it has failed, everybody who waits has been told. */
  const tell: Tell = (event, facts = {}, cause) => {
    try {
      step("tell", { ...facts, event }, cause);
    } catch {
      // Nobody waits for this.
    }
  };

  return {
    ...{ step, tell, outcomes, core: () => core },
    setCore: (opened: Core | undefined) => void (core = opened),

    /** Before the first event is told, which is what effects come of. */
    bringAbout: (create: typeof createEffects) =>
      void (effects ??= create({ place, outcomes, adapt, publish: answers.publish })),

    seen: answers.session,
    session: (): Api.Session => {
      try {
        if (core) step("session");
      } catch {
        // In the middle of another step there is nothing new.
      }
      return answers.session();
    },
  };
};

export type Machine = ReturnType<typeof createMachine>;
