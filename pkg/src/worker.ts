import type * as Api from "./types/index.d.ts";
import { json, own, parse, received } from "./boundary/boundary.ts";
import { createAuth } from "./page/auth.ts";
import { type Engine, type Login, type Publish, SIGNED_OUT, type Setup, UNKNOWN, sessionOf } from "./engine/engine.ts";
import { startError } from "./boundary/errors.ts";
import { find, keys, putPending } from "./page/pending.ts";
import type { WorkerOptions } from "./types/worker.d.ts";
import type { Answer, Arrival, Operation, Question } from "./worker/messages.ts";
import { OPERATIONS, VERSION, unpackError } from "./worker/messages.ts";
import { REFUSED, loadScript, needsScript, startWorker } from "./worker/start.ts";

export { embeddedContext } from "./page/embedded.ts";
export { ProcoreAuthError, isProcoreAuthError } from "./boundary/errors.ts";

/** How long a worker may take to load and to say that it is there. */
const START_MS = 30_000;
/** A login URL that is ready waits this long for its click: the sign-in is good for ten minutes, from now on. */
const PREPARED_MS = 240_000;

const DIED = "The worker has died, and what was under way with it. The next call starts a new one.";
const OTHER_VERSION = "worker-script.js is of another version. Deploy it and the app from one version of this package.";

export const createProcoreAuth = (options: Api.ProcoreAuthOptions & WorkerOptions): Api.ProcoreAuth =>
  createAuth(options, (setup, publish) => {
    const { workerUrl, ...others } = parse<WorkerOptions>(setup.options);
    // A `URL` has become a plain object on the way.
    const url = typeof workerUrl === "object" ? (workerUrl && (workerUrl.href ?? workerUrl)) : workerUrl;
    return createWorkerEngine({ ...setup, options: json(others) }, publish, url ?? undefined);
  });

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly cause?: unknown;
}

const createWorkerEngine = (setup: Setup, publish: Publish, workerUrl?: unknown): Engine => {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let count = 0;
  let session = UNKNOWN;
  let login: (Login & { readonly until: number }) | undefined;
  let renewing: ReturnType<typeof setTimeout> | undefined;
  /** Whether this client had a session, in a worker before this one. */
  let { wasSignedIn } = setup;
  /** Whether the page was left with a session. */
  let isToReturn = false;

  /** The worker and all its secrets are gone; the next call starts a fresh one. Answers whether there was a session. */
  const stop = (message: string, cause?: unknown): boolean => {
    worker?.terminate();
    worker = undefined;
    login = undefined;
    clearTimeout(renewing);
    const error = startError("worker_blocked", message, cause);
    const { signedIn } = session;
    wasSignedIn ||= signedIn;
    session = UNKNOWN;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    return signedIn;
  };

  const end = (message: string, cause?: unknown) => {
    if (stop(message, cause)) publish((session = SIGNED_OUT), "reauth_required");
  };

  const begin = (): Worker => {
    const { worker: begun, release } = startWorker(workerUrl);
    let isThere = false;
    const endThis = (cause?: unknown) => {
      release();
      if (worker === begun) end(isThere ? DIED : REFUSED, cause);
    };
    const timer = setTimeout(endThis, START_MS);
    begun.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      endThis(event.message ? new TypeError(event.message) : undefined);
    };
    begun.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (worker !== begun) return;
      const answer = received<Answer>(data);
      const { version, lock } = answer;
      if (!isThere) {
        isThere = true;
        release();
        if (version !== VERSION) return end(OTHER_VERSION);
      }
      if (lock !== undefined) clearTimeout(timer);
      // Whoever gets this lock knows that the worker is dead: no event says so.
      if (lock) navigator.locks.request(lock, () => endThis()).catch(() => {});
      onAnswer(answer);
    };
    begun.postMessage({ setup: { ...setup, wasSignedIn } } satisfies Question);
    return begun;
  };

  const onAnswer = ({ id, result, error, session: now, event }: Answer) => {
    if (now && json(now) !== json(session)) session = sessionOf(now);
    const asked = waiting.get(id ?? 0);
    if (asked) {
      waiting.delete(id!);
      if (error === undefined) asked.resolve(result as never);
      else asked.reject(unpackError(error, asked.cause));
    }
    if (event) publish(session, event);
  };

  /** What is asked in one turn is asked in that order, also where the script comes first. */
  const ask = <T>(operation: Operation, input?: unknown, cause?: unknown): Promise<T> =>
    !worker && needsScript(workerUrl)
      ? loadScript().then(() => askNow<T>(operation, input, cause))
      : askNow<T>(operation, input, cause);

  const askNow = <T>(operation: Operation, input?: unknown, cause?: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      worker ??= begin();
      worker.postMessage({ id: ++count, operation, input } satisfies Question);
      waiting.set(count, { resolve, reject, cause });
    });

  /** For what only a worker that is there can use, and nobody waits for. */
  const askAndForget = async (operation: Operation, input?: unknown): Promise<void> => {
    if (worker) await ask(operation, input).catch(() => {});
  };

  /** Has a login URL ready for the next click, and another one before it is too old. */
  const prepare = async (): Promise<void> => {
    const { url, state } = await ask<Login>("popup", "{}");
    if (login) void askAndForget("drop", login.state);
    login = { url, state, until: Date.now() + PREPARED_MS };
    clearTimeout(renewing);
    renewing = setTimeout(prepareAgain, PREPARED_MS);
  };

  const prepareAgain = async (): Promise<void> => {
    if (worker) await prepare().catch(() => {});
  };

  const asked = Object.fromEntries(
    OPERATIONS.map((name) => [name, (input?: unknown, cause?: unknown) => ask(name, input, cause)]),
  );
  return {
    ...(asked as unknown as Engine),
    session: () => session,

    ready: async () => {
      const ready = ask("ready");
      // Asked at once, too. Without it a popup takes a turn more; that is no reason not to be ready.
      const prepared = login ? undefined : prepareAgain();
      await ready;
      await prepared;
    },

    signIn: async (asking) => {
      const answer = await ask<{ url: string; warning?: string; rounds?: string }>("signIn", asking);
      note(answer.url);
      return answer;
    },

    redeem: ({ url, record, state, isSpent }) => {
      const found = find(url);
      const isClaimed = record !== undefined || found !== undefined;
      const isAnyPending = keys().some((key) => key !== found?.key);
      return ask("redeem", { url, state, isClaimed, isSpent, isAnyPending } satisfies Arrival);
    },

    // Without a worker, nobody can be signed in but in the vault.
    signOut: async () => (worker || setup.isPersistent || setup.canResume ? ask("signOut") : own({})),

    drop: (state) => askAndForget("drop", state),
    resume: async () => {
      if (isToReturn) {
        isToReturn = false;
        await ask("ready");
        // It has ended meanwhile, elsewhere.
        if (!session.signedIn) publish(session, "signed_out");
      }
      if (!worker) return;
      // Timers stand still while a device sleeps.
      if (login && Date.now() >= login.until) void prepareAgain();
      await ask("resume");
    },
    suspend: async () => {
      if (!setup.isPersistent || !worker) return askAndForget("suspend");
      // A page that is left may be kept. WebKit then stops its worker wherever that is, and no message comes in time: with a
      // lock, or in a transaction, that every other tab waits for. What the worker knows is kept.
      isToReturn = stop(DIED);
    },

    popupNow: (options) => {
      // Prepared for a sign-in without options; another one takes a turn.
      if (options !== "{}" || !login) return undefined;
      const { url, state, until } = login;
      login = undefined;
      void prepareAgain();
      if (Date.now() < until) return { url, state };
      void askAndForget("drop", state);
      return undefined;
    },
  };
};

/** Notes a sign-in, from its login URL: without the verifier, which only the worker has. */
const note = (url: string): void => {
  const { searchParams } = new URL(url);
  const [state, clientId, redirectUri] = ["state", "client_id", "redirect_uri"].map((key) => searchParams.get(key));
  const created = Math.floor(Date.now() / 1000);
  putPending(state!, json({ clientId, redirectUri, created }));
};
