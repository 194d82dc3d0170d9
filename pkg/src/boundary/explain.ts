import { own } from "./boundary.ts";
import { ProcoreAuthError, isProcoreAuthError } from "./errors.ts";

/** The message of each code, once they are loaded. */
let messages: { readonly [code: string]: string } = own({});

const MISSING = "See docs/errors.md.";

/** Loads the messages, which are in a script of their own: who meets no error has no need of them. Never rejects. */
export const loadMessages = async (): Promise<void> => {
  try {
    ({ messages } = await import("./messages.js"));
  } catch {
    // Offline, say. The next error tries again.
  }
};

/** Whether an error says nothing yet, but for what it is about, in brackets. */
const isUnexplained = (error: unknown): error is ProcoreAuthError =>
  isProcoreAuthError(error) && !/^\w/.test(error.message);

/** The error, with its message. Made anew, for browsers keep the message of the first moment in `stack`. */
const explained = (error: unknown): unknown => {
  if (!isUnexplained(error)) return error;
  const { message: subject, cause, ...facts } = error;
  return new ProcoreAuthError({ ...facts, message: `${messages[error.code + subject] ?? messages[error.code] ?? MISSING} ${subject}`.trimEnd() }, cause);
};

/** A call of the app's, whose errors get their messages. It begins in the very turn in which it is made. */
export const explaining =
  <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
  (...given: A): Promise<R> =>
    call(...given).catch(async (error: unknown) => {
      if (isUnexplained(error)) await loadMessages();
      throw explained(error);
    });

/** The same for a call that throws in its own turn: with the messages that are there, or a word where to look. */
export const explainingNow = <T>(call: () => T): T => {
  try {
    return call();
  } catch (error) {
    throw explained(error);
  }
};
