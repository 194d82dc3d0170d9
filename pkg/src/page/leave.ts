import type { ProcoreAuthErrorCode } from "../types/index.d.ts";
import { ProcoreAuthError } from "../boundary/errors.ts";

const failed = (code: ProcoreAuthErrorCode, retryable: boolean): ProcoreAuthError =>
  new ProcoreAuthError({ code, phase: "authorize", retryable });

/** A frame would go blank: browsers show nothing of a page that refuses to be framed, and tell nobody. */
export const refuseFrames = (): void => {
  if (typeof parent !== "undefined" && parent !== window) throw failed("sign_in_framed", false);
};

/** Goes to the login page. Settles only for a page that is left and then shown again as it was, by the Back button. */
export const leave = (url: string): Promise<never> =>
  new Promise((_, reject) => {
    const onShow = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      removeEventListener("pageshow", onShow);
      reject(failed("sign_in_abandoned", true));
    };
    // In Node, a login URL is all that is wanted.
    globalThis.addEventListener?.("pageshow", onShow);
    location.assign(url);
  });
