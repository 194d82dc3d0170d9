// In a script of its own, which is loaded when there is an error.

import core from "#messages";
import type { ProcoreAuthErrorCode } from "../types/index.d.ts";
import { own } from "./boundary.ts";

/** What happens before the core can say it. */
const MESSAGES = {
  wasm_integrity: "This script was damaged on its way: the core in it is none. Deploy it again.",
  instance_poisoned: "The core failed inside, and was stopped and wiped. The next start is one with nobody signed in.",
  lock_timeout: "Another tab has not finished renewing the session. Try again later.",
  sign_in_framed:
    "This page is in a frame, and Procore's login page refuses frames. Call signInWithPopup() inside a click instead.",
  sign_in_abandoned: "The user came back from the login page without a response. Let them try again.",
} satisfies { [code in ProcoreAuthErrorCode]?: string };

/** The message of each code. */
export const messages: { readonly [code: string]: string } = own({ ...core, ...MESSAGES });
