import { own } from "../boundary/boundary.ts";

export type Signals = readonly (AbortSignal | null | undefined)[];

/** Of each signal who waits for something unless it aborts: with one listener for all, for to add and remove one costs 20 µs. */
const waiting = new WeakMap<AbortSignal, Set<(reason: unknown) => void>>();

const waitingFor = (signal: AbortSignal): Set<(reason: unknown) => void> => {
  const known = waiting.get(signal);
  if (known) return known;
  const rejects = new Set<(reason: unknown) => void>();
  waiting.set(signal, rejects);
  // A moment later: where the work has failed, and the session ends by that, its own error is the one to tell.
  const stop = () => queueMicrotask(() => rejects.forEach((reject) => reject(signal.reason)));
  signal.addEventListener("abort", stop, own({ once: true }));
  return rejects;
};

/** Waits for `work`, but no longer than the signals allow. */
export const unless = async <T>(signals: Signals, work: Promise<T>): Promise<T> => {
  let stop!: (reason: unknown) => void;
  try {
    return await new Promise<T>((resolve, reject) => {
      stop = reject;
      for (const signal of signals) {
        if (signal?.aborted) reject(signal.reason as Error);
        else if (signal) waitingFor(signal).add(reject);
      }
      work.then(resolve, reject);
    });
  } finally {
    for (const signal of signals) if (signal) waiting.get(signal)?.delete(stop);
  }
};
