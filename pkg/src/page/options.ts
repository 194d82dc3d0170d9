import type * as Api from "../types/index.d.ts";
import { fullCopy, json, own } from "../boundary/boundary.ts";
import { isProcoreAuthError, startError } from "../boundary/errors.ts";
import { FLAG, TAB_WORD, judged, mustBeOptions } from "../boundary/options.ts";

/** A client's options, as far as the page goes by them. */
export interface PageOptions {
  /** All others, as JSON text. */
  readonly options: string;
  readonly isPersistent: boolean;
  /** Whether a session outlives the page, in the vault or in a token mediator's cookie. */
  readonly isLasting: boolean;
  readonly isRenewedAhead: boolean;
}

/** Reads a client's options, now and never again. What is wrong with them is for the first call to say. */
export const readOptions = (given: unknown): PageOptions | Error => {
  try {
    const found = judged(optionsOf<Api.ProcoreAuthOptions>(given), { persist: TAB_WORD, resume: FLAG, renewAhead: FLAG });
    const { persist, resume, renewAhead, ...options } = found;
    const isPersistent = persist !== undefined;
    const isLasting = isPersistent || (resume !== false && !!found.tokenMediator);
    return { options: json(options), isPersistent, isLasting, isRenewedAhead: renewAhead === true };
  } catch (error) {
    return error as Error;
  }
};

/**
 * A copy of a caller's options.
 *
 * @throws `config_invalid` where they can't be read
 */
export const optionsOf = <T extends object>(given: unknown): Partial<T> => {
  mustBeOptions(given);
  return (readable(() => fullCopy(given)) as Partial<T> | null | undefined) ?? own({});
};

export const optionsText = (given: unknown): string => readable(() => json(given));

/** What a getter of the caller's throws is a mistake in its options. */
export const readable = <T>(read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    if (isProcoreAuthError(cause)) throw cause;
    throw startError("config_invalid", "[a property throws]", cause);
  }
};
