import type * as Api from "./types/index.d.ts";
import { copy, own, received } from "./boundary/boundary.ts";
import { createEngine } from "./engine/client.ts";
import { start } from "./engine/core.ts";
import type { Asking, Engine, Setup } from "./engine/engine.ts";
import { startError } from "./boundary/errors.ts";
import type { Answer, Arrival, Asked, Begin, Operation, Question } from "./worker/messages.ts";
import { OPERATIONS, VERSION, packError } from "./worker/messages.ts";
import { putPending, sweepPending, takePending } from "./worker/pending.ts";

/** Longer than any question that is meant, in characters. */
const MAX_INPUT = 1024 * 1024;
const MAX_WAIT_MS = 3_600_000;
/** Until the page has other things to do than to start. */
const SWEEP_MS = 3_000;

const post = (answer: Answer) => postMessage(answer);

let engine: Engine | undefined;
let told: Api.Session | undefined;
let watching: ReturnType<typeof setTimeout> | undefined;

/** Tells the page something, if there is something, and what the session is now, where that is news. */
const tell = (more?: Answer, session = engine?.seen()) => {
  if (session === told) return more && post(more);
  told = session;
  post({ ...more, session });
  watch();
};

/** Time alone changes the session too, and the page's copy must not grow old. */
const watch = () => {
  clearTimeout(watching);
  if (told?.expiresAtEpochSeconds === undefined || told.status === "expired") return;
  const left = told.expiresAtEpochSeconds * 1000 - Date.now();
  // The nearer the end, the more often: a change is seen within a second, or a tenth of what is left.
  const wait = Math.min(Math.max(left / 10, 1000), MAX_WAIT_MS);
  watching = setTimeout(() => {
    const session = engine?.session();
    if (session === told) watch();
    else tell(undefined, session);
  }, wait);
};

/** A worker has no `sessionStorage`: its sign-ins are in the database. */
const take = async (client: Engine, operation: Operation, input: unknown): Promise<unknown> => {
  switch (operation) {
    case "signIn": {
      const { state, record, ...answer } = await client.signIn(received<Asking>(input) as Asking);
      // On its way to the disk before the page, and so this worker, is left.
      await putPending(state!, record!);
      return own(answer);
    }
    case "redeem": {
      // Of the page's word only the URL counts; what it answers to is known here.
      const { url, state, isClaimed, isSpent, isAnyPending } = received<Arrival>(input) as Arrival;
      const isToTake = isClaimed && state === undefined;
      const found = isToTake ? await takePending(url, await client.facts()).catch(() => ({})) : {};
      return client.redeem(own({ url, state, isSpent, isAnyPending, ...found }));
    }
    default:
      return (client[operation] as (input: unknown) => Promise<unknown>)(input);
  }
};

const answer = async (operation: Operation, input: unknown): Promise<Answer> => {
  try {
    // An operation that only another version has, or a page that is up to something.
    if (!engine || !OPERATIONS.includes(operation)) throw refused("There is no such operation.");
    // Whatever can't be told as JSON would break the core, which takes nothing else.
    const plain = copy(input);
    if (JSON.stringify(plain ?? null).length > MAX_INPUT) throw refused("It is too long.");
    return { result: await take(engine, operation, plain) };
  } catch (error) {
    return { error: packError(error) };
  }
};

const refused = (why: string) => startError("config_invalid", `The worker does not take this question. ${why}`);

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  const { setup, id, operation, input } = own({ ...data } as Partial<Asked & Begin>);
  // Once: what the client is and which servers it knows can't be changed any more.
  if (setup) engine ??= createEngine(received<Setup>(setup) as Setup, (_, event) => tell({ event }));
  else void answer(operation!, input).then((outcome) => tell(id === undefined ? undefined : { id, ...outcome }));
});

post({ version: VERSION });
// While the page's first message is on its way. A start that has failed is tried again by who needs it.
start().catch(() => {});
// Held until the worker dies, so that the page learns of it.
const lock = `procore-spa-auth worker ${crypto.randomUUID()}`;
const locked = async () => navigator.locks.request(lock, () => (post({ lock }), new Promise(() => {})));
locked().catch(() => post({ lock: "" }));
setTimeout(() => sweepPending().catch(() => {}), SWEEP_MS);
