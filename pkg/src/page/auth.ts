import type * as Api from "../types/index.d.ts";
import { json, own, result } from "../boundary/boundary.ts";
import { ProcoreAuthError } from "../boundary/errors.ts";
import { explaining } from "../boundary/explain.ts";
import { NOBODY } from "../engine/engine.ts";
import { loaded } from "../boundary/loaded.ts";
import { createOnce } from "../boundary/once.ts";
import { ANY, CALLBACK, FLAG, SECONDS, SIGN_IN, SIGNAL, judged, only } from "../boundary/options.ts";
import type { createCalls } from "./calls.ts";
import { leave, refuseFrames } from "./leave.ts";
import { openPopup } from "./login-window.ts";
import { type PageOptions, optionsText, readOptions, readable } from "./options.ts";
import { type MakeEngine, type PageSession, createPageSession } from "./page-session.ts";
import { probe } from "./probe.ts";
import { createRedirects } from "./redirected.ts";
import { readRequest } from "./request.ts";
import { start } from "./start.ts";
import { keepRounds, noteOver, rounds } from "./tab.ts";

/** The clients of this page, by their configuration. */
const clients = new Map<string, Api.ProcoreAuth>();

/** The client of a page, on an engine that runs here or elsewhere. */
export const createAuth = (givenOptions: Api.ProcoreAuthOptions, makeEngine: MakeEngine): Api.ProcoreAuth => {
  const read = readOptions(givenOptions);
  // A page has one client of a configuration, whoever asks for it: two could not both redeem one response.
  const name = read instanceof Error || typeof document === "undefined" ? undefined : json(read);
  const known = name && clients.get(name);
  if (known) return known;
  const auth = Object.freeze(createMethods(read, makeEngine));
  if (name) clients.set(name, auth);
  return auth;
};

const createMethods = (read: PageOptions | Error, makeEngine: MakeEngine): Api.ProcoreAuth => {
  const { page, load, calling } = createCalling(read, makeEngine);
  const redirects = createRedirects(read, page, load);
  const auth: Api.ProcoreAuth = {
    ...signingIn(page, redirects, load),

    start: explaining(async (options) => {
      // At once, for it scrubs the URL.
      const redirected = redirects.handle();
      redirected.catch(() => {});
      const read = only(options, { signIn: SIGN_IN, navigate: CALLBACK });
      return start({ auth, redirected }, read);
    }),

    get session() {
      return page.session();
    },

    subscribe: page.subscribe,
    ...usingTheApi(page, calling),
    ...usingTheSession(read, page),
    ...checkingUp(read, page),
  };
  return auth;
};

type Calls = ReturnType<typeof createCalls>;
type Calling = <T>(call: (calls: Calls) => Promise<T>) => Promise<T>;

/** The session of a page, and the way to the calls that only those make who are signed in: the script of them is loaded for these. */
const createCalling = (read: PageOptions | Error, makeEngine: MakeEngine) => {
  let calls: Calls | undefined;
  // Ahead of the first request, and on its way beside whatever brings the session. The engine is not asked anything by it.
  const load = () => void script.run().catch(() => {});
  // Beside the engine, where there may be a session to take up.
  const make: MakeEngine = (setup, publish) => {
    if (setup.canResume) load();
    return makeEngine(setup, publish);
  };
  const page = createPageSession(read, make, ({ signedIn }) => {
    if (signedIn || calls) script.run().then(({ onSession }) => onSession(), () => {});
  });
  const { engine, ended, whenJudged } = page;

  const script = createOnce(async () => {
    const { createCalls } = await loaded(import("./calls.js"));
    const isRenewedAhead = !(read instanceof Error) && read.isRenewedAhead;
    return (calls = createCalls({ engine, ended, isRenewedAhead, failed: (facts) => new ProcoreAuthError(facts) }));
  });

  /** Runs a call in this very turn where it can: nothing that comes after gets before it. */
  const calling: Calling = async (call) => {
    const judged = whenJudged();
    if (judged) await judged;
    return call(calls ?? (await script.run()));
  };

  return { page, load, calling };
};

type Part<Names extends keyof Api.ProcoreAuth> = Pick<Api.ProcoreAuth, Names>;

const signingIn = (
  { engine }: PageSession,
  { handle, redeem }: ReturnType<typeof createRedirects>,
  load: () => void,
): Part<"ready" | "handleRedirect" | "signIn" | "signInWithPopup"> => ({
  ready: explaining(async () => engine().ready()),

  handleRedirect: explaining(handle),

  signIn: explaining(async (options = {}) => {
    refuseFrames();
    const asking = {
      options: optionsText(options),
      page: globalThis.location?.href ?? "",
      rounds: rounds(),
      load: String(Math.floor(performance.timeOrigin)),
      isByUser: globalThis.navigator?.userActivation?.isActive === true,
    };
    const { url, warning, rounds: next } = await engine().signIn(own(asking));
    keepRounds(next);
    if (warning) console.warn(`procore-spa-auth: ${warning}`);
    return leave(url);
  }),

  signInWithPopup: explaining(async (options) => {
    const { signal, timeoutSeconds, ...signInOptions } = readable(() =>
      judged(options, { signal: SIGNAL, timeoutSeconds: SECONDS }),
    );
    const text = optionsText(signInOptions);
    // Without a turn in between, where that is possible: a popup has to open inside the click.
    const { url, state } = engine().popupNow(text) ?? (await engine().popup(text));
    load();
    try {
      const response = await openPopup(url, state, signal, timeoutSeconds);
      return await redeem({ url: response, state });
    } catch (error) {
      void engine().drop(state);
      throw error;
    }
  }),
});

const usingTheApi = ({ seen, ended }: PageSession, calling: Calling): Part<"fetch" | "authorize" | "user"> => ({
  fetch: explaining(async (input, options) => {
    const request = readRequest(input, options);
    // Of the session that the app has seen, also where the script is not here yet.
    const ending = seen().signedIn ? ended() : undefined;
    return calling(({ send }) => send(request, ending));
  }),

  authorize: explaining(async (target, options) => {
    const request = readRequest(String(target), only(options, { companyId: ANY }));
    return calling(({ authorize }) => authorize(request));
  }),

  user: explaining(() => calling(({ user }) => user())),
});

const usingTheSession = (read: PageOptions | Error, page: PageSession): Part<"refresh" | "signOut"> => ({
  refresh: explaining(async () => {
    const judged = page.whenJudged();
    if (judged) await judged;
    await page.engine().refresh();
    return page.session();
  }),

  signOut: explaining(async () => {
    const isLasting = !(read instanceof Error) && read.isLasting;
    // Before the client is made, nobody can be signed in.
    const { outcome, over } = page.isMade() || isLasting ? await page.engine().signOut() : NOBODY;
    if (over) noteOver(over);
    return result<Api.SignOutResult>({ outcome, warnings: over === undefined ? undefined : ["storage_unavailable"] });
  }),
});

const checkingUp = (read: PageOptions | Error, { engine }: PageSession): Part<"diagnose"> => {
  const facts = explaining(async () => engine().facts());
  return {
    diagnose: async (options) => {
      const { popup } = only(options, { popup: FLAG });
      const probing = popup ? probe(engine) : undefined;
      const subject = read instanceof Error ? {} : { options: read.options, isPersistent: read.isPersistent };
      const start = await facts().then(
        (facts) => ({ facts }),
        (startError: Api.ProcoreAuthError) => ({ startError }),
      );
      const { diagnose } = await loaded(import("../check-up/diagnose.js"));
      return diagnose(own({ ...subject, ...start, ...(probing && { probe: probing }) }));
    },
  };
};
