import { own } from "../boundary/boundary.ts";

export type Signals = readonly (AbortSignal | null | undefined)[];

/** Waits for `work`, but no longer than the signals allow. */
export const unless = async <T>(signals: Signals, work: Promise<T>): Promise<T> => {
  const listening = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      const stop = () => reject(signal!.reason as Error);
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop, own({ signal: listening.signal }));
    }
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    listening.abort();
  }
};
