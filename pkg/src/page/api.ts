// In a script of its own, which is loaded as soon as somebody is signed in.

import type * as Api from "../types/index.d.ts";
import { type Call, answered, isHeldBack } from "./api-answers.ts";
import type { Engine } from "../engine/engine.ts";
import { ordinary, result } from "../boundary/boundary.ts";
import type { ApiCall } from "./request.ts";
import { unless } from "./unless.ts";

/** The client of which the API is asked. `ended`: what stops every call that waits, when the session it belongs to has ended. */
export interface ApiHost {
  readonly engine: () => Engine;
  readonly ended: () => AbortSignal;
}

const COMPANY = "procore-company-id";

/** What a caller gets who sends a request by other means than `fetch`. */
export const authorize = async ({ engine, ended }: ApiHost, { facts }: ApiCall): Promise<Api.AuthorizedRequest> => {
  const ending = engine().session().signedIn ? ended() : undefined;
  const { url, authorization, companyId } = await unless([ending], engine().authorize(facts));
  const headers = ordinary({ Authorization: authorization!, ...(companyId && { "Procore-Company-Id": companyId }) });
  return result<Api.AuthorizedRequest>({ url, headers: Object.freeze(headers) });
};

/**
 * Sends a request for the API, as often as it is to be sent, and answers with its response. `ending`: of the session that it
 * belongs to, if there was one when it was made; all its tries belong to that, and wait no longer than that lasts.
 */
export const send = async ({ engine, ended }: ApiHost, made: ApiCall, ending?: AbortSignal): Promise<Response> => {
  const { init, headers } = made;
  let { request: given, facts } = made;
  const signal = init.signal === undefined ? given?.signal : init.signal;
  const cache = init.cache ?? (given && given.cache !== "default" ? given.cache : "no-store");
  const redirect = init.redirect ?? given?.redirect ?? "follow";
  const isPlain = !given && !Object.keys(init).length;
  let isCompanyWithheld = false;
  const waits = made.onThrottle === "return" ? undefined : 0;
  const call: Call = { waits, body: init.body ?? given?.body, isIdempotent: made.isIdempotent };
  for (let tries = 1, first: number | undefined; ; tries++) {
    const authorizing = engine().authorize({ ...facts, generation: first });
    const { url, authorization, companyId: id, generation, isUnused } = await unless([signal, ending], authorizing);
    first ??= generation;
    ending ??= ended();
    // The core has it from a parser, and lets no user name through.
    const host = url.split("/", 3)[2]!;
    if (await isHeldBack(host, call, [signal, ending])) {
      tries -= 1;
      // The token may be over by now, and others may have been told to wait longer.
      continue;
    }
    const sent = new Headers(headers);
    sent.set("authorization", authorization!);
    if (id !== undefined) sent.set(COMPANY, id);
    if (isCompanyWithheld) sent.delete(COMPANY);
    // Browsers take `Authorization` off on the way to another origin, and no other header.
    const isHeld = redirect === "follow" && sent.has(COMPANY);
    const more = { headers: sent, credentials: "omit", cache, redirect: isHeld ? "manual" : redirect } as const;
    const { response, method } = await sendOnce(engine(), given ?? url, ordinary<RequestInit>({ ...init, ...more }), isPlain, signal);
    const { status, type, redirected } = response;
    const isRedirect = isHeld && type === "opaqueredirect";
    // What another server says is no word of the API. A redirect that the caller wants to see is opaque: there is nothing to
    // judge.
    const isElsewhere = redirected && new URL(response.url).host !== host;
    if (isElsewhere || (status === 0 && !isRedirect)) return response;
    // Without its session, a token is refused for that reason. Any other answer is the caller's.
    if (ending.aborted && status === 401) throw ending.reason;
    if (ending.aborted) return response;
    // The way without the company's ID has led to the API again: there it is sent.
    const isBack = redirected && isCompanyWithheld;
    if (response.ok && !isUnused && !isBack) return response;
    if (isBack) {
      facts = { ...facts, target: response.url };
      given &&= new Request(response.url, given);
      isCompanyWithheld = false;
    } else {
      const judge = (answer: object) =>
        unless([signal, ending], engine().judge({ ...answer, status, isRedirect, cache, generation, tries, method }));
      const next = await answered(judge, response, host, call, given?.bodyUsed);
      if (!next) return response;
      isCompanyWithheld ||= next.isToFollow === true;
    }
    response.body?.cancel().catch(() => {});
  }
};

/** `isPlain`: but for its URL, which the core has judged, nothing of the request is the caller's. */
const sendOnce = async (engine: Engine, target: Request | string, init: RequestInit, isPlain: boolean, signal?: AbortSignal | null) => {
  // What the platform refuses here is the caller's own mistake, and no news of the network.
  const request = isPlain ? undefined : new Request(target, init);
  try {
    const response = await fetch(typeof target === "string" ? target : request!, init);
    return { response, method: request?.method ?? "GET" };
  } catch (cause) {
    // The caller's own abort is the caller's own news.
    if (signal?.aborted || !(cause instanceof TypeError)) throw cause;
    await engine.judge({ status: 0 }, cause);
    throw cause;
  }
};
