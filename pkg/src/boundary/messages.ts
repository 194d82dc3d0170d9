// In a script of its own, which is loaded when there is an error.

import core from "#messages";
import type { ProcoreAuthErrorCode } from "../types/index.d.ts";
import { own } from "./boundary.ts";

/** What happens before the core can say it. */
const MESSAGES = {
  wasm_integrity: "A script was damaged on its way, or is of another version than the first: what it has of the core is not run. Deploy the app whole again.",
  instance_poisoned: "The core failed inside, and was stopped and wiped. The next start is one with nobody signed in.",
  lock_timeout: "Another tab has not finished renewing the session. Try again later.",
  sign_in_framed:
    "This page is in a frame, and Procore's login page refuses frames. Call signInWithPopup() inside a click instead.",
  sign_in_abandoned: "The user came back from the login page without a response. Let them try again.",
  user_unavailable: "The API does not say who is signed in; its status is in brackets. Only Procore's own has /rest/v1.0/me.",
} satisfies { [code in ProcoreAuthErrorCode]?: string };

/** What an option must be that the core does not see. */
const OPTIONS = {
  persist: '"tab"',
  resume: "true or false",
  renewAhead: "true or false",
  signIn: '"auto" or "manual"',
  navigate: "a function",
  popup: "true or false",
  isIdempotent: "true or false",
  timeoutSeconds: "seconds, 0 or more",
  signal: "an AbortSignal",
  onThrottle: '"wait" or "return"',
  url: "a URL",
  allowedParents: "a list of origins, or one",
};
const ofOptions = Object.entries(OPTIONS).map(([name, words]) => [`config_invalid[${name}]`, `Must be ${words}.`] as const);

/** The message of each code, and of some of them with what they are about. */
export const messages: { readonly [code: string]: string } = own({ ...core, ...MESSAGES, ...Object.fromEntries(ofOptions) });
