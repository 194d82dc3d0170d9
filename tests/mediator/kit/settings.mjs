// What a mediator under test has to be configured with. The kit makes it up; the mediator's environment, or its owner, takes it.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { random } from "./procore.mjs";

export const TOKEN_PATH = "/oauth/token";
/** So long that only a clock that can be set gets there. */
export const [IDLE_SECONDS, ABSOLUTE_SECONDS] = [7200, 36_000];

const client = (origin) => ({
  clientId: random(),
  clientSecret: random(),
  origin,
  redirectUri: `${origin}/callback`,
});

/** Two applications with a page each, and two keys for the cookie. */
export const createSettings = () => ({
  main: client("https://app.example.com"),
  other: client("https://other.example.com"),
  cookieKey: random(),
  otherCookieKey: random(),
});

/** The settings in this file; it is made, if it is not there. */
export function settingsIn(file) {
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(createSettings(), null, 2)}\n`, { mode: 0o600 });
  return JSON.parse(readFileSync(file, "utf8"));
}

/** As environment variables, for a program that the kit starts. */
export function environment({ main, other, cookieKey }, loginOrigin, given = {}) {
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
    CHECK_TIMEOUT_SECONDS: "2",
    CHECK_IDLE_SECONDS: String(IDLE_SECONDS),
    CHECK_ABSOLUTE_SECONDS: String(ABSOLUTE_SECONDS),
    ...given,
  };
}
