import { own } from "../boundary/boundary.ts";
import type { Judged } from "../engine/engine.ts";
import { type Signals, unless } from "./unless.ts";

/** How often a call waits, because of its own answers or those of others. */
const MAX_WAITS = 3;

/** Until when all calls of a host wait, as it has asked for, on the clock that never jumps. */
const pauses = new Map<string, number>();
const pausedUntil = (host: string): number => pauses.get(host) ?? 0;

/** A call of the app's, over all its tries. */
export interface Call {
  /** How often it has waited; nothing, if it may not. */
  waits: number | undefined;
  readonly body: unknown;
  readonly isIdempotent: boolean | undefined;
}

const mayWait = ({ waits }: Call) => waits !== undefined && waits < MAX_WAITS;

/** Waits if the host has asked for that. Answers whether it did. */
export const isHeldBack = async (host: string, call: Call, signals: Signals): Promise<boolean> => {
  const left = pausedUntil(host) - performance.now();
  if (left <= 0 || !mayWait(call)) return false;
  call.waits! += 1;
  await pause(left, signals);
  return true;
};

/** Has an answer judged that may ask for another try. Answers with what is to be done then, or with nothing: it is the caller's. */
export const answered = async (
  judge: (facts: object) => Promise<Judged>,
  { headers }: Response,
  host: string,
  call: Call,
  // Firefox shows no body of a Request, only whether it is used up.
  isBodyUsed: boolean | undefined,
): Promise<Judged | undefined> => {
  const judged = await judge(
    own({
      isReplayable: canSendTwice(call.body) && !isBodyUsed,
      isIdempotent: call.isIdempotent,
      retryAfter: headers.get("retry-after") ?? "",
      rateLimitReset: headers.get("x-rate-limit-reset") ?? "",
    }),
  );
  const { isToRetry, waitSeconds } = judged;
  if (waitSeconds) pauses.set(host, Math.max(pausedUntil(host), performance.now() + waitSeconds * 1000));
  return isToRetry && (!waitSeconds || mayWait(call)) ? judged : undefined;
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

const pause = (milliseconds: number, signals: Signals): Promise<void> => {
  let timer: ReturnType<typeof setTimeout>;
  const time = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return unless(signals, time).finally(() => clearTimeout(timer));
};
