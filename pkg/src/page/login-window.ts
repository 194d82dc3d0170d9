import { ProcoreAuthError } from "../boundary/errors.ts";
import { loaded } from "../boundary/loaded.ts";
import { scrub, statesOf } from "./redirect.ts";

/**
 * Opens the login page in a window, in this very turn, for only inside a click may a page do so. Answers with the URL
 * that came back there, unjudged.
 */
export const openPopup = async (
  url: string,
  state: string,
  signal?: AbortSignal | null,
  timeoutSeconds?: number,
): Promise<string> => {
  signal?.throwIfAborted();
  const popup = openWindow(url);
  // Who is known at the login page may be back before the script is here that listens.
  const early: MessageEvent[] = [];
  const note = (event: MessageEvent) => void early.push(event);
  if (popup) addEventListener("message", note);
  try {
    const { watch } = await popupScript().finally(() => popup && removeEventListener("message", note));
    const { url: response, error } = await watch(popup, state, early, signal, timeoutSeconds);
    if (error) throw new ProcoreAuthError(error);
    return response!;
  } finally {
    popup?.close();
  }
};

let relayed: Promise<never> | undefined;

/**
 * On the page that a popup came back to: scrubs the URL, and hands the response to the opener. Nothing, if this page is, and
 * was, no such page: else nothing else of the app has any business in it. What it answers rejects where nobody takes the
 * response.
 */
export const relayToOpener = (): Promise<never> | undefined => {
  const state = statesOf(location).find((state) => /^popup-[\w-]{43}$/.test(state));
  if (state) {
    const url = location.href;
    scrub(state);
    relayed = popupScript()
      .then(({ relay }) => relay(url, state))
      .then((error) => {
        throw new ProcoreAuthError(error);
      });
  }
  return relayed;
};

const popupScript = () => loaded(import("./popup.js"));

/** Without a name, it is a window that nobody else can have opened before. Nothing, if the browser refuses. */
const openWindow = (url: string): Window | null => {
  try {
    return open(url, "_blank", features());
  } catch {
    // Some blockers put a function there that throws. Its words may show the URL, and so the state.
    return null;
  }
};

/** In the middle of this window: of the whole one, where this page is framed. */
const features = (): string => {
  const left = screenX + (outerWidth - 520) / 2;
  const top = screenY + (outerHeight - 720) / 2;
  return `popup,width=520,height=720,left=${left},top=${top}`;
};
