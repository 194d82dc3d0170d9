import type * as Api from "../types/index.d.ts";
import { received, result } from "../boundary/boundary.ts";

/** Procore's answer has some hundred characters. */
const MAX_ANSWER = 64 * 1024;
const MAX_TEXT = 1_000;

/** Strings first, so that no digit inside of one is taken for a number (RFC 8259 §7, §6). */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** What the API says of the user; nothing where that is no user. Numbers are kept as text, for an ID may be above 2^53. */
export const readUser = (answer: string): Api.User | undefined => {
  if (answer.length > MAX_ANSWER) return undefined;
  try {
    const quoted = answer.replace(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`));
    const { id, login, name } = received<Record<keyof Api.User, unknown>>(JSON.parse(quoted));
    if (!/^\d{1,20}$/.test(textOf(id))) return undefined;
    return result<Api.User>({ id: textOf(id), login: textOf(login), name: textOf(name) });
  } catch {
    return undefined;
  }
};

const textOf = (value: unknown): string => (typeof value === "string" ? value.slice(0, MAX_TEXT) : "");
