import type * as Api from "../types/index.d.ts";
import { ordinary, own } from "../boundary/boundary.ts";
import type { Engine } from "../engine/engine.ts";
import { FLAG, THROTTLE, judged } from "../boundary/options.ts";

/** How often a call waits, because of its own answers or those of others. */
const MAX_WAITS = 3;

/** Until when all calls of a host wait, as it has asked for, on the clock that never jumps. */
const pauses = new Map<string, number>();
const pausedUntil = (host: string): number => pauses.get(host) ?? 0;

const COMPANY = "procore-company-id";

/** `fetch` for the API. `ended`: what stops every call that waits, when the session that it belongs to has ended. */
export const createFetch =
  (engine: () => Engine, ended: () => AbortSignal): Api.ProcoreAuth["fetch"] =>
  async (input, options) => {
    const { companyId, onThrottle, isIdempotent, ...others } = judged(options, {
      onThrottle: THROTTLE,
      isIdempotent: FLAG,
    });
    const init = own(others);
    // Read by the platform, so that no getter of it can say one thing here and another there; also one of another frame.
    let given = Object.prototype.toString.call(input) === "[object Request]" ? new Request(input as Request) : undefined;
    const headers = new Headers(init.headers ?? given?.headers);
    // Made a string once: what is checked is what is fetched.
    const facts = {
      target: given ? given.url : String(input),
      hasAuthorization: headers.has("authorization"),
      hasCompanyId: companyId !== undefined,
      companyId: companyId === undefined ? "" : String(companyId),
      isCompanyIdFloat: typeof companyId === "number",
    };
    const signal = init.signal === undefined ? given?.signal : init.signal;
    const canRepeat = canSendTwice(init.body ?? given?.body);
    const cache = init.cache ?? (given && given.cache !== "default" ? given.cache : "no-store");
    const redirect = init.redirect ?? given?.redirect ?? "follow";
    let isCompanyWithheld = false;
    // Every try of a request belongs to the session of the first one, and waits no longer than that lasts.
    let ending = engine().session().signedIn ? ended() : undefined;
    let waits = 0;
    const mayWait = () => waits < MAX_WAITS && onThrottle !== "return";
    for (let tries = 1, first: number | undefined; ; tries++) {
      const authorizing = engine().authorize({ ...facts, generation: first });
      const { url, authorization, companyId: id, generation, isUnused } = await unless([signal, ending], authorizing);
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
      if (id !== undefined) headers.set(COMPANY, id);
      const sent = new Headers(headers);
      if (isCompanyWithheld) sent.delete(COMPANY);
      // Browsers take `Authorization` off on the way to another origin, and no other header.
      const isHeld = redirect === "follow" && sent.has(COMPANY);
      const asked = ordinary<RequestInit>({
        ...init,
        headers: sent,
        credentials: "omit",
        cache,
        redirect: isHeld ? "manual" : redirect,
      });
      // What the platform refuses here is the caller's own mistake, and no news of the network.
      const request = new Request(given ?? url, asked);
      let response;
      try {
        response = await fetch(given ? request : url, asked);
      } catch (cause) {
        // The caller's own abort is the caller's own news.
        if (signal?.aborted || !(cause instanceof TypeError)) throw cause;
        await engine().judge({ status: 0 }, cause);
        throw cause;
      }
      const { status, type, redirected } = response;
      const isRedirect = isHeld && type === "opaqueredirect";
      // What another server says is no word of the API. A redirect that the caller wants to see is opaque: there is nothing
      // to judge.
      const isElsewhere = redirected && new URL(response.url).host !== host;
      if (isElsewhere || (status === 0 && !isRedirect)) return response;
      // Without its session, a token is refused for that reason. Any other answer is the caller's.
      if (ending.aborted && status === 401) throw ending.reason;
      if (ending.aborted) return response;
      if (redirected && isCompanyWithheld) {
        // The way without the company's ID has led to the API again: there it is sent.
        facts.target = response.url;
        given &&= new Request(response.url, given);
        isCompanyWithheld = false;
        response.body?.cancel().catch(() => {});
        continue;
      }
      if (response.ok && !isUnused) return response;
      const judging = engine().judge({
        status,
        isRedirect,
        cache,
        generation,
        tries,
        method: request.method,
        // Firefox shows no body of a Request, only whether it is used up.
        isReplayable: canRepeat && !given?.bodyUsed,
        isIdempotent,
        retryAfter: response.headers.get("retry-after") ?? "",
        rateLimitReset: response.headers.get("x-rate-limit-reset") ?? "",
      });
      const { isToRetry, isToFollow, waitSeconds } = await unless([signal, ending], judging);
      if (waitSeconds) pauses.set(host, Math.max(pausedUntil(host), performance.now() + waitSeconds * 1000));
      if (!isToRetry || (waitSeconds && !mayWait())) return response;
      if (isToFollow) isCompanyWithheld = true;
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
