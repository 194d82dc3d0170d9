/**
 * The switches of one environment. Each makes the server behave in one way that a client meets elsewhere,
 * mostly at Doorkeeper, the engine whose routes Procore documents. All are off at the start.
 */

import { ENGINES } from "./engines.mjs";

const isFlag = (value) => typeof value === "boolean";
const isSeconds = (value) => Number.isSafeInteger(value) && value > 0;
const isStatus = (value) => Number.isInteger(value) && value >= 200 && value <= 599;
const isHttpUrl = (value) => typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value);
const isOpenerPolicy = (value) => ["same-origin", "same-origin-allow-popups"].includes(value);
const isEngine = (value) => Object.hasOwn(ENGINES, value);
const isLosable = (value) => LOSABLE.includes(value);
const isCanned = (value) =>
  typeof value === "object" && isStatus(value.status) && (value.times === undefined || isSeconds(value.times)) &&
  (value.headers === undefined || Object.values(value.headers).every((header) => typeof header === "string"));

const LOSABLE = ["token", "revoke", "api"];
const orNull = (check) => (value) => value === null || check(value);

/** name → [value at the start, what values it takes, what it does] */
export const SWITCHES = {
  accessTokenTtl: [5400, isSeconds, "Seconds that a new access token lives."],
  refreshTokenTtl: [31536000, isSeconds, "Seconds that a new refresh token lives."],
  cors: [true, isFlag, "false: no CORS headers anywhere; requests are processed all the same."],
  secretRequired: [false, isFlag, "The token endpoint answers 401 invalid_client unless the client secret is sent."],
  pkceIgnored: [false, isFlag, "Code challenge and verifier are neither demanded nor compared."],
  errorsOnOwnPage: [false, isFlag, "Authorization errors other than a denial stay on the server's page."],
  issOff: [false, isFlag, "Authorization responses carry no iss (RFC 9207)."],
  actsAs: [null, orNull(isEngine), `Refuses as another engine does: ${Object.keys(ENGINES).join(", ")}.`],
  loginCoop: [null, orNull(isOpenerPolicy), "The login pages send this Cross-Origin-Opener-Policy, which cuts a popup off from its opener."],
  oldAccessTokenDies: [false, isFlag, "A refresh kills the access tokens issued before it."],
  oldRefreshTokenLives: [false, isFlag, "A used refresh token works until the access token it brought is first used; revoking that one does not end it."],
  oneGrant: [false, isFlag, "A user's sign-ins share one grant, as oidc-provider has it: revoking a token of one ends them all."],
  noReuseDetection: [false, isFlag, "A used code or refresh token is refused, and nothing else is revoked."],
  signOutTrap: [false, isFlag, "Once the access token has expired, revocation answers 200 and revokes nothing."],
  loseAnswer: [null, orNull(isLosable), 'The next request to "token", "revoke" or "api" is processed, its answer lost.'],
  tokenRedirect: [null, orNull(isHttpUrl), "The token endpoint answers 307 to this URL."],
  tokenStatus: [null, orNull(isCanned), "{ status, body?, headers?, times? = 1 }: canned answers of the token endpoint."],
  revokeStatus: [null, orNull(isStatus), "The revocation endpoint answers this status and revokes nothing."],
  apiStatus: [null, orNull(isCanned), "{ status, body?, headers?, times? = 1 }: canned answers of the API."],
  down: [false, isFlag, "Every connection is cut; only this control API still answers."],
};

/** Live values, read as plain properties: `switches.cors`. */
export class Switches {
  constructor() {
    this.reset();
  }

  reset() {
    for (const [name, [initial]] of Object.entries(SWITCHES)) this[name] = initial;
  }

  /**
   * Sets all of `patch` or nothing; `undefined` leaves a switch alone.
   * @throws {RangeError} on an unknown name or a value that the switch does not take
   */
  set(patch) {
    if (typeof patch !== "object" || patch === null) throw new RangeError("Switches are an object of names and values.");
    for (const [name, value] of Object.entries(patch)) {
      if (!Object.hasOwn(SWITCHES, name)) throw new RangeError(`There is no switch "${name}".`);
      const [, takes, about] = SWITCHES[name];
      if (value !== undefined && !takes(value)) {
        throw new RangeError(`${name} does not take ${JSON.stringify(value)}. ${about}`);
      }
    }
    for (const [name, value] of Object.entries(patch)) {
      if (value !== undefined) this[name] = structuredClone(value);
    }
  }

  /** A canned answer if one is due; the last one switches itself off. */
  takeCanned(name) {
    const canned = this[name];
    if (!canned) return null;
    const left = (canned.times ?? 1) - 1;
    this[name] = left > 0 ? { ...canned, times: left } : null;
    return canned;
  }

  /** Whether the answer to this request shall be lost; true once. */
  takeLoss(endpoint) {
    if (this.loseAnswer !== endpoint) return false;
    this.loseAnswer = null;
    return true;
  }

  static describe() {
    return Object.fromEntries(Object.entries(SWITCHES).map(([name, [, , about]]) => [name, about]));
  }
}
