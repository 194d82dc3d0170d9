import type * as Api from "../types/index.d.ts";
import { copy, json, members, own, result } from "../boundary/boundary.ts";
import { createFetch } from "./api.ts";
import { type Engine, type Publish, type Redeemed, type Setup, UNKNOWN } from "../engine/engine.ts";
import { endOf, isProcoreAuthError, startError } from "../boundary/errors.ts";
import { explaining } from "../boundary/explain.ts";
import { leave, refuseFrames } from "./leave.ts";
import { loaded } from "../boundary/loaded.ts";
import { openPopup, relayToOpener } from "./login-window.ts";
import { FLAG, SECONDS, SIGNAL, TAB_WORD, judged, mustBeOptions, only } from "../boundary/options.ts";
import { probe } from "./probe.ts";
import { takeFromPage } from "./redirect.ts";

type Listener = Parameters<Api.ProcoreAuth["subscribe"]>[0];

/** In the storage of a tab that has had a session: only such a tab, or one beside it, takes it up again. */
const TAB = "procore-spa-auth.tab";

/** For all tabs: when one of them was last known to have a session, in milliseconds since 1970. Gone with a sign-out. */
const LEFT = "procore-spa-auth.left";
/** How long after that its session is not taken for one that no tab has: the next page may be slow to come. */
const GRACE_MS = 30_000;

/** For all tabs: the session that was signed out of and could not be removed. Every start honours it. */
const OVER = "procore-spa-auth.over";

/** In the storage of a tab whose pages go to the login page by themselves: when they did, and the last error. */
const ROUNDS = "procore-spa-auth.rounds";

/** The clients of this page, by their configuration. */
const clients = new Map<string, Api.ProcoreAuth>();

/** The client of a page, on an engine that runs here or elsewhere. */
export const createAuth = (
  givenOptions: Api.ProcoreAuthOptions,
  makeEngine: (setup: Setup, publish: Publish) => Engine,
): Api.ProcoreAuth => {
  // Read now and never again, so that a later change of the object changes nothing.
  const read = readOptions(givenOptions);
  // A page has one client of a configuration, whoever asks for it: two could not both redeem one response.
  const name = read instanceof Error || typeof document === "undefined" ? undefined : json(read);
  const known = name && clients.get(name);
  if (known) return known;
  const listeners = new Set<Listener>();
  const redirects = new Map<string, Promise<Api.RedirectResult>>();
  let made: Engine | undefined;
  let ending = new AbortController();
  /** While a response of this page is judged, nobody is told whose session it is: it may be replaced at once. */
  let judging: Promise<unknown> | undefined;
  let held: Api.SessionEvent | undefined;
  /** Whether this page has a response that brings a session of its own. */
  let isToRedeem = false;

  const engine = (): Engine => {
    if (read instanceof Error) throw read;
    if (!made) {
      // Only where something is kept there: the first look into storage takes a browser two milliseconds.
      const kept = (use: () => string | null) => (read.isLasting ? inTab(use) : null);
      const left = kept(() => localStorage.getItem(LEFT));
      const isJustLeft = Math.abs(Date.now() - Number(left)) < GRACE_MS;
      const wasSignedIn = kept(() => sessionStorage.getItem(TAB)) !== null || isJustLeft;
      const over = kept(() => localStorage.getItem(OVER)) ?? undefined;
      const canResume = left !== null && !isToRedeem;
      made = makeEngine({ ...read, page: pageUrl(), wasSignedIn, canResume, over }, publish);
      if (typeof document !== "undefined") attend(made, noteLasting);
    }
    return made;
  };

  /** Tells the listeners what has happened. */
  const publish: Publish = (session, event) => {
    if (judging) return void (held = event);
    if (!session.signedIn || event === "signed_in") {
      ending.abort(endOf(event));
      ending = new AbortController();
    }
    if (session.signedIn) keepRounds();
    noteLasting(session, event);
    for (const listener of event ? [...listeners] : []) {
      try {
        listener(session, event!);
      } catch (error) {
        // A listener's mistake is its own: reported, and kept away from the sign-in.
        reportError(error);
      }
    }
  };

  /** Notes that there is a session which outlives this page, or none any more. */
  const noteLasting = ({ signedIn }: Api.Session, event?: Api.SessionEvent) => {
    if (read instanceof Error || !read.isLasting) return;
    inTab(() => {
      if (signedIn) {
        sessionStorage.setItem(TAB, "");
        localStorage.setItem(LEFT, String(Date.now()));
      } else if (event !== "ready") localStorage.removeItem(LEFT);
    });
  };

  const publishHeld = () => {
    judging = undefined;
    publish(auth.session, held ?? "ready");
    held = undefined;
  };

  /** Whoever asks for a token meanwhile waits for the session that comes of it. */
  const whenJudged = async (): Promise<void> => void (await judging!.catch(() => {}));

  const send = createFetch(engine, () => ending.signal);

  const redeem = async (response: Parameters<Engine["redeem"]>[0]): Promise<Api.RedirectResult> => {
    return redirected(await engine().redeem(own(response)));
  };

  const engineFacts = explaining(async () => engine().facts());

  const auth: Api.ProcoreAuth = {
    ready: explaining(async () => engine().ready()),

    handleRedirect: explaining((given) => {
      if (typeof location === "undefined") return Promise.resolve(redirected(own({})));
      const page = location.href;
      // As a listener it is called with an event, which is no URL.
      const isUrl = typeof given === "string" || (given as unknown) instanceof URL;
      const url = isUrl ? String(given) : page;
      // Asked again without a URL, it is about the same response, although that is scrubbed already.
      const keys = url === page ? [url, ""] : [url];
      const underWay = redirects.get(url) ?? (url === page ? redirects.get("") : undefined);
      if (underWay) return underWay;
      const work = async (): Promise<Api.RedirectResult> => {
        if (url !== page || read instanceof Error) return redeem({ url });
        // The opener goes on. Whatever the app would do here, a sign-in say, would end with this window.
        const relayed = relayToOpener();
        if (relayed) return relayed;
        const taken = takeFromPage(read.options, read.isPersistent);
        isToRedeem = taken.record !== undefined;
        const work = redeem({ url, ...taken });
        return isToRedeem ? (judging = work.finally(publishHeld)) : work;
      };
      let begin!: (work: Promise<Api.RedirectResult>) => void;
      const outcome = new Promise<Api.RedirectResult>((resolve) => (begin = resolve))
        .catch((error: unknown) => {
          noteCause(error);
          throw error;
        })
        .finally(() => keys.forEach((key) => redirects.delete(key)));
      keys.forEach((key) => redirects.set(key, outcome));
      // Only now: a router that listens to the scrubbing asks again from inside it.
      begin(work());
      return outcome;
    }),

    signIn: explaining(async (options = {}) => {
      refuseFrames();
      const asking = {
        options: optionsText(options),
        page: globalThis.location?.href ?? "",
        rounds: inTab(() => sessionStorage.getItem(ROUNDS)) ?? "",
        load: String(Math.floor(performance.timeOrigin)),
        isByUser: globalThis.navigator?.userActivation?.isActive === true,
      };
      const { url, warning, rounds } = await engine().signIn(own(asking));
      keepRounds(rounds);
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
      try {
        const response = await openPopup(url, state, signal, timeoutSeconds);
        return await redeem({ url: response, state });
      } catch (error) {
        void engine().drop(state);
        throw error;
      }
    }),

    diagnose: async (options) => {
      const { popup } = only(options, { popup: FLAG });
      const probing = popup ? probe(engine) : undefined;
      const subject = read instanceof Error ? {} : { options: read.options, isPersistent: read.isPersistent };
      const start = await engineFacts().then(
        (facts) => ({ facts }),
        (startError: Api.ProcoreAuthError) => ({ startError }),
      );
      const { diagnose } = await loaded(import("../check-up/diagnose.js"));
      return diagnose(own({ ...subject, ...start, ...(probing && { probe: probing }) }));
    },

    get session() {
      return (!judging && made?.session()) || UNKNOWN;
    },

    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    fetch: explaining(async (input, options) => {
      if (judging) await whenJudged();
      return send(input, options);
    }),

    refresh: explaining(async () => {
      if (judging) await whenJudged();
      await engine().refresh();
      return auth.session;
    }),

    signOut: explaining(async () => {
      // Before the client is made, nobody can be signed in.
      const { isRevoked, over } = made || (!(read instanceof Error) && read.isLasting) ? await engine().signOut() : own<{ isRevoked?: boolean; over?: string }>({});
      if (over) inTab(() => localStorage.setItem(OVER, over));
      // Without the vault nobody knows whether another tab has newer tokens.
      const outcome = isRevoked === undefined ? "nothing" : isRevoked && over === undefined ? "revoked" : "revoke_pending";
      return result<Api.SignOutResult>({ outcome, warnings: over === undefined ? undefined : ["storage_unavailable"] });
    }),
  };

  if (name) clients.set(name, auth);
  return Object.freeze(auth);
};

const redirected = ({ returnTo, warning }: Redeemed): Api.RedirectResult => {
  const handled = returnTo !== undefined;
  return result({ handled, returnTo, warnings: handled ? [warning].filter((code) => code !== undefined) : undefined });
};

/** This page without query and fragment, which may hold a code. `null:` where its origin is opaque. Empty off a page. */
const pageUrl = (): string =>
  typeof location === "undefined" ? "" : (globalThis.origin === "null" ? "null:" : location.origin) + location.pathname;

/** Keeps an engine informed of what a page goes through. */
const attend = (engine: Engine, onLeave: (session: Api.Session) => void) => {
  // Nobody waits for these; what fails is tried again by whoever needs it.
  const resume = () => void engine.resume().catch(() => {});
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && resume());
  addEventListener("pageshow", resume);
  addEventListener("online", resume);
  addEventListener("pagehide", () => {
    if (engine.session().signedIn) onLeave(engine.session());
    void engine.suspend();
  });
};

/** Storage may be blocked; then a tab does not remember. */
const inTab = <T>(use: () => T): T | null => {
  try {
    return use();
  } catch {
    return null;
  }
};

const keepRounds = (rounds?: string): void =>
  void inTab(() => (rounds ? sessionStorage.setItem(ROUNDS, rounds) : sessionStorage.removeItem(ROUNDS)));

/** For the error of a page that goes round: why nobody is signed in. */
const noteCause = (error: unknown): void => {
  const rounds = inTab(() => sessionStorage.getItem(ROUNDS));
  if (rounds && isProcoreAuthError(error)) keepRounds(`${rounds.split(" ")[0]} ${error.code}`);
};

/** `isLasting`: whether a session outlives the page, in the vault or in a token mediator's cookie. */
type Read = Pick<Setup, "options" | "isPersistent"> & { readonly isLasting: boolean };

const readOptions = (given: unknown): Read | Error => {
  try {
    const found = judged(optionsOf<Api.ProcoreAuthOptions>(given), { persist: TAB_WORD, resume: FLAG });
    const { persist, resume, ...options } = found;
    const isPersistent = persist !== undefined;
    const isLasting = isPersistent || (resume !== false && !!found.tokenMediator);
    return { options: json(options), isPersistent, isLasting };
  } catch (error) {
    return error as Error;
  }
};

/**
 * A copy of a caller's options.
 *
 * @throws `config_invalid` where they can't be read
 */
export const optionsOf = <T extends object>(given: unknown): Partial<T> => {
  mustBeOptions(given);
  return members(readable(() => copy(given)) as T);
};

const optionsText = (given: unknown): string => readable(() => json(given));

const readable = <T>(read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    if (isProcoreAuthError(cause)) throw cause;
    throw startError("config_invalid", "[a property throws]", cause);
  }
};
