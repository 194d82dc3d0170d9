import type * as Api from "../types/index.d.ts";
import { own } from "../boundary/boundary.ts";
import { caught, startError } from "../boundary/errors.ts";

interface Waiting {
  readonly resolve: (outcome: never) => void;
  readonly reject: (error: unknown) => void;
  readonly cause?: unknown;
}

/** What the core answers to a step that a call waits for. `isOver`: that is all that comes of it. */
interface Answer {
  readonly isOver?: boolean;
}

/** What has come of a call, as the core says it: an error, or anything else. */
export interface Settled {
  readonly call: number;
  readonly error?: Api.ProcoreAuthErrorCode;
}

/** Above the numbers of calls that the page has chosen. */
const FIRST_CALL = 2 ** 32;

const noCall = () => startError("config_invalid", "There is no such call.");

/** @throws `config_invalid` for a number of another kind: a page may tell its worker anything */
export const mustBePages = (call: unknown): void => {
  if (!Number.isInteger(call) || (call as number) < 1 || (call as number) >= FIRST_CALL) throw noCall();
};

/** The calls that wait for the core, by their numbers. */
export const createOutcomes = () => {
  const waiting = new Map<number, Waiting>();
  let calls = FIRST_CALL;

  return {
    nextCall: (): number => calls++,

    /** What comes of a call, once `work` has brought it to the core. `cause`: the platform's own error, if there was one. */
    of: <T>(call: number, work: () => Answer, cause?: unknown): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        // Two of one number: only one of them would hear what comes of it.
        if (waiting.has(call)) throw noCall();
        waiting.set(call, { resolve, reject, cause });
        try {
          const answer = work();
          if (!answer.isOver) return;
          resolve(answer as T);
        } catch (error) {
          reject(error as Error);
        }
        waiting.delete(call);
      }),

    settle: ({ call, error, ...facts }: Settled, cause: unknown): void => {
      const asked = waiting.get(call);
      waiting.delete(call);
      if (error === undefined) asked?.resolve(own(facts) as never);
      else asked?.reject(caught(own({ error, ...facts }) as never, asked.cause ?? cause));
    },

    /** Nobody waits for a call any more; but who has asked for it in a worker gets an answer. */
    giveUp: (call: number): void => {
      waiting.get(call)?.reject(noCall());
      waiting.delete(call);
    },

    failAll: (error: unknown): void => {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
};

export type Outcomes = ReturnType<typeof createOutcomes>;
