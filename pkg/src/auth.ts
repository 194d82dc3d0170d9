import type * as Api from "./index.d.ts";
import { open, start } from "./core.ts";
import { startError } from "./errors.ts";
import { takeFromPage } from "./redirect.ts";
import { type Exchange, send } from "./send.ts";
import { snapshot } from "./snapshot.ts";

type Listener = Parameters<Api.ProcoreAuth["subscribe"]>[0];
type Client = ReturnType<typeof open>;

const SIGNED_OUT: Api.Session = Object.freeze({ signedIn: false, status: "signed_out", renewable: false });

/** A request to the API that the core has checked; without `authorization`, a renewal comes first. */
interface Authorized {
  readonly url: string;
  readonly companyId?: string;
  readonly authorization?: string;
  /** Tells the session, and the token, from those before and after. */
  readonly generation: number;
}

export const createProcoreAuth = (options: Api.ProcoreAuthOptions): Api.ProcoreAuth => {
  // Read now and never again, so that a later change of the object changes nothing.
  const config = frozen(options);
  const listeners = new Set<Listener>();
  const redirects = new Map<string, Promise<Api.RedirectResult>>();
  let opening: Promise<Client> | undefined;
  let client: Client | undefined;
  let session = SIGNED_OUT;
  let refreshing: Promise<Api.Session> | undefined;

  const opened = (): Promise<Client> =>
    (opening ??= (async () => {
      await start();
      if (config instanceof Error) throw config;
      const call = open();
      const page = typeof location === "undefined" ? "" : location.href;
      await exchange(call, call<object>("open", { options: config, page }));
      client = call;
      return call;
    })().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));

  /** Sends exchange after exchange, until something has come of it. */
  const exchange = async <T>(call: Client, first: Partial<Exchange> & T): Promise<T> => {
    let next = first;
    while (next.id !== undefined) {
      const { cause, ...answer } = await send(next as Exchange);
      try {
        next = call<Partial<Exchange> & T>("settle", { id: next.id, ...answer }, cause);
      } finally {
        publish();
      }
    }
    return next;
  };

  /** Brings the snapshot up to date. */
  const update = (): Api.Session => {
    if (!client) return session;
    let facts;
    try {
      facts = client<Omit<Api.Session, "signedIn">>("session");
    } catch {
      // A core that has failed holds nobody's session.
      client = undefined;
      return (session = SIGNED_OUT);
    }
    // An expired token that nothing can renew signs nobody in.
    const signedIn = facts.status !== "signed_out" && (facts.status !== "expired" || facts.renewable);
    const now = Object.freeze({ signedIn, ...facts });
    // The same object while nothing changes, as stores that compare by identity need it.
    if (JSON.stringify(now) !== JSON.stringify(session)) session = now;
    return session;
  };

  /** Tells the listeners what has happened, as soon as it has. */
  const publish = () => {
    const now = update();
    const event = client?.<{ event?: Api.SessionEvent }>("event").event;
    for (const listener of event ? [...listeners] : []) {
      try {
        listener(now, event!);
      } catch (error) {
        // A listener's mistake is its own: reported, and kept away from the sign-in.
        reportError(error);
      }
    }
  };

  /** Takes a step, with all exchanges that it needs; listeners hear of each change when it happens. */
  const step = async <T>(name: string, input: object = {}, cause?: unknown): Promise<T> => {
    const call = await opened();
    let first;
    try {
      first = call<Partial<Exchange> & T>(name, input, cause);
    } finally {
      publish();
    }
    return exchange<T>(call, first);
  };

  const redeem = async (input: object): Promise<Api.RedirectResult> => {
    type Redeemed = { returnTo?: string; warning?: Api.ProcoreAuthErrorCode };
    const { returnTo, warning } = await step<Redeemed>("redeem", input);
    return returnTo === undefined ? { handled: false } : { handled: true, returnTo, warnings: warning ? [warning] : [] };
  };

  const auth: Api.ProcoreAuth = {
    ready: async () => {
      await opened();
    },

    handleRedirect: (given) => {
      if (typeof location === "undefined") return Promise.resolve({ handled: false });
      const page = location.href;
      // As a listener it is called with an event, which is no URL.
      const isUrl = typeof given === "string" || (given as unknown) instanceof URL;
      const url = isUrl ? String(given) : page;
      // Asked again without a URL, it is about the same response, although that is scrubbed already.
      const keys = url === page ? [url, ""] : [url];
      const underWay = redirects.get(isUrl ? url : "") ?? redirects.get(url);
      if (underWay) return underWay;
      const record = url === page && typeof config === "string" ? takeFromPage(config) : undefined;
      const result = redeem({ url, record }).finally(() => keys.forEach((key) => redirects.delete(key)));
      keys.forEach((key) => redirects.set(key, result));
      return result;
    },

    signIn: async (signInOptions = {}) => {
      const json = frozen(signInOptions);
      if (json instanceof Error) throw json;
      const { url, warning } = await step<{ url: string; warning?: string }>("signIn", { options: json });
      if (warning) console.warn(`procore-spa-auth: ${warning}: returnTo was refused, / is used instead.`);
      location.assign(url);
      return new Promise<never>(() => {});
    },

    get session() {
      return update();
    },

    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    fetch: async (input, requestOptions = {}) => {
      // Without a prototype, so that nothing polluted gets into the request.
      const init: Api.ApiRequestInit = Object.assign(Object.create(null), requestOptions);
      const { companyId } = init;
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
      // Every try of a request belongs to the session of the first one.
      for (let isFirstTry = true, first: number | undefined; ; isFirstTry = false) {
        signal?.throwIfAborted();
        let authorized = await step<Authorized>("authorize", { ...facts, generation: first });
        first ??= authorized.generation;
        if (authorized.authorization === undefined) {
          await auth.refresh();
          authorized = await step<Authorized>("authorize", { ...facts, generation: first, isRenewed: true });
        }
        const { url, authorization, companyId: id, generation } = authorized;
        headers.set("authorization", authorization!);
        if (id !== undefined) headers.set("procore-company-id", id);
        let response;
        try {
          const sent = Object.assign(Object.create(null), init, { headers, credentials: "omit" });
          response = await fetch(request ?? url, sent);
        } catch (cause) {
          // The caller's own abort is the caller's own news.
          if (signal?.aborted || !(cause instanceof TypeError)) throw cause;
          return step("judge", { status: 0 }, cause);
        }
        // A redirect that the caller wants to see is opaque: there is nothing to judge.
        if (response.status === 0) return response;
        // Firefox shows no body of a Request, only whether it is used up.
        const isReplayable = canRepeat && !request?.bodyUsed;
        const judged = { status: response.status, generation, isFirstTry, isReplayable };
        const { isToRetry, isReplaced } = await step<{ isToRetry: boolean; isReplaced: boolean }>("judge", judged);
        if (!isToRetry) return response;
        void response.body?.cancel();
        if (!isReplaced) await auth.refresh();
      }
    },

    refresh: () =>
      (refreshing ??= step("refresh")
        .then(update)
        .finally(() => (refreshing = undefined))),

    signOut: async () => {
      // Before the core has started, nobody can be signed in.
      const { isRevoked } = opening ? await step<{ isRevoked?: boolean }>("signOut") : {};
      return { outcome: isRevoked === undefined ? "nothing" : isRevoked ? "revoked" : "revoke_pending" };
    },
  };

  return Object.freeze(auth);
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

/** The options as text, or why they could not be read. */
export const frozen = (options: unknown): string | Error => {
  try {
    return snapshot(options);
  } catch (cause) {
    return startError("config_invalid", "The options could not be read: a property of them throws.", cause);
  }
};
