/** The application as its developer sees it in the portal: client ID, redirect URIs, secret. */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** For applications that cannot be redirected to: the code is shown on a page instead. */
export const OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob";

const sha256 = (text) => createHash("sha256").update(text).digest();

export class Application {
  #secretHash;

  constructor(environment, redirectUris) {
    // Derived, not drawn: bookmarks and configurations outlive a restart. 43 characters of base64url, as on the portal.
    this.clientId = sha256(`procore-spa-auth demo application, ${environment}`).toString("base64url");
    this.redirectUris = parseRedirectUris(redirectUris);
    this.resetSecret();
  }

  /** @throws {RedirectUriError} and changes nothing if one line breaks a rule */
  setRedirectUris(lines) {
    this.redirectUris = parseRedirectUris(lines);
  }

  /** The one time that the secret can be read: afterwards only its hash is here. */
  resetSecret() {
    const secret = randomBytes(32).toString("base64url");
    this.#secretHash = sha256(secret);
    return secret;
  }

  isSecret(candidate) {
    return timingSafeEqual(sha256(candidate), this.#secretHash);
  }

  /** Origins of the pages that may use this application. */
  get origins() {
    return this.redirectUris.filter((uri) => uri !== OUT_OF_BAND).map((uri) => new URL(uri).origin);
  }
}

export class RedirectUriError extends Error {
  /** @param {number} line counted from 1, as people do */
  constructor(line, uri, rule) {
    super(`Line ${line}: ${rule}${uri ? ` (${uri})` : ""}`);
    this.line = line;
  }
}

/**
 * The portal's rules. What passes is kept byte for byte, because redirect URIs are compared byte for byte.
 *
 * @param {string[]} lines blank ones are skipped, repeated ones kept once
 * @throws {RedirectUriError}
 */
export function parseRedirectUris(lines) {
  const uris = new Set();
  for (const [index, text] of lines.entries()) {
    const uri = text.trim();
    if (uri === "") continue;
    const rule = brokenRule(uri);
    if (rule) throw new RedirectUriError(index + 1, uri, rule);
    uris.add(uri);
  }
  if (uris.size === 0) throw new RedirectUriError(1, "", "At least one redirect URI is needed.");
  return [...uris];
}

function brokenRule(uri) {
  if (uri === OUT_OF_BAND) return null;
  if (/[\s\\]/.test(uri)) return "Use one line per URI, without spaces or backslashes.";
  if (uri.includes("*")) return "Wildcards are not supported; register each URI.";
  if (uri.includes("#")) return "A redirect URI cannot have a fragment.";
  const url = URL.canParse(uri) ? new URL(uri) : null;
  if (!url) return "This is not an absolute URI.";
  if (url.username || url.password) return "A redirect URI cannot carry a user name.";
  if (/^https:\/\/./.test(uri)) return null;
  if (/^http:\/\/localhost(:\d+)?([/?]|$)/.test(uri)) return null;
  return "The URI must be https; http://localhost is the only acceptable non-HTTPS URI.";
}
