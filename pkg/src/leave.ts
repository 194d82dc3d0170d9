import type { ProcoreAuthErrorCode } from "./index.d.ts";
import { ProcoreAuthError } from "./errors.ts";

const MESSAGES = {
  sign_in_framed:
    "This page is in a frame, and Procore's login page refuses frames. Call signInWithPopup() inside a click instead.",
  sign_in_abandoned: "The user came back from the login page without a response. Let them try again.",
} satisfies { [code in ProcoreAuthErrorCode]?: string };

const failed = (code: keyof typeof MESSAGES): ProcoreAuthError =>
  new ProcoreAuthError({ code, phase: "authorize", retryable: code === "sign_in_abandoned", message: MESSAGES[code] });

/** A frame would go blank: browsers show nothing of a page that refuses to be framed, and tell nobody. */
export const refuseFrames = (): void => {
  if (typeof parent !== "undefined" && parent !== window) throw failed("sign_in_framed");
};

/** Goes to the login page. Settles only for a page that is left and then shown again as it was, by the Back button. */
export const leave = (url: string): Promise<never> =>
  new Promise((_, reject) => {
    const onShow = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      removeEventListener("pageshow", onShow);
      reject(failed("sign_in_abandoned"));
    };
    // In Node, a login URL is all that is wanted.
    globalThis.addEventListener?.("pageshow", onShow);
    location.assign(url);
  });
