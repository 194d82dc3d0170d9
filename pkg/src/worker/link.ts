import type * as Api from "../types/index.d.ts";
import { received } from "../boundary/boundary.ts";
import { startError } from "../boundary/errors.ts";
import { type Publish, SIGNED_OUT, type Setup, UNKNOWN, sessionOf } from "../engine/engine.ts";
import { type Answer, type Operation, type Question, VERSION, unpackError } from "./messages.ts";
import { REFUSED, loadScript, needsScript, startWorker } from "./start.ts";

/** How long a worker may take to load and to say that it is there. */
const START_MS = 30_000;

const DIED = "The worker has died, and what was under way with it. The next call starts a new one.";
const OTHER_VERSION = "worker-script.js is of another version. Deploy it and the app from one version of this package.";

/** What a client's worker is, and who is told of it. */
interface Ends {
  readonly setup: Setup;
  readonly publish: Publish;
  readonly workerUrl: unknown;
  /** The worker is gone, with all that it knew. */
  readonly onStop: () => void;
}

/** The worker of a client, started when it is first asked something. */
export const createLink = ({ setup, publish, workerUrl, onStop }: Ends) => {
  const waiting = createWaiting();
  let worker: Worker | undefined;
  let session = UNKNOWN;
  /** Whether this client had a session, in a worker before this one. */
  let { wasSignedIn } = setup;

  /** The worker and all its secrets are gone; the next call starts a fresh one. Answers whether there was a session. */
  const stop = (message = DIED, cause?: unknown): boolean => {
    worker?.terminate();
    worker = undefined;
    onStop();
    const { signedIn } = session;
    wasSignedIn ||= signedIn;
    session = UNKNOWN;
    waiting.failAll(startError("worker_blocked", message, cause));
    return signedIn;
  };

  const onAnswer = (answer: Answer) => {
    const { session: now, event } = answer;
    if (now) session = sessionOf(now);
    waiting.settle(answer);
    if (event) publish(session, event);
  };

  const begin = (): Worker => {
    const { worker: begun, release } = startWorker(workerUrl);
    attend(begun, {
      release,
      onAnswer: (answer) => worker === begun && onAnswer(answer),
      onEnd: (message, cause) => {
        if (worker === begun && stop(message, cause)) publish((session = SIGNED_OUT), "reauth_required");
      },
    });
    begun.postMessage({ setup: { ...setup, wasSignedIn } } satisfies Question);
    return begun;
  };

  const askNow = <T>(operation: Operation, input?: unknown, cause?: unknown): Promise<T> =>
    waiting.next<T>(cause, (id) => (worker ??= begin()).postMessage({ id, operation, input } satisfies Question));

  /** What is asked in one turn is asked in that order, also where the script comes first. */
  const ask = <T>(operation: Operation, input?: unknown, cause?: unknown): Promise<T> =>
    !worker && needsScript(workerUrl)
      ? loadScript().then(() => askNow<T>(operation, input, cause))
      : askNow<T>(operation, input, cause);

  /** For what only a worker that is there can use, and nobody waits for. */
  const tell = async (operation: Operation, input?: unknown): Promise<void> =>
    worker?.postMessage({ operation, input } satisfies Question);

  return { ask, tell, stop, session: (): Api.Session => session, isThere: () => worker !== undefined };
};

export type Link = ReturnType<typeof createLink>;

interface Asked {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly cause?: unknown;
}

/** The questions that wait for an answer, by their numbers. */
const createWaiting = () => {
  const waiting = new Map<number, Asked>();
  let count = 0;
  return {
    /** `send`s a question. What comes of it is what is answered to its number. */
    next: <T>(cause: unknown, send: (id: number) => void): Promise<T> =>
      new Promise((resolve, reject) => {
        send(++count);
        waiting.set(count, { resolve, reject, cause });
      }),

    settle: ({ id = 0, result, error }: Answer): void => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) asked?.resolve(result as never);
      else asked?.reject(unpackError(error, asked.cause));
    },

    failAll: (error: unknown): void => {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
};

interface Ears {
  /** Gives back what the worker needs only until it runs. */
  readonly release: () => void;
  readonly onAnswer: (answer: Answer) => void;
  readonly onEnd: (message: string, cause?: unknown) => void;
}

/** Hears what a worker says, until it has died or says nothing. */
const attend = (worker: Worker, { release, onAnswer, onEnd }: Ears): void => {
  let isThere = false;
  const end = (cause?: unknown) => {
    release();
    onEnd(isThere ? DIED : REFUSED, cause);
  };
  const timer = setTimeout(end, START_MS);

  worker.onerror = (event) => {
    event.preventDefault();
    clearTimeout(timer);
    end(event.message ? new TypeError(event.message) : undefined);
  };

  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const answer = received<Answer>(data);
    const { version, lock } = answer;
    if (!isThere) {
      isThere = true;
      release();
      if (version !== VERSION) return onEnd(OTHER_VERSION);
    }
    if (lock !== undefined) clearTimeout(timer);
    // Whoever gets this lock knows that the worker is dead: no event says so.
    if (lock) navigator.locks.request(lock, () => end()).catch(() => {});
    onAnswer(answer);
  };
};
