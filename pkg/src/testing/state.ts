import type * as Api from "../types/index.d.ts";
import type { FakeAuthOptions, FakeCall, FakeControl, FakeMethod, FakeRequest } from "../types/testing.d.ts";
import { isProcoreAuthError } from "../boundary/errors.ts";
import { SIGNED_OUT, UNKNOWN, sessionOf } from "../engine/engine.ts";
import { noApi, requestOf, targetOf } from "./api.ts";
import { errorOf } from "./errors.ts";

const API = "https://api.procore.com";
/** How long Procore's tokens live, in seconds. */
const LIFETIME = 5400;

/** Once the core has started, the environment is known. */
const NOBODY = sessionOf({ ...SIGNED_OUT, environment: "production" });

const inAnHourAndAHalf = () => Math.floor(Date.now() / 1000) + LIFETIME;

/** What a fake client is, without its methods: the session, who listens, what is to fail, and the API. */
export class Fake {
  session = NOBODY;
  api;
  readonly calls: FakeCall[] = [];
  readonly listeners = new Set<Parameters<Api.ProcoreAuth["subscribe"]>[0]>();
  arrival: Parameters<FakeControl["comeBack"]>[0];
  /** Whether the user has signed out, and wants no page to go to the login page by itself. */
  hasSignedOut = false;
  readonly #apiOrigin: string;
  readonly #failures: (readonly [FakeMethod, Error])[] = [];
  #signIns = 0;

  constructor({ session = "signed_out", api = noApi, apiOrigin = API }: FakeAuthOptions) {
    this.api = api;
    this.#apiOrigin = apiOrigin;
    if (session === "unknown") this.session = UNKNOWN;
    else if (session !== "signed_out") this.session = this.#signedIn(session);
  }

  become(session: Api.Session, event: Api.SessionEvent): void {
    this.session = session;
    if (session.signedIn || event === "signed_out") this.hasSignedOut = !session.signedIn;
    for (const listener of [...this.listeners]) listener(session, event);
  }

  signIn(members?: Partial<Api.Session>): void {
    this.become(this.#signedIn(members), "signed_in");
  }

  #signedIn(members: Partial<Api.Session> = {}): Api.Session {
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
    if (this.session.signedIn) this.become(NOBODY, event);
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
    if (this.session.status === "unknown") this.become(NOBODY, "ready");
  }

  renew(): void {
    if (!this.session.signedIn) throw errorOf("not_signed_in", { phase: "refresh" });
    if (!this.session.renewable) {
      this.end("expired");
      throw errorOf("reauth_required");
    }
    this.become(sessionOf({ ...this.session, status: "fresh", expiresAtEpochSeconds: inAnHourAndAHalf() }), "refreshed");
  }

  /** A request that is about to be sent, with a token that is good. */
  async ask(input: string | URL | Request, init: Api.ApiRequestInit = {}): Promise<FakeRequest> {
    const target = targetOf(input, this.#apiOrigin);
    if (!this.session.signedIn) throw errorOf("not_signed_in");
    const request = await requestOf(target, input, init);
    if (this.session.status === "expired") {
      this.begin("refresh");
      this.renew();
    }
    return request;
  }
}
