import type * as Api from "./index.d.ts";
import { Core, call, enter, failure, start } from "./core.ts";
import { startError } from "./errors.ts";
import { takeFromPage } from "./redirect.ts";
import { type Exchange, send } from "./send.ts";
import { snapshot } from "./snapshot.ts";

/** A request to the API that the core has checked; without `authorization`, a renewal comes first. */
interface Authorized {
  readonly url: string;
  readonly companyId?: string;
  readonly authorization?: string;
  readonly generation?: number;
}

type Listener = Parameters<Api.ProcoreAuth["subscribe"]>[0];

export const createProcoreAuth = (options: Api.ProcoreAuthOptions): Api.ProcoreAuth => {
  // Read now and never again, so that a later change of the object changes nothing.
  const config = frozen(options);
  const listeners = new Set<Listener>();
  let core: Core | undefined;
  let opening: Promise<Core> | undefined;
  let session: Api.Session = Object.freeze({ signedIn: false, status: "signed_out", renewable: false });
  let sessionText = "";
  let refreshing: Promise<Api.Session> | undefined;
  const redirects = new Map<string, Promise<Api.RedirectResult>>();

  const open = (): Promise<Core> =>
    (opening ??= (async () => {
      await start();
      if (config instanceof Error) throw config;
      const page = typeof location === "undefined" ? "" : location.href;
      const opened = enter(() => new Core(config, page));
      const discovery = call<Exchange>(() => opened.discover());
      if (discovery) await run(opened, discovery);
      return (core = opened);
    })().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));

  /** Sends exchange after exchange until something has come of it. */
  const run = async <T>(on: Core, first: Exchange): Promise<T> => {
    try {
      for (let { id }: Exchange = first, next = first; ; id = next.id) {
        const { kind, status = 0, contentType = "", body, cause } = await send(next);
        const settled = call<Exchange & T>(() => on.settle(id, kind, status, contentType, body), cause)!;
        body?.fill(0);
        if (settled.id === undefined) return settled;
        next = settled;
      }
    } finally {
      publish(on);
    }
  };

  const current = (): Api.Session => {
    const text = core?.session() as string | undefined;
    if (text !== undefined && text !== sessionText) {
      sessionText = text;
      const facts = JSON.parse(text) as Omit<Api.Session, "signedIn">;
      // An expired token that nothing can renew signs nobody in.
      const signedIn = facts.status !== "signed_out" && (facts.status !== "expired" || facts.renewable);
      session = Object.freeze({ signedIn, ...facts });
    }
    return session;
  };

  const publish = (on: Core) => {
    core ??= on;
    const event = on.takeEvent() as Api.SessionEvent | undefined;
    if (!event) return;
    const now = current();
    for (const listener of [...listeners]) {
      // A listener's mistake is its own: reported, and kept away from the sign-in.
      try {
        listener(now, event);
      } catch (error) {
        reportError(error);
      }
    }
  };

  const redeem = async (url: string, record: string | undefined): Promise<Api.RedirectResult> => {
    const on = await open();
    const exchange = call<Exchange>(() => on.redeem(url, record));
    if (!exchange) return { handled: false };
    const { returnTo, warning } = await run<{ returnTo: string; warning?: Api.ProcoreAuthErrorCode }>(on, exchange);
    return { handled: true, returnTo, warnings: warning ? [warning] : [] };
  };

  const renew = async (): Promise<Api.Session> => {
    const on = await open();
    try {
      const exchange = call<Exchange>(() => on.refresh());
      if (exchange) await run(on, exchange);
    } finally {
      publish(on);
    }
    return current();
  };

  const auth: Api.ProcoreAuth = {
    ready: async () => {
      await open();
    },

    handleRedirect: (url) => {
      if (typeof location === "undefined") return Promise.resolve({ handled: false });
      const page = location.href;
      const target = url ?? page;
      const shared = url === undefined ? "" : url;
      const underWay = redirects.get(shared);
      if (underWay) return underWay;
      const record = target === page ? takeFromPage() : undefined;
      const result = redeem(target, record).finally(() => redirects.delete(shared));
      redirects.set(shared, result);
      return result;
    },

    signIn: async (signInOptions = {}) => {
      const json = frozen(signInOptions);
      if (json instanceof Error) throw json;
      const on = await open();
      const { url, warning } = call<{ url: string; warning?: string }>(() => on.signIn(json))!;
      if (warning) console.warn(`procore-spa-auth: ${warning}: returnTo was refused, / is used instead.`);
      location.assign(url);
      return new Promise<never>(() => {});
    },

    get session() {
      return current();
    },

    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    fetch: async (input, options = {}) => {
      // Without a prototype, so that nothing polluted gets into the request.
      const { companyId, ...init }: Api.ApiRequestInit = Object.assign(Object.create(null), options);
      const on = await open();
      const request = typeof Request !== "undefined" && input instanceof Request ? input : undefined;
      // Made a string once: what is checked is what is fetched.
      const target = request ? request.url : String(input);
      const company = companyId === undefined ? undefined : String(companyId);
      const headers = new Headers(init.headers ?? request?.headers);
      const hasAuthorization = headers.has("authorization");
      const body = init.body ?? request?.body;
      for (let isFirstTry = true; ; isFirstTry = false) {
        const authorize = () => {
          try {
            return call<Authorized>(() =>
              on.authorize(target, company, typeof companyId === "number", hasAuthorization),
            )!;
          } finally {
            publish(on);
          }
        };
        let authorized = authorize();
        if (authorized.authorization === undefined) {
          await auth.refresh();
          authorized = authorize();
        }
        const { url, authorization, companyId: id, generation = 0 } = authorized;
        if (authorization === undefined) throw failure("reauth_required", "api");
        headers.set("authorization", authorization);
        if (id !== undefined) headers.set("procore-company-id", id);
        const response = await fetch(request ?? url, { ...init, headers, credentials: "omit" }).catch(
          (cause: unknown) => {
            // The caller's own abort is the caller's own news.
            throw cause instanceof TypeError ? failure("network_error", "api", cause) : cause;
          },
        );
        if (!on.isToRetry(response.status, generation, isFirstTry, isReplayable(body))) return response;
        void response.body?.cancel();
        if (!on.isReplaced(generation)) await auth.refresh();
      }
    },

    refresh: () => (refreshing ??= renew().finally(() => (refreshing = undefined))),

    signOut: async () => {
      // Before the core has started, nobody can be signed in.
      if (!opening) return { outcome: "nothing" };
      const on = await open();
      const exchange = call<Exchange>(() => on.signOut());
      publish(on);
      if (!exchange) return { outcome: "nothing" };
      const { isRevoked } = await run<{ isRevoked: boolean }>(on, exchange);
      return { outcome: isRevoked ? "revoked" : "revoke_pending" };
    },
  };
  return Object.freeze(auth);
};

/** A body that can be sent twice: no stream, and no form, which may hold files that have changed meanwhile. */
const isReplayable = (body: unknown): boolean =>
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
