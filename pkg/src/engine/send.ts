import { ordinary, own } from "../boundary/boundary.ts";

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
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  // Also where others have wrapped `fetch`, and it throws.
  const ask = async (more: RequestInit) =>
    fetch(
      url,
      ordinary<RequestInit>({
        ...more,
        credentials: isSameOrigin ? "same-origin" : "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        signal,
      }),
    );
  // With a VPN or in a virtual machine a browser often is wrong about that: is there anybody, whatever they may answer? Where
  // it is right, no code and no refresh token is wasted.
  if (globalThis.navigator?.onLine === false && !(await ask({ method: "HEAD", mode: "no-cors" }).catch(() => undefined))) {
    return own({ outcome: "notSent" });
  }
  try {
    const response = await ask({
      ...(body === undefined ? {} : { body }),
      method: body === undefined ? "GET" : "POST",
      headers: ordinary({
        ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...(authorization === undefined ? {} : { authorization }),
        accept: "application/json",
      }),
      // A followed 307 would carry the code and the verifier to wherever it points.
      redirect: "manual",
    });
    if (response.type === "opaqueredirect") return own({ outcome: "redirected" });
    return own({
      outcome: "answer",
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      body: await read(response),
    });
  } catch (cause) {
    return own({ outcome: signal.aborted ? "timedOut" : "noAnswer", cause });
  }
};

const read = async (response: Response): Promise<string> => {
  const body = new Uint8Array(MAX_BODY);
  let length = 0;
  // WebKit looks into an object of its own for options, and so finds what it inherits, unless it is given one.
  const reader = response.body?.getReader(own({})) as ReadableStreamDefaultReader<Uint8Array> | undefined;
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
  const text = new TextDecoder("utf-8", own({ ignoreBOM: true })).decode(body.subarray(0, length));
  body.fill(0);
  return text;
};
