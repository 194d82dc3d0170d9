import type * as Api from "./index.d.ts";
import { open, start } from "./core.ts";
import { startError } from "./errors.ts";
import { takeFromPage } from "./redirect.ts";
import { type Exchange, send } from "./send.ts";
import { snapshot } from "./snapshot.ts";

type Listener = Parameters<Api.ProcoreAuth["subscribe"]>[0];
type Client = ReturnType<typeof open>;

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
  const redirects = new Map<string | undefined, Promise<Api.RedirectResult>>();
  let opening: Promise<Client> | undefined;
  let client: Client | undefined;
  let session: Api.Session = Object.freeze({ signedIn: false, status: "signed_out", renewable: false });
  let refreshing: Promise<Api.Session> | undefined;

  const opened = (): Promise<Client> =>
    (opening ??= (async () => {
      await start();
      if (config instanceof Error) throw config;
      const call = open();
      const page = typeof location === "undefined" ? "" : location.href;
      await exchange(call, call<object>("open", { options: config, page }));
      client = call;
      update();
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
      next = call<Partial<Exchange> & T>("settle", { id: next.id, ...answer }, cause);
    }
    return next;
  };

  /** Brings the snapshot up to date, and tells the listeners what has happened. */
  const update = (): Api.Session => {
    if (!client) return session;
    const { event, ...facts } = client<Omit<Api.Session, "signedIn"> & { event?: Api.SessionEvent }>("session");
    // An expired token that nothing can renew signs nobody in.
    const signedIn = facts.status !== "signed_out" && (facts.status !== "expired" || facts.renewable);
    const now = Object.freeze({ signedIn, ...facts });
    // The same object while nothing changes, as stores that compare by identity need it.
    if (JSON.stringify(now) !== JSON.stringify(session)) session = now;
    for (const listener of event ? [...listeners] : []) {
      try {
        listener(session, event!);
      } catch (error) {
        // A listener's mistake is its own: reported, and kept away from the sign-in.
        reportError(error);
      }
    }
    return session;
  };

  /** Takes a step, with all exchanges that it needs, and brings the session up to date whatever comes of it. */
  const step = async <T>(name: string, input: object = {}, cause?: unknown): Promise<T> => {
    const call = await opened();
    try {
      return await exchange<T>(call, call(name, input, cause));
    } finally {
      update();
    }
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

    handleRedirect: (url) => {
      if (typeof location === "undefined") return Promise.resolve({ handled: false });
      const underWay = redirects.get(url);
      if (underWay) return underWay;
      const page = location.href;
      const target = url ?? page;
      const record = target === page ? takeFromPage() : undefined;
      const result = redeem({ url: target, record }).finally(() => redirects.delete(url));
      redirects.set(url, result);
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
      const { companyId, ...init }: Api.ApiRequestInit = Object.assign(Object.create(null), requestOptions);
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
      const isReplayable = canSendTwice(init.body ?? request?.body);
      // Every try of a request belongs to the session of the first one.
      for (let isFirstTry = true, first: number | undefined; ; isFirstTry = false) {
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
          response = await fetch(request ?? url, { ...init, headers, credentials: "omit" });
        } catch (cause) {
          // The caller's own abort is the caller's own news.
          if (!(cause instanceof TypeError)) throw cause;
          return step("judge", { status: 0 }, cause);
        }
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
