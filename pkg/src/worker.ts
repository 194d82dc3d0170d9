import type * as Api from "./types/index.d.ts";
import { json, parse } from "./boundary/boundary.ts";
import { createAuth } from "./page/auth.ts";
import { type Engine, NOBODY, type Publish, type Setup } from "./engine/engine.ts";
import { find, keys, putPending } from "./page/pending.ts";
import type { WorkerOptions } from "./types/worker.d.ts";
import { type Link, createLink } from "./worker/link.ts";
import { type Arrival, OPERATIONS } from "./worker/messages.ts";
import { createPrepared } from "./worker/prepared.ts";

export { embeddedContext } from "./page/embedded.ts";
export { ProcoreAuthError, isProcoreAuthError } from "./boundary/errors.ts";

export const createProcoreAuth = (options: Api.ProcoreAuthOptions & WorkerOptions): Api.ProcoreAuth =>
  createAuth(options, (setup, publish) => {
    const { workerUrl, ...others } = parse<WorkerOptions>(setup.options);
    // A `URL` has become a plain object on the way.
    const url = typeof workerUrl === "object" ? (workerUrl && (workerUrl.href ?? workerUrl)) : workerUrl;
    return createWorkerEngine({ ...setup, options: json(others) }, publish, url ?? undefined);
  });

const createWorkerEngine = (setup: Setup, publish: Publish, workerUrl?: unknown): Engine => {
  const link = createLink({ setup, publish, workerUrl, onStop: () => prepared.clear() });
  const { ask, tell, session, isThere } = link;
  const prepared = createPrepared(link);
  /** Whether the page was left with a session. */
  let isToReturn = false;

  const asked = Object.fromEntries(
    OPERATIONS.map((name) => [name, (input?: unknown, cause?: unknown) => ask(name, input, cause)]),
  );
  return {
    ...(asked as unknown as Engine),
    ...{ session, seen: session },
    ready: async () => {
      const ready = ask("ready");
      // Asked at once, too. Without it a popup takes a turn more; that is no reason not to be ready.
      const isPrepared = prepared.prepare();
      await ready;
      await isPrepared;
    },

    signIn: async (asking) => {
      const answer = await ask<{ url: string; warning?: string; rounds?: string }>("signIn", asking);
      note(answer.url);
      return answer;
    },

    redeem: ({ url, record, state, isSpent }) => {
      const found = find(url);
      const isClaimed = record !== undefined || found !== undefined;
      const isAnyPending = keys().some((key) => key !== found?.key);
      return ask("redeem", { url, state, isClaimed, isSpent, isAnyPending } satisfies Arrival);
    },

    // Without a worker, nobody can be signed in but in the vault.
    signOut: async () => (isThere() || setup.isPersistent || setup.canResume ? ask("signOut") : NOBODY),

    ...tellingOf(link),
    resume: async () => {
      if (isToReturn) {
        isToReturn = false;
        await ask("ready");
        // It has ended meanwhile, elsewhere.
        if (!session().signedIn) publish(session(), "signed_out");
      }
      if (!isThere()) return;
      prepared.renew();
      await ask("resume");
    },
    suspend: async () => {
      if (!setup.isPersistent || !isThere()) return tell("suspend");
      // A page that is left may be kept. WebKit then stops its worker wherever that is, and no message comes in time: with a
      // lock, or in a transaction, that every other tab waits for. What the worker knows is kept.
      isToReturn = link.stop();
    },

    popupNow: prepared.take,
  };
};

/** What nobody waits for. */
const tellingOf = ({ tell }: Link): Pick<Engine, "drop" | "giveUp" | "note"> => ({
  drop: (state) => tell("drop", state),
  giveUp: (call) => tell("giveUp", call),
  note: (facts) => tell("note", facts),
});

/** Notes a sign-in, from its login URL: without the verifier, which only the worker has. */
const note = (url: string): void => {
  const { searchParams } = new URL(url);
  const [state, clientId, redirectUri] = ["state", "client_id", "redirect_uri"].map((key) => searchParams.get(key));
  const created = Math.floor(Date.now() / 1000);
  putPending(state!, json({ clientId, redirectUri, created }));
};
