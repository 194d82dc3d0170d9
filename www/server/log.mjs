/** What the servers were asked: for the demo's timeline and for tests. Never a token, only its fingerprint. */

import { fingerprint } from "./http.mjs";

const LIMIT = 1000;
const TOKENS = ["access_token", "refresh_token", "token", "code"];

export class RequestLog {
  entries = [];

  /** Notes a request when it comes; the status follows when it is answered, and stays null if it never is. */
  begin(req, res, url) {
    const entry = {
      time: new Date().toISOString(),
      method: req.method,
      // Where the browser comes back after login differs each time, and tells nothing.
      path: url.pathname.replace(/^(\/oauth\/authorize)\/(?!native$).+/, "$1/:uid"),
      parameters: [...url.searchParams.keys()],
      headers: Object.keys(req.headers).sort(),
      status: null,
    };
    // "prefinish" runs inside res.end(): who has the answer can count on finding its status here.
    res.once("prefinish", () => (entry.status = res.statusCode));
    this.entries.push(entry);
    if (this.entries.length > LIMIT) this.entries.shift();
    return entry;
  }

  clear() {
    this.entries.length = 0;
  }
}

/** The fingerprints of all tokens among these parameters. */
export function fingerprints(parameters) {
  const found = TOKENS.filter((name) => typeof parameters[name] === "string");
  return Object.fromEntries(found.map((name) => [name, fingerprint(parameters[name])]));
}
