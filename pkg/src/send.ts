/** One request, to be sent once and brought back to the core by its number. */
export interface Exchange {
  readonly id: number;
  readonly url: string;
  /** The form to `POST`; without it, `GET`. */
  readonly body?: string;
  readonly authorization?: string;
  /** To the page's own token mediator, with its cookies. */
  readonly isSameOrigin: boolean;
}

/** What came back from a server, in the core's terms, and the platform's own error, if there was one. */
export interface Answer {
  readonly outcome: "answer" | "redirected" | "notSent" | "noAnswer" | "timedOut";
  readonly status?: number;
  readonly contentType?: string;
  readonly body?: string;
  readonly cause?: unknown;
}

const TIMEOUT_MS = 30_000;
/** The core judges the first 64 KiB; one byte more tells it that there was more. */
const MAX_BODY = 64 * 1024 + 1;

/** Sends an exchange, once. Never rejects. */
export const send = async (exchange: Exchange): Promise<Answer> => {
  const { url, body, authorization, isSameOrigin } = exchange;
  // A server on this very device needs no network.
  const isOffline = globalThis.navigator?.onLine === false && !url.startsWith("http://localhost");
  if (isOffline) return { outcome: "notSent" };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const init: RequestInit = {
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(body === undefined ? {} : { body }),
      // A followed 307 would carry the code and the verifier to wherever it points.
      redirect: "manual",
      credentials: isSameOrigin ? "same-origin" : "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal,
    };
    // Without a prototype: a polluted one must not add to a request that carries a code.
    const response = await fetch(url, Object.setPrototypeOf(init, null));
    if (response.type === "opaqueredirect") return { outcome: "redirected" };
    return {
      outcome: "answer",
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      body: await read(response),
    };
  } catch (cause) {
    return { outcome: signal.aborted ? "timedOut" : "noAnswer", cause };
  }
};

const read = async (response: Response): Promise<string> => {
  const body = new Uint8Array(MAX_BODY);
  let length = 0;
  const reader = response.body?.getReader();
  while (reader && length < MAX_BODY) {
    const { done, value } = await reader.read();
    if (done) break;
    const part = value.subarray(0, MAX_BODY - length);
    body.set(part, length);
    length += part.length;
    value.fill(0);
  }
  if (length === MAX_BODY) void reader?.cancel();
  // A byte order mark stays, for it is not JSON (RFC 8259 §8.1).
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body.subarray(0, length));
  body.fill(0);
  return text;
};
