// In a script of its own, which is loaded as soon as somebody is signed in.

import type * as Api from "../types/index.d.ts";
import type { Authorized, Engine, Judged } from "../engine/engine.ts";
import { ordinary, own, result } from "../boundary/boundary.ts";
import type { ApiCall } from "./request.ts";
import { unless } from "./unless.ts";

/** The client of which the API is asked. `ended`: what stops every call that waits, when the session it belongs to has ended. */
export interface ApiHost {
  readonly engine: () => Engine;
  readonly ended: () => AbortSignal;
}

const COMPANY = "procore-company-id";

/** Numbers the calls of this page. */
let calls = 0;

/** What a caller gets who sends a request by other means than `fetch`. */
export const authorize = async ({ engine, ended }: ApiHost, { facts }: ApiCall): Promise<Api.AuthorizedRequest> => {
  const ending = engine().seen().signedIn ? ended() : undefined;
  const call = ++calls;
  try {
    const asked = engine().authorize(own({ ...facts, call, mayWait: false }));
    const { url, authorization, companyId } = await unless([ending], asked);
    const headers = ordinary({ Authorization: authorization, ...(companyId && { "Procore-Company-Id": companyId }) });
    return result<Api.AuthorizedRequest>({ url, headers: Object.freeze(headers) });
  } finally {
    void engine().giveUp(call);
  }
};

/**
 * Sends a request for the API as often as the core says, and answers with its response. `ending`: of the session that the app saw
 * when it made the request, for as long as the engine has not heard of it.
 */
export const send = async ({ engine }: ApiHost, made: ApiCall, ending?: AbortSignal): Promise<Response> => {
  const { init, facts, isIdempotent, onThrottle } = made;
  let { request } = made;
  const call = ++calls;
  const signal = init.signal === undefined ? request?.signal : init.signal;
  const body = init.body ?? request?.body;
  try {
    const asked = engine().authorize(own({ ...facts, call, mayWait: onThrottle !== "return" }));
    const first = await unless([signal, ending], asked);
    let { url } = first;
    for (let next: Judged = first; ; ) {
      const tried = sendOnce(made, request, own({ ...first, ...next, url }), signal);
      const { response, ...seen } = await tried.catch(async (cause: unknown) => {
        // The caller's own mistake, or abort, is the caller's own news.
        if (signal?.aborted || !(cause instanceof NoAnswer)) throw cause;
        await engine().judge(own({ call, isFailed: true }), cause.cause);
        throw cause;
      });
      // Firefox shows no body of a Request, only whether it is used up.
      const isReplayable = canSendTwice(body) && !request?.bodyUsed;
      const answer = own({ ...seen, call, isReplayable, isIdempotent });
      // Nobody has to wait until the core has heard of it.
      if (!seen.isRedirected && seen.status >= first.callersFrom && seen.status < first.callersBelow) {
        engine()
          .note(answer)
          .catch(() => {});
        return response;
      }
      const judging = engine()
        .judge(answer)
        .catch((error: unknown) => {
          // Who could judge it has failed meanwhile. What the API has done is done, and the caller has to know.
          if (response.ok) return own<Judged>({});
          throw error;
        });
      next = await unless([signal], judging);
      if (next.authorization === undefined) return response;
      response.body?.cancel().catch(() => {});
      if (next.url !== undefined) {
        ({ url } = next as { url: string });
        request &&= new Request(url, request);
      }
    }
  } catch (error) {
    void engine().giveUp(call);
    throw error;
  }
};

/** The network has not answered. */
class NoAnswer extends Error {}

/** Sends one try. What comes back is told to the core in its own words. */
const sendOnce = async ({ init, headers: given }: ApiCall, request: Request | undefined, next: Authorized, signal?: AbortSignal | null) => {
  const { url, authorization, companyId, isBare } = next;
  const headers = new Headers(given);
  headers.set("authorization", authorization);
  if (companyId !== undefined) headers.set(COMPANY, companyId);
  if (isBare) headers.delete(COMPANY);
  const redirect = init.redirect ?? request?.redirect ?? "follow";
  // Browsers take `Authorization` off on the way to another origin, and no other header.
  const isHeld = redirect === "follow" && headers.has(COMPANY);
  const cache = init.cache ?? (request && request.cache !== "default" ? request.cache : "no-store");
  const more = { headers, credentials: "omit", cache, redirect: isHeld ? "manual" : redirect } as const;
  const options = ordinary<RequestInit>({ ...init, ...more });
  // What the platform refuses here is the caller's own mistake, and no news of the network. But for its URL, which the core has
  // judged, there may be nothing of the caller's.
  const isPlain = !request && Object.keys(init).length === 0;
  const sent = isPlain ? undefined : new Request(request ?? url, options);
  const response = await fetch(request ? sent! : url, options).catch((cause: unknown) => {
    throw !signal?.aborted && cause instanceof TypeError ? new NoAnswer("", { cause }) : cause;
  });
  const { status, type, redirected } = response;
  return {
    response,
    status,
    cache,
    isBare,
    method: sent?.method ?? "GET",
    url: redirected ? response.url : "",
    isRedirected: redirected,
    isRedirect: isHeld && type === "opaqueredirect",
    retryAfter: response.headers.get("retry-after") ?? "",
    rateLimitReset: response.headers.get("x-rate-limit-reset") ?? "",
  };
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
