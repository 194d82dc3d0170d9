import { members } from "./boundary.ts";
import { startError } from "./errors.ts";

/** What an option must be. How a caller is told is among the messages, by the option's name. */
type Rule = (value: unknown) => boolean;

/** Also what another frame of this site has made, which is of no class of this one. */
const isA = (kind: string) => (value: unknown) => Object.prototype.toString.call(value) === `[object ${kind}]`;
const isText = (value: unknown) => typeof value === "string";

export const FLAG: Rule = (value) => typeof value === "boolean";
export const TAB_WORD: Rule = (value) => value === "tab";
export const SECONDS: Rule = (value) => typeof value === "number" && value >= 0;
export const SIGNAL: Rule = isA("AbortSignal");
export const URL_TEXT: Rule = (value) => isText(value) || isA("URL")(value);
export const ORIGINS: Rule = (value) => [value].flat().every(isText);
/** What the core judges. */
export const ANY: Rule = () => true;
export const CALLBACK: Rule = (value) => typeof value === "function";
export const SIGN_IN: Rule = (value) => value === "auto" || value === "manual";
export const THROTTLE: Rule = (value) => value === "wait" || value === "return";

/** @throws `config_invalid` where that is no object of options */
export const mustBeOptions = (given: unknown): void => {
  if (typeof (given ?? {}) !== "object" || Array.isArray(given)) throw startError("config_invalid", "[options]");
};

/**
 * The members of a caller's options, of which those that the core does not see are judged here. An option that is ignored
 * would leave undone what its caller relies on. `null` is none.
 *
 * @throws `config_invalid`
 */
export const judged = <T extends object>(given: T | null | undefined, rules: { [name in keyof T]?: Rule }): Partial<T> => {
  mustBeOptions(given);
  const found = members(given);
  for (const [name, is] of Object.entries(rules) as [keyof T & string, Rule][]) {
    found[name] ??= undefined;
    if (found[name] !== undefined && !is(found[name])) throw startError("config_invalid", `[${name}]`);
  }
  return found;
};

/** The same, where the core sees none of them, so that a misspelt one is refused here too. Also throws `config_unknown_key`. */
export const only = <T extends object>(given: T | null | undefined, rules: { [name in keyof T]-?: Rule }): Partial<T> => {
  const found = judged(given, rules);
  const stranger = Object.keys(found).find((name) => !Object.hasOwn(rules, name));
  if (stranger) throw startError("config_unknown_key", `[${stranger.slice(0, 200)}]`);
  return found;
};
