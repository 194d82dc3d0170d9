import type * as Api from "../types/index.d.ts";
import type { FakeAuth, FakeAuthOptions, FakeCall, FakeControl, FakeMethod } from "../types/testing.d.ts";
import { result } from "../boundary/boundary.ts";
import { isProcoreAuthError } from "../boundary/errors.ts";
import { explaining } from "../boundary/explain.ts";
import { SIGNED_OUT, UNKNOWN, sessionOf } from "../engine/engine.ts";
import { noApi, requestOf, responseOf, targetOf } from "./api.ts";
import { errorOf } from "./errors.ts";

const API = "https://api.procore.com";
/** How long Procore's tokens live, in seconds. */
const LIFETIME = 5400;

const inAnHourAndAHalf = () => Math.floor(Date.now() / 1000) + LIFETIME;

/** What a client is, without its methods: the session, who listens, and what is to fail. */
class Fake {
  session = SIGNED_OUT;
  readonly calls: FakeCall[] = [];
  readonly listeners = new Set<Parameters<Api.ProcoreAuth["subscribe"]>[0]>();
  arrival: Parameters<FakeControl["comeBack"]>[0];
  readonly #failures: (readonly [FakeMethod, Error])[] = [];
  #signIns = 0;

  become(session: Api.Session, event: Api.SessionEvent): void {
    this.session = session;
    for (const listener of [...this.listeners]) listener(session, event);
  }

  signIn(members: Partial<Api.Session> = {}): Api.Session {
    return sessionOf({
      id: `fake-session-${++this.#signIns}`,
      signedIn: true,
      status: "fresh",
      environment: "production",
      flow: "code",
      renewable: true,
      expiresAtEpochSeconds: inAnHourAndAHalf(),
      ...members,
    });
  }

  /** What time does, and nobody is told of. */
  expire(): void {
    const expiresAtEpochSeconds = inAnHourAndAHalf() - LIFETIME - 1;
    if (this.session.signedIn) this.session = sessionOf({ ...this.session, status: "expired", expiresAtEpochSeconds });
  }

  end(event: Api.SessionEvent): void {
    if (this.session.signedIn) this.become(SIGNED_OUT, event);
  }

  failNext(method: FakeMethod, error: Error): void {
    this.#failures.push([method, error]);
  }

  /** @throws what this method has been told to */
  begin(method: FakeMethod): void {
    const index = this.#failures.findIndex(([name]) => name === method);
    if (index < 0) return;
    const [[, error]] = this.#failures.splice(index, 1) as [readonly [FakeMethod, Error]];
    if (isProcoreAuthError(error) && error.code === "reauth_required") this.end("reauth_required");
    throw error;
  }

  start(): void {
    if (this.session.status === "unknown") this.become(SIGNED_OUT, "ready");
  }

  renew(): void {
    if (!this.session.signedIn) throw errorOf("not_signed_in", { phase: "refresh" });
    if (!this.session.renewable) {
      this.end("expired");
      throw errorOf("reauth_required");
    }
    this.become(sessionOf({ ...this.session, status: "fresh", expiresAtEpochSeconds: inAnHourAndAHalf() }), "refreshed");
  }
}

/** See `pkg/src/types/testing.d.ts`. */
export const createFakeAuth = (options: FakeAuthOptions = {}): FakeAuth => {
  const fake = new Fake();
  let api = options.api ?? noApi;
  const { session = "signed_out" } = options;
  if (session === "unknown") fake.session = UNKNOWN;
  else if (session !== "signed_out") fake.session = fake.signIn(session);

  /** A method that is written down, and fails where it has been told to. */
  const method = <A extends unknown[], R>(name: FakeMethod, work: (...args: A) => R | Promise<R>) =>
    explaining(async (...args: A): Promise<R> => {
      fake.calls.push({ method: name, args });
      fake.begin(name);
      // Nobody is told whose session there is, while a response is judged.
      if (name !== "handleRedirect" || !fake.arrival) fake.start();
      return work(...args);
    });

  const control: FakeControl = {
    calls: fake.calls,
    signIn: (members) => fake.become(fake.signIn(members), "signed_in"),
    comeBack: (arrival = {}) => void (fake.arrival = arrival),
    expire: () => fake.expire(),
    signOutElsewhere: () => fake.end("signed_out"),
    end: (event = "reauth_required") => fake.end(event),
    tell: (event) => fake.become(fake.session, event),
    failNext: (name, error, facts) => fake.failNext(name, typeof error === "string" ? errorOf(error, facts) : error),
    answer: (given) => void (api = given),
  };

  const redeem = method("handleRedirect", (_url?: string) => {
    const { arrival } = fake;
    if (!arrival) return redirected();
    fake.arrival = undefined;
    control.signIn(arrival.session);
    return redirected(arrival.returnTo ?? "/");
  });
  /** As with the real one, who asks meanwhile gets the same answer. */
  let redeeming: Promise<Api.RedirectResult> | undefined;

  return {
    fake: control,
    get session() {
      return fake.session;
    },
    subscribe: (listener) => {
      fake.listeners.add(listener);
      return () => void fake.listeners.delete(listener);
    },
    ready: method("ready", () => {}),
    handleRedirect: (url) => (redeeming ??= redeem(url).finally(() => (redeeming = undefined))),
    // The page is left, and this is the end of it.
    signIn: method("signIn", () => new Promise<never>(() => {})),
    signInWithPopup: method("signInWithPopup", () => {
      control.signIn();
      return redirected("/");
    }),
    diagnose: method("diagnose", () => []),
    refresh: method("refresh", () => {
      fake.renew();
      return fake.session;
    }),
    fetch: method("fetch", async (input, init) => {
      const target = targetOf(input, options.apiOrigin ?? API);
      if (!fake.session.signedIn) throw errorOf("not_signed_in");
      const request = await requestOf(target, input, init ?? {});
      if (fake.session.status === "expired") {
        fake.begin("refresh");
        fake.renew();
      }
      return responseOf(await api(request), target);
    }),
    signOut: method("signOut", () => {
      const outcome = fake.session.signedIn ? "revoked" : "nothing";
      fake.end("signed_out");
      return result<Api.SignOutResult>({ outcome, warnings: undefined });
    }),
  };
};

const redirected = (returnTo?: string): Api.RedirectResult => {
  const handled = returnTo !== undefined;
  return result<Api.RedirectResult>({ handled, returnTo, warnings: handled ? [] : undefined });
};
