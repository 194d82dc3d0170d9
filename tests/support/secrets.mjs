// Finds secrets that nobody shows: tokens by the fingerprints in the server's log, verifiers by the challenges sent.

import { createHash } from "node:crypto";

const sha256 = (text) => createHash("sha256").update(text);
const KINDS = ["refresh_token", "access_token"];

/** The code challenges of the login URLs in a text. */
export const challengesIn = (text) =>
  new Set([...text.matchAll(/code_challenge=([\w-]{43})/g)].map(([, challenge]) => challenge));

/** Which kinds of secrets stand in a text: `"refresh_token"`, `"access_token"`, `"code_verifier"`, of those there are. */
export function secretsIn(text, { requests }, challenges) {
  const issued = new Map();
  for (const { issued: tokens = {} } of requests) for (const kind of KINDS) issued.set(tokens[kind], kind);
  const found = new Set();
  for (const word of new Set(text.match(/[\w~.-]{16,}/g))) {
    // A word by itself, and without what may stand before or after it.
    for (const part of new Set([word, ...word.split(/[.~]/)])) {
      const kind = issued.get(sha256(part).digest("hex").slice(0, 8));
      if (kind) found.add(kind);
    }
    // Every piece of a longer word that could be one.
    for (let at = 0; at + 43 <= word.length; at += 1) {
      if (challenges.has(sha256(word.slice(at, at + 43)).digest("base64url"))) found.add("code_verifier");
    }
  }
  return [...found];
}
