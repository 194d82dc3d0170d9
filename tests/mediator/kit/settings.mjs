// What a mediator under test has to be configured with. The kit makes it up; the mediator's environment, or its owner, takes it.

import { readFileSync } from "node:fs";
import { random } from "./procore.mjs";

export const TOKEN_PATH = "/oauth/token";
const client = (origin) => ({
  clientId: random(),
  clientSecret: random(),
  origin,
  redirectUri: `${origin}/callback`,
});

/** Two applications with a page each, and two keys for the cookie. Lifetimes are so long that no check gets there by itself. */
export const createSettings = () => ({
  main: client("https://app.example.com"),
  other: client("https://other.example.com"),
  cookieKey: random(),
  otherCookieKey: random(),
  idleSeconds: 7200,
  absoluteSeconds: 36_000,
  timeoutSeconds: 20,
});

/** Those of an earlier run, so that the mediator need not be configured anew. */
export const readSettings = (file) => JSON.parse(readFileSync(file, "utf8"));

/** As environment variables, for a program that the kit starts. */
export function environment({ main, other, cookieKey, idleSeconds, absoluteSeconds, timeoutSeconds }, loginOrigin) {
  const of = ({ clientId, clientSecret, origin, redirectUri }, prefix) => ({
    [`${prefix}_CLIENT_ID`]: clientId,
    [`${prefix}_CLIENT_SECRET`]: clientSecret,
    [`${prefix}_ORIGIN`]: origin,
    [`${prefix}_REDIRECT_URI`]: redirectUri,
  });
  return {
    ...of(main, "CHECK"),
    ...of(other, "CHECK_OTHER"),
    CHECK_LOGIN_ORIGIN: loginOrigin,
    CHECK_COOKIE_KEY: cookieKey,
    CHECK_TOKEN_PATH: TOKEN_PATH,
    CHECK_TIMEOUT_SECONDS: String(timeoutSeconds),
    CHECK_IDLE_SECONDS: String(idleSeconds),
    CHECK_ABSOLUTE_SECONDS: String(absoluteSeconds),
  };
}
