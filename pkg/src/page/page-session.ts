import type * as Api from "../types/index.d.ts";
import { type Engine, type Publish, type Setup, UNKNOWN } from "../engine/engine.ts";
import { own } from "../boundary/boundary.ts";
import { endOf } from "../boundary/errors.ts";
import { createListeners } from "./listeners.ts";
import type { PageOptions } from "./options.ts";
import { keepRounds, noteLasting, remembered } from "./tab.ts";

export type MakeEngine = (setup: Setup, publish: Publish) => Engine;

export type PageSession = ReturnType<typeof createPageSession>;

/** The session as a page has it: the engine, made when it is first needed, and what is told of it and when. */
export const createPageSession = (read: PageOptions | Error, makeEngine: MakeEngine, onSession: (session: Api.Session) => void) => {
  const listeners = createListeners();
  let made: Engine | undefined;
  /** Made for who waits: a start, where nobody does, is quicker without. */
  let ending: AbortController | undefined;
  /** While a response of this page is judged, nobody is told whose session it is: it may be replaced at once. */
  let judging: Promise<unknown> | undefined;
  let held: Api.SessionEvent | undefined;
  const note: typeof noteLasting = read instanceof Error || !read.isLasting ? () => {} : noteLasting;

  const publish: Publish = (session, event) => {
    if (judging) return void (held = event);
    if (!session.signedIn || event === "signed_in") {
      ending?.abort(endOf(event));
      ending = undefined;
    }
    if (session.signedIn) keepRounds();
    note(session, event);
    onSession(session);
    if (event) listeners.tell(session, event);
  };

  const session = () => (!judging && made?.session()) || UNKNOWN;

  return {
    session,
    seen: () => (!judging && made?.seen()) || UNKNOWN,
    subscribe: listeners.add,
    /** What stops the calls that wait, when the session that they belong to has ended. */
    ended: () => (ending ??= new AbortController()).signal,
    isMade: () => made !== undefined,

    engine: (): Engine => {
      if (read instanceof Error) throw read;
      if (!made) {
        const { isAnyLeft, ...marks } = remembered(read.isLasting);
        made = makeEngine(own({ ...read, ...marks, page: pageUrl(), canResume: isAnyLeft && !judging }), publish);
        if (typeof document !== "undefined") attend(made, note);
      }
      return made;
    },

    /** Judges a response of this page that brings a session of its own. */
    judge: <T>(work: () => Promise<T>): Promise<T> => {
      // Before the work, for the engine that it makes is not to ask for another session.
      let begin!: (work: Promise<T>) => void;
      const judged = new Promise<T>((resolve) => (begin = resolve)).finally(() => {
        judging = undefined;
        publish(session(), held ?? "ready");
        held = undefined;
      });
      judging = judged;
      begin(work());
      return judged;
    },

    /** Whoever asks for a token meanwhile waits for the session that comes of it. Nothing, if there is nothing to wait for. */
    whenJudged: (): Promise<unknown> | undefined => judging?.catch(() => {}),
  };
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
