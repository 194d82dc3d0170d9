import type * as Api from "../types/index.d.ts";
import type { Call } from "./api-answers.ts";
import { ordinary, own } from "../boundary/boundary.ts";
import type { Engine } from "../engine/engine.ts";
import { FLAG, THROTTLE, judged } from "../boundary/options.ts";
import { unless } from "./unless.ts";

/** What judges other answers than success, once there was one. */
let answers: typeof import("./api-answers.ts") | undefined;

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
    const cache = init.cache ?? (given && given.cache !== "default" ? given.cache : "no-store");
    const redirect = init.redirect ?? given?.redirect ?? "follow";
    let isCompanyWithheld = false;
    // Every try of a request belongs to the session of the first one, and waits no longer than that lasts.
    let ending = engine().session().signedIn ? ended() : undefined;
    const call: Call = { waits: onThrottle === "return" ? undefined : 0, body: init.body ?? given?.body, isIdempotent };
    for (let tries = 1, first: number | undefined; ; tries++) {
      const authorizing = engine().authorize({ ...facts, generation: first });
      const { url, authorization, companyId: id, generation, isUnused } = await unless([signal, ending], authorizing);
      first ??= generation;
      ending ??= ended();
      const { host } = new URL(url);
      if (await answers?.isHeldBack(host, call, [signal, ending])) {
        tries -= 1;
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
      // The way without the company's ID has led to the API again: there it is sent.
      const isBack = redirected && isCompanyWithheld;
      if (response.ok && !isUnused && !isBack) return response;
      // Without that script an answer stays what it is.
      answers ??= await import("./api-answers.js").catch(() => undefined);
      const judge = (more: object) =>
        unless([signal, ending], engine().judge({ ...more, status, isRedirect, cache, generation, tries, method: request.method }));
      if (isBack) {
        facts.target = response.url;
        given &&= new Request(response.url, given);
        isCompanyWithheld = false;
      } else {
        const next = await answers?.answered(judge, response, host, call, given?.bodyUsed);
        if (!next) return response;
        isCompanyWithheld ||= next.isToFollow === true;
      }
      response.body?.cancel().catch(() => {});
    }
  };
