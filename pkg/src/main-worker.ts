import type * as Api from "./index.d.ts";
import script from "#worker-script";
import { createAuth } from "./auth.ts";
import { type Engine, type Login, type Publish, SIGNED_OUT, type Setup } from "./engine.ts";
import { startError } from "./errors.ts";
import { PREFIX } from "./redirect.ts";
import type { WorkerOptions } from "./worker.d.ts";
import { type Answer, OPERATIONS, type Operation, type Question, unpackError } from "./worker-messages.ts";

export { embeddedContext } from "./embedded.ts";
export { ProcoreAuthError, isProcoreAuthError } from "./errors.ts";

export const createProcoreAuth = (options: Api.ProcoreAuthOptions & WorkerOptions): Api.ProcoreAuth =>
  createAuth(options, (setup, publish) => {
    const { workerUrl, ...others } = JSON.parse(setup.options) as { workerUrl?: string };
    return createWorkerEngine({ ...setup, options: JSON.stringify(others) }, publish, workerUrl);
  });

const createWorkerEngine = (setup: Setup, publish: Publish, workerUrl?: string): Engine => {
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: unknown) => void }>();
  let worker: Worker | undefined;
  let count = 0;
  let session = SIGNED_OUT;
  let login: Login | undefined;
  /** Whether this client had a session, in a worker before this one. */
  let { wasSignedIn } = setup;

  /** The worker and all its secrets are gone; the next call starts a fresh one. */
  const fail = (cause?: unknown) => {
    worker?.terminate();
    worker = undefined;
    login = undefined;
    const error = startError(
      "worker_blocked",
      "The worker could not start, or has died. Allow blob: in worker-src, or serve procore-spa-auth/worker-script.js " +
        "and give its address as workerUrl.",
      cause,
    );
    const { signedIn } = session;
    wasSignedIn ||= signedIn;
    session = SIGNED_OUT;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    if (signedIn) publish(session, "reauth_required");
  };

  const begin = (): Worker => {
    const url = workerUrl ?? URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    let begun: Worker;
    try {
      begun = new Worker(trusted(url) as string, { name: "procore-spa-auth" });
    } catch (cause) {
      throw startError("worker_blocked", "The browser refused to start the worker.", cause);
    }
    const isCurrent = () => worker === begun;
    begun.onerror = (event) => {
      event.preventDefault();
      if (isCurrent()) fail(event.message);
    };
    begun.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (!isCurrent()) return;
      if (!workerUrl) URL.revokeObjectURL(url);
      hear(data, isCurrent);
    };
    begun.postMessage({ setup: { ...setup, wasSignedIn } } satisfies Question);
    return begun;
  };

  const hear = ({ id, result, error, session: now, event, login: prepared, lock }: Answer, isCurrent: () => boolean) => {
    if (lock) void navigator.locks.request(lock, () => isCurrent() && fail());
    login = prepared ?? login;
    if (now && JSON.stringify(now) !== JSON.stringify(session)) session = Object.freeze(now);
    const asked = waiting.get(id ?? 0);
    if (asked) {
      waiting.delete(id!);
      if (error === undefined) asked.resolve(result as never);
      else asked.reject(unpackError(error));
    }
    if (event) publish(session, event);
  };

  const ask = <T>(operation: Operation, input?: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      worker ??= begin();
      waiting.set(++count, { resolve, reject });
      worker.postMessage({ id: count, operation, input } satisfies Question);
    });

  const asked = Object.fromEntries(OPERATIONS.map((name) => [name, (input?: unknown) => ask(name, input)]));
  return {
    ...(asked as unknown as Engine),
    session: () => session,

    signIn: async (options) => {
      const answer = await ask<{ url: string; warning?: string }>("signIn", options);
      // Without the verifier: only that this tab waits for such an answer.
      const { searchParams } = new URL(answer.url);
      const [state, clientId, redirectUri] = ["state", "client_id", "redirect_uri"].map((key) => searchParams.get(key));
      try {
        sessionStorage.setItem(PREFIX + state, JSON.stringify({ clientId, redirectUri }));
      } catch (cause) {
        throw startError("storage_unavailable", "sessionStorage is blocked or full for this site.", cause);
      }
      return answer;
    },

    redeem: ({ url, state }) => ask("redeem", { url, state }),

    // Waking it up is for a worker that is there.
    wake: async () => worker && ask("wake"),
    rest: async () => worker && ask("rest"),

    popupNow: (options) => {
      // Prepared for a sign-in without options; another one takes a turn.
      if (options !== "{}") return undefined;
      const prepared = login;
      login = undefined;
      return prepared;
    },
  };
};

let policy: { createScriptURL(url: string): unknown } | undefined;

/** Trusted Types: a policy of our own, for a worker of this very page and nothing else. */
const trusted = (url: string): unknown => {
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): typeof policy };
  };
  const createScriptURL = (given: string) => {
    if (new URL(given, location.href).origin !== location.origin) throw new TypeError("Not this page's own worker.");
    return given;
  };
  policy ??= trustedTypes ? trustedTypes.createPolicy("procore-spa-auth", { createScriptURL }) : { createScriptURL };
  return policy!.createScriptURL(url);
};
