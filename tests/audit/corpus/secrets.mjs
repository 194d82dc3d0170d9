// Values that look like secrets, made up when they are asked for.

import { randomBytes, randomInt } from "node:crypto";

/** As Procore's documentation shows client IDs and secrets, and as Doorkeeper makes them by default today. */
export const alphabets = {
  hex: () => randomBytes(32).toString("hex"),
  base64url: () => randomBytes(32).toString("base64url"),
};

/** A password, of which only its owner knows that it is one: with characters that every encoding changes. */
export function password() {
  const some = (characters, count) => Array.from({ length: count }, () => characters[randomInt(characters.length)]);
  const letters = some("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 26);
  const signs = [...some('"&/+=%<', 4), "é", "\\"];
  return [...letters.slice(0, 6), ...signs.flatMap((sign, at) => [sign, ...letters.slice(6 + at * 3, 9 + at * 3)])].join("");
}

/** `text` in `count` pieces of about the same length. */
export function parts(text, count) {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, at) => text.slice(at * size, (at + 1) * size));
}
