import type * as Api from "./index.d.ts";
import { members, ordinary, own } from "./boundary.ts";
import type { Engine } from "./engine.ts";

/** How often a call waits, because of its own answers or those of others. */
const MAX_WAITS = 3;

/** Until when all calls of a host wait, as it has asked for, on the clock that never jumps. */
const pauses = new Map<string, number>();
const pausedUntil = (host: string): number => pauses.get(host) ?? 0;

/** `fetch` for the API. `ended`: what stops every call that waits, when the session that it belongs to has ended. */
export const createFetch =
  (engine: () => Engine, ended: () => AbortSignal): Api.ProcoreAuth["fetch"] =>
  async (input, options) => {
    const { companyId, onThrottle, ...others } = members(options);
    const init = own(others);
    const request = typeof Request !== "undefined" && input instanceof Request ? input : undefined;
    const headers = new Headers(init.headers ?? request?.headers);
    // Made a string once: what is checked is what is fetched.
    const facts = {
      target: request ? request.url : String(input),
      hasAuthorization: headers.has("authorization"),
      hasCompanyId: companyId !== undefined,
      companyId: companyId === undefined ? "" : String(companyId),
      isCompanyIdFloat: typeof companyId === "number",
    };
    const signal = init.signal ?? request?.signal;
    const canRepeat = canSendTwice(init.body ?? request?.body);
    // Every try of a request belongs to the session of the first one, and waits no longer than that lasts.
    let ending = engine().session().signedIn ? ended() : undefined;
    let waits = 0;
    const mayWait = () => waits < MAX_WAITS && onThrottle !== "return";
    for (let tries = 1, first: number | undefined; ; tries++) {
      const authorizing = engine().authorize({ ...facts, generation: first });
      const { url, authorization, companyId: id, generation } = await unless([signal, ending], authorizing);
      first ??= generation;
      ending ??= ended();
      const { host } = new URL(url);
      const left = pausedUntil(host) - performance.now();
      if (left > 0 && mayWait()) {
        waits += 1;
        tries -= 1;
        await pause(left, [signal, ending]);
        // The token may be over by now, and others may have been told to wait longer.
        continue;
      }
      headers.set("authorization", authorization!);
      if (id !== undefined) headers.set("procore-company-id", id);
      let response;
      try {
        response = await fetch(request ?? url, ordinary<RequestInit>({ ...init, headers, credentials: "omit" }));
      } catch (cause) {
        // The caller's own abort is the caller's own news.
        if (signal?.aborted || !(cause instanceof TypeError)) throw cause;
        await engine().judge({ status: 0 }, cause);
        throw cause;
      }
      // A redirect that the caller wants to see is opaque: there is nothing to judge. Nor is there without a session.
      if (response.status === 0 || response.ok || ending.aborted) return response;
      const judging = engine().judge({
        status: response.status,
        generation,
        tries,
        method: String(init.method ?? request?.method ?? "").toUpperCase(),
        // Firefox shows no body of a Request, only whether it is used up.
        isReplayable: canRepeat && !request?.bodyUsed,
        retryAfter: response.headers.get("retry-after") ?? "",
        rateLimitReset: response.headers.get("x-rate-limit-reset") ?? "",
      });
      const { isToRetry, waitSeconds } = await unless([signal, ending], judging);
      if (waitSeconds) pauses.set(host, Math.max(pausedUntil(host), performance.now() + waitSeconds * 1000));
      if (!isToRetry || (waitSeconds && !mayWait())) return response;
      response.body?.cancel().catch(() => {});
    }
  };

/** A body that can be sent twice: no stream, and no form, which may hold files that have changed meanwhile. */
const canSendTwice = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  typeof body === "string" ||
  body instanceof URLSearchParams ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body) ||
  body instanceof Blob;

type Signals = readonly (AbortSignal | null | undefined)[];

/** Waits for `work`, but no longer than the signals allow. */
const unless = async <T>(signals: Signals, work: Promise<T>): Promise<T> => {
  const listening = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      const stop = () => reject(signal!.reason as Error);
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop, own({ signal: listening.signal }));
    }
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    listening.abort();
  }
};

const pause = (milliseconds: number, signals: Signals): Promise<void> => {
  let timer: ReturnType<typeof setTimeout>;
  const time = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return unless(signals, time).finally(() => clearTimeout(timer));
};
