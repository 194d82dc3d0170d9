import type * as Api from "../types/index.d.ts";
import type { FakeAuth, FakeAuthOptions, FakeControl, FakeMethod } from "../types/testing.d.ts";
import { result } from "../boundary/boundary.ts";
import { explaining } from "../boundary/explain.ts";
import { responseOf } from "./api.ts";
import { errorOf } from "./errors.ts";
import { Fake } from "./state.ts";

const TOKEN = "fake-access-token";
const USER = result<Api.User>({ id: "1001", login: "pat@example.com", name: "Pat Rivera" });

/** See `pkg/src/types/testing.d.ts`. */
export const createFakeAuth = (options: FakeAuthOptions = {}): FakeAuth => {
  const fake = new Fake(options);
  // In pieces, which find each other here, so that what a test puts in place of a method is called.
  const auth: FakeAuth = {
    fake: controlOf(fake),
    get session() {
      return fake.session;
    },
    subscribe: (listener) => {
      fake.listeners.add(listener);
      return () => void fake.listeners.delete(listener);
    },
    ...signInOf(fake, () => auth),
    ...requestsOf(fake, options.user ?? USER),
  };
  return auth;
};

const controlOf = (fake: Fake): FakeControl => ({
  calls: fake.calls,
  signIn: (members) => fake.signIn(members),
  comeBack: (arrival = {}) => void (fake.arrival = arrival),
  expire: () => fake.expire(),
  signOutElsewhere: () => fake.end("signed_out"),
  end: (event = "reauth_required") => fake.end(event),
  tell: (event) => fake.become(fake.session, event),
  failNext: (name, error, facts) => fake.failNext(name, typeof error === "string" ? errorOf(error, facts) : error),
  answer: (api) => void (fake.api = api),
});

/** A method that is written down, and fails where it has been told to. */
const methodOf = (fake: Fake) => <A extends unknown[], R>(name: FakeMethod, work: (...args: A) => R | Promise<R>) =>
  explaining(async (...args: A): Promise<R> => {
    fake.calls.push({ method: name, args });
    fake.begin(name);
    // Nobody is told whose session there is, while a response is judged.
    if (!fake.arrival) fake.start();
    return work(...args);
  });

type SignIn = "ready" | "start" | "handleRedirect" | "signIn" | "signInWithPopup" | "signOut" | "diagnose";

const signInOf = (fake: Fake, auth: () => Api.ProcoreAuth): Pick<Api.ProcoreAuth, SignIn> => {
  const method = methodOf(fake);
  const redeem = method("handleRedirect", (_url?: string) => {
    const { arrival } = fake;
    if (!arrival) return redirected();
    fake.arrival = undefined;
    fake.signIn(arrival.session);
    return redirected(arrival.returnTo ?? "/");
  });
  /** As with the real one, who asks meanwhile gets the same answer. */
  let redeeming: Promise<Api.RedirectResult> | undefined;

  return {
    ready: method("ready", () => {}),
    start: method("start", async ({ signIn = "auto", navigate } = {}) => {
      const { returnTo } = await auth().handleRedirect();
      if (returnTo !== undefined) await (navigate ?? replace)(returnTo);
      if (signIn === "auto" && !fake.session.signedIn && !fake.hasSignedOut) await auth().signIn();
      return fake.session;
    }),
    handleRedirect: (url) => (redeeming ??= redeem(url).finally(() => (redeeming = undefined))),
    // The page is left, and this is the end of it.
    signIn: method("signIn", () => new Promise<never>(() => {})),
    signInWithPopup: method("signInWithPopup", () => {
      fake.signIn();
      return redirected("/");
    }),
    signOut: method("signOut", () => {
      const outcome = fake.session.signedIn ? "revoked" : "nothing";
      fake.end("signed_out");
      return result<Api.SignOutResult>({ outcome, warnings: undefined });
    }),
    diagnose: method("diagnose", () => []),
  };
};

const requestsOf = (fake: Fake, user: Api.User): Pick<Api.ProcoreAuth, "fetch" | "authorize" | "user" | "refresh"> => {
  const method = methodOf(fake);
  return {
    fetch: method("fetch", async (input, init) => {
      const request = await fake.ask(input, init);
      return responseOf(await fake.api(request), request.url);
    }),
    authorize: method("authorize", async (target, init) => {
      const { url, headers } = await fake.ask(target, init);
      const companyId = headers["procore-company-id"];
      const made = { Authorization: `Bearer ${TOKEN}`, ...(companyId && { "Procore-Company-Id": companyId }) };
      return result<Api.AuthorizedRequest>({ url, headers: Object.freeze(made) });
    }),
    user: method("user", async () => {
      await fake.ask("/rest/v1.0/me");
      return user;
    }),
    refresh: method("refresh", () => {
      fake.renew();
      return fake.session;
    }),
  };
};

/** As the real one, where there is a page. */
const replace = (returnTo: string): void => globalThis.history?.replaceState(history.state, "", returnTo);

const redirected = (returnTo?: string): Api.RedirectResult => {
  const handled = returnTo !== undefined;
  return result<Api.RedirectResult>({ handled, returnTo, warnings: handled ? [] : undefined });
};
