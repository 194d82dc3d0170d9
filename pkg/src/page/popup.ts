// In a script of its own, which is loaded when a login window is open.

import type { ProcoreAuthErrorCode } from "../types/index.d.ts";
import { own, received } from "../boundary/boundary.ts";
import type { ErrorFacts } from "../boundary/errors.ts";
import { statesOf } from "./redirect.ts";
import { sandboxLacks } from "./sandbox.ts";

/** What a callback page tells its opener: `{ type, url }`, the response as it came. */
const TYPE = "procore:auth";
/** The core judges URLs of up to 32 KiB, and says so of longer ones. This much longer is no URL. */
const MAX_URL = 64 * 1024;
/** As long as a pending authorization lives. */
const TIMEOUT_SECONDS = 600;
/** How long an opener has to say that it has the response. One that was reloaded knows nothing of it. */
const TAKEN_MS = 3_000;
/** How often a window is asked whether it is still there: no event tells that of another site's window. */
const POLL_MS = 200;
/** How often one that is gone is asked again, for what it may still have to say: a page that was cut off needs a while. */
const GRACE_POLLS = 4;
/** How often the login page is to be seen until it counts as there: while a browser cuts one off, it may look so. */
const ARRIVAL_POLLS = 3;

const MESSAGES = {
  popup_blocked:
    "The browser opened no login window. Call signInWithPopup() right inside a click, after ready(), and let the user allow popups. In a frame with a sandbox, that needs allow-popups and allow-forms.",
  popup_closed: "The login window was closed before the sign-in was done. Let the user try again.",
  opener_severed:
    "The login window was cut off from this page, usually by a Cross-Origin-Opener-Policy header: of the login page, or of this site. Close it, and use signIn().",
  opener_reloaded:
    "The page that opened this login window was reloaded or left meanwhile. Close this window, and sign in there again.",
  timeout: "The sign-in in the login window took too long. Let the user try again.",
  state_mismatch: "The login window brought the response to another sign-in. It was not used.",
  redirect_mismatch: "The login window brought a response from another site. It was not used.",
} satisfies { [code in ProcoreAuthErrorCode]?: string };

type End = keyof typeof MESSAGES;

/** What the error says. The class of errors is in the script that loads this one, and there must be one only. */
const ended = (code: End): ErrorFacts => {
  const isResponse = code.endsWith("mismatch");
  const lacking = code === "popup_blocked" ? sandboxLacks() : [];
  return own({
    code,
    phase: isResponse ? "redirect" : "authorize",
    retryable: !isResponse && code !== "opener_severed",
    message: lacking.length ? `The sandbox of the frame that this page is in lacks ${lacking.join(" and ")}.` : MESSAGES[code],
  });
};

/** What a window has brought: the URL that came back there, unjudged, or an error. */
export interface Outcome {
  readonly url?: string;
  readonly error?: ErrorFacts;
}

/**
 * Waits for what comes back in a window. `early`: the messages that came before this script. Rejects with the
 * signal's own reason.
 */
export const watch = (
  popup: Window | null,
  state: string,
  early: readonly MessageEvent[],
  signal: AbortSignal | null | undefined,
  timeoutSeconds = TIMEOUT_SECONDS,
): Promise<Outcome> => {
  let release = () => {};
  return new Promise<Outcome>((resolve, reject) => {
    const end = (code: End) => resolve(own({ error: ended(refused ?? code) }));
    let refused: End | undefined;
    if (!popup || sandboxLacks().length) return end("popup_blocked");
    const deadline = performance.now() + timeoutSeconds * 1000;
    let seen = 0;
    let gone = 0;
    const onMessage = (event: MessageEvent) => {
      if (event.origin !== location.origin || event.source !== popup) return;
      const response = read(event.data);
      if (!response) return;
      // That window closes when it knows that somebody was here.
      popup.postMessage(own({ type: TYPE }), location.origin);
      if (response.origin !== location.origin) refused = "redirect_mismatch";
      else if (!statesOf(response).includes(state)) refused = "state_mismatch";
      else resolve(own({ url: response.href }));
    };
    const onAbort = () => reject(signal?.reason);
    const timer = setInterval(() => {
      // A window that was never seen at the login page, and is gone, was cut off when that page came: browsers call such a
      // window closed.
      if (gone > GRACE_POLLS) end(seen < ARRIVAL_POLLS ? "opener_severed" : "popup_closed");
      else if (popup.closed) gone += 1;
      else if (!(performance.now() < deadline)) end("timeout");
      else if (isElsewhere(popup)) seen += 1;
    }, POLL_MS);
    const channel = channelOf(state);
    if (channel) channel.onmessage = () => end("opener_severed");
    addEventListener("message", onMessage);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    early.forEach(onMessage);
    release = () => {
      clearInterval(timer);
      channel?.close();
      removeEventListener("message", onMessage);
      signal?.removeEventListener("abort", onAbort);
    };
  }).finally(() => release());
};

/**
 * On the page that a popup came back to: hands the response to the opener, whole and unjudged, and closes the window.
 * `opener_reloaded` where nobody takes it, `opener_severed` where the opener can't be reached.
 */
export const relay = (url: string, state: string): Promise<ErrorFacts> =>
  new Promise((fail) => {
    if (opener?.closed !== false) {
      const channel = channelOf(state);
      channel?.postMessage("severed");
      channel?.close();
      return fail(ended("opener_severed"));
    }
    const timer = setTimeout(() => fail(ended("opener_reloaded")), TAKEN_MS);
    addEventListener("message", ({ source, origin, data }) => {
      if (source !== opener || origin !== location.origin || received<{ type: unknown }>(data).type !== TYPE) return;
      clearTimeout(timer);
      close();
    });
    // To this origin only: whoever else has opened this page hears nothing (RFC 9700 §4.17.2).
    opener.postMessage({ type: TYPE, url }, location.origin);
  });

/** A message's URL, if it is what a callback page sends. Whatever else it is, however it is made, it does no harm. */
const read = (data: unknown): URL | undefined => {
  try {
    const { type, url, ...more } = received<{ type: unknown; url: unknown }>(data);
    const isOurs = type === TYPE && typeof url === "string" && url.length <= MAX_URL && !Object.keys(more).length;
    if (isOurs) return new URL(url);
  } catch {
    // Not ours.
  }
  return undefined;
};

/** Whether the window has left the empty page that it began with. Another site's page can't be read. */
const isElsewhere = (popup: Window): boolean => {
  try {
    return popup.location.href !== "about:blank";
  } catch {
    return true;
  }
};

/** For the one note that the opener could not be reached. Only who knows the state finds it; it carries nothing. */
const channelOf = (state: string): BroadcastChannel | undefined => {
  try {
    return new BroadcastChannel(`procore-spa-auth:${state}`);
  } catch {
    // Some engines have none where storage is blocked.
    return undefined;
  }
};
