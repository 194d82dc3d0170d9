import { ordinary, own } from "../boundary/boundary.ts";

/** Whether somebody answers at a URL. `status` is 0 where nothing can be read. */
export interface Reached {
  readonly outcome: "answer" | "redirected" | "noAnswer" | "timedOut";
  readonly status: number;
  readonly headers?: Headers;
}

const TIMEOUT_MS = 30_000;

/**
 * Asks for a URL as the package does: unless told otherwise without cookies, and following no redirect. In the mode `no-cors`
 * an answer that this page may not read is one, too; browsers then follow redirects, or send nothing. Never rejects.
 */
export const reach = async (
  url: string,
  headers: Record<string, string> = {},
  credentials: RequestCredentials = "omit",
  mode: RequestMode = "cors",
): Promise<Reached> => {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const init: RequestInit = ordinary({
    headers: ordinary(headers),
    mode,
    redirect: mode === "cors" ? "manual" : "follow",
    credentials,
    cache: "no-store",
    referrerPolicy: "no-referrer",
    signal,
  });
  try {
    const response = await fetch(url, init);
    void response.body?.cancel();
    if (response.type === "opaqueredirect") return own({ outcome: "redirected", status: 0 });
    return own({ outcome: "answer", status: response.status, headers: response.headers });
  } catch {
    return own({ outcome: signal.aborted ? "timedOut" : "noAnswer", status: 0 });
  }
};
