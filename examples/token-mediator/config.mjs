// The mediator's settings, checked once, at the start: a fault here is said here, and not by locking everybody out.

import { base64url } from "jose";
import { createStore } from "./store.mjs";

/**
 * @typedef {object} Application An application in one of Procore's environments.
 * @property {string} clientId
 * @property {string} clientSecret
 * @property {string[]} origins Of the pages that may ask, as a browser writes them: `https://app.example.com`.
 * @property {string[]} redirectUris As they are registered at Procore.
 * @property {string} [loginOrigin] `https://login.procore.com` if nothing else is said.
 *
 * @typedef {object} Options
 * @property {Application[]} applications
 * @property {{ id: string, key: string }[]} cookieKeys 32 random bytes each, as base64url. The first one seals, all of them open.
 * @property {string} [tokenPath] `/oauth/token`; its sibling `revoke` follows from it.
 * @property {number} [idleSeconds] How long a session lives that nobody uses: 12 hours.
 * @property {number} [absoluteSeconds] How long a session lives: 7 days.
 * @property {boolean} [keepCookie] Whether the cookie outlives the browser's session. It does not, unless this is true.
 * @property {number} [timeoutSeconds] How long an answer of Procore's is waited for: 20 seconds.
 * @property {import("./store.mjs").Store} [store] One for all instances; in this process, if there is none.
 * @property {(entry: object) => void} [log] Is handed what happened: an action, its outcome, a client ID. Nothing secret.
 * @property {() => number} [now] Milliseconds since 1970.
 */

export class MediatorConfigError extends Error {
  /** @param {string} option @param {string} wanted */
  constructor(option, wanted) {
    // Never the value: it may be the secret, in the wrong place.
    super(`token mediator: ${option} must be ${wanted}`);
    this.name = "MediatorConfigError";
    this.code = "mediator_config";
    this.option = option;
  }
}

/** @param {Options} options */
export function readConfig(options) {
  const { tokenPath = "/oauth/token", keepCookie = false, log = toConsole, now = Date.now } = options;
  must(/^(\/[\w.~-]+)+$/.test(tokenPath), "tokenPath", "a plain path, such as /oauth/token");
  must(typeof keepCookie === "boolean", "keepCookie", "true or false");
  return Object.freeze({
    applications: readApplications(options.applications),
    cookieKeys: readKeys(options.cookieKeys),
    paths: new Map([
      [tokenPath, "token"],
      [tokenPath.replace(/[^/]+$/, "revoke"), "revoke"],
    ]),
    keepCookie,
    idle: readSeconds(options, "idleSeconds", 12 * 3600),
    absolute: readSeconds(options, "absoluteSeconds", 7 * 24 * 3600),
    timeout: readSeconds(options, "timeoutSeconds", 20),
    store: options.store ?? createStore({ now }),
    log,
    now,
  });
}

function readApplications(applications) {
  must(Array.isArray(applications) && applications.length > 0, "applications", "a list of at least one");
  const read = applications.map((application, index) => readApplication(application, `applications[${index}]`));
  // Two environments may have one client ID, as Procore's Monthly Sandbox has production's; then the origin tells.
  const names = read.flatMap(({ clientId, origins }) => origins.map((origin) => `${clientId} ${origin}`));
  must(new Set(names).size === names.length, "applications", "a list in which no clientId has an origin twice");
  return read;
}

function readApplication(
  { clientId, clientSecret, origins, redirectUris, loginOrigin = "https://login.procore.com" },
  at,
) {
  // It becomes a part of the cookie's name (RFC 9110 §5.6.2, token).
  must(/^[\w.~-]{1,128}$/.test(clientId ?? ""), `${at}.clientId`, "the client ID from the Developer Portal");
  must(typeof clientSecret === "string" && clientSecret !== "", `${at}.clientSecret`, "the client secret");
  must(
    isListOf(origins, isOrigin),
    `${at}.origins`,
    'origins as a browser sends them: "https://app.example.com", without a slash at the end',
  );
  must(
    isListOf(redirectUris, (uri) => URL.canParse(uri)),
    `${at}.redirectUris`,
    "the redirect URIs as they are registered",
  );
  must(isOrigin(loginOrigin), `${at}.loginOrigin`, "the origin of Procore's login server, without a slash at the end");
  return Object.freeze({ clientId, clientSecret, origins, redirectUris, loginOrigin });
}

function readKeys(keys) {
  must(Array.isArray(keys) && keys.length > 0, "cookieKeys", "a list of at least one");
  const read = keys.map(({ id, key }, index) => {
    must(/^[\w.-]{1,32}$/.test(id ?? ""), `cookieKeys[${index}].id`, "a short name");
    must(/^[\w-]{43}$/.test(key ?? ""), `cookieKeys[${index}].key`, "32 random bytes as 43 characters of base64url");
    return { id, bytes: base64url.decode(key) };
  });
  must(new Set(read.map(({ id }) => id)).size === read.length, "cookieKeys", "a list in which no id is there twice");
  return read;
}

function readSeconds(options, name, usual) {
  const value = options[name] ?? usual;
  must(Number.isFinite(value) && value > 0, name, "a number of seconds above 0");
  return value * 1000;
}

const isListOf = (list, is) => Array.isArray(list) && list.length > 0 && list.every(is);

/** As a browser writes it into `Origin`; over TLS, or on this machine. */
function isOrigin(text) {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  const isLocal = hostname === "localhost" || hostname === "127.0.0.1";
  return origin === text && (protocol === "https:" || (protocol === "http:" && isLocal));
}

function must(condition, option, wanted) {
  if (!condition) throw new MediatorConfigError(option, wanted);
}

const toConsole = (entry) => console.info(JSON.stringify(entry));
