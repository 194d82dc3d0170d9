import { own } from "./boundary.ts";
import { ProcoreAuthError, isProcoreAuthError } from "./errors.ts";

/** What the error of each code says, once that is loaded. */
let texts: { readonly [code: string]: string } = own({});

const MISSING = "See the README's table of errors.";

/** Loads what errors say, which is in a script of its own: who meets none has no need of it. Never rejects. */
export const loadTexts = async (): Promise<void> => {
  try {
    ({ texts } = await import("./messages.js"));
  } catch {
    // Offline, say. The next error tries again.
  }
};

/** Whether an error says nothing yet, but for what it is about, in brackets. */
const isTextless = (error: unknown): error is ProcoreAuthError => isProcoreAuthError(error) && !/^\w/.test(error.message);

/** The error, with its text. */
export const withText = (error: unknown): unknown => {
  if (!isTextless(error)) return error;
  const { message, cause, ...facts } = error;
  return new ProcoreAuthError({ ...facts, message: `${texts[error.code] ?? MISSING} ${message}`.trimEnd() }, cause);
};

/** The same for a call that throws in its own turn: with the texts that are there, or a word where to look. */
export const toldNow = <T>(call: () => T): T => {
  try {
    return call();
  } catch (error) {
    throw withText(error);
  }
};

/** A call of the app's, whose errors get their texts. It begins in the very turn in which it is made. */
export const told =
  <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
  (...given: A): Promise<R> =>
    call(...given).catch(async (error: unknown) => {
      if (isTextless(error)) await loadTexts();
      throw withText(error);
    });
