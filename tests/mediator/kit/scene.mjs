// What a check has in hand: a mediator, the Procore behind it, and pages that ask.

import { examine, parseSetCookie } from "./answer.mjs";
import { send } from "./client.mjs";
import { random } from "./procore.mjs";
import { TOKEN_PATH } from "./settings.mjs";

/** The mediator does not do what a sentence says. */
export class Fault extends Error {}

/** Nobody can tell from here. */
export class NotSeen extends Error {}

export function must(condition, text) {
  if (!condition) throw new Fault(text);
}

const REVOKE_PATH = TOKEN_PATH.replace("token", "revoke");
const FORM = "application/x-www-form-urlencoded";

export class Scene {
  #turn = 0;

  /**
   * @param {{ settings: object, procore: object, target: import("./target.mjs").Target, fault: (sentence: number, text: string) => void }} options
   */
  constructor({ settings, procore, target, fault }) {
    Object.assign(this, { ...settings, procore, target, fault });
  }

  /** A browser with nothing in it, on the page of this application. */
  page(client = this.main) {
    return new Page(this, client);
  }

  /** A page that has just signed in, with its session: `{ page, handle, access, family }`. `family` has the tokens at Procore. */
  async signedIn(options = {}) {
    return this.signIn(this.page(options.client), options);
  }

  async signIn(page, options = {}) {
    const grant = this.procore.code({ client: page.client, ...options });
    const answer = await page.redeem(grant);
    must(answer.status === 200, `a sign-in is answered with ${told(answer)}`);
    must(answer.cookies.length > 0, "a sign-in sets no cookie");
    const { session_handle: handle, access_token: access } = answer.json;
    must(handle && access, "a sign-in is answered without a handle or a token");
    return { page, handle, access, family: grant.family, answer };
  }

  /** Requests go to all instances by turns. */
  async ask(path, options) {
    const { urls } = this.target;
    const answer = await send(urls[this.#turn++ % urls.length] + path, options);
    const { secrets, accessTokens: tokens } = this.procore;
    const json = examine(answer, { method: options.method, secrets, tokens, fault: this.fault });
    return { ...answer, json, error: json?.error, cookies: (answer.headers["set-cookie"] ?? []).map(parseSetCookie) };
  }

  /** What was sent before has arrived at the mediator, as far as anybody can tell: later requests were answered. */
  async fence() {
    for (const url of [...this.target.urls, ...this.target.urls]) await send(url + TOKEN_PATH, { method: "GET" });
  }

  /** Settles only where a mediator that is killed in the middle of something knows of it when it is started again. */
  mustHaveJournal() {
    if (!this.target.hasJournal) {
      throw new NotSeen("without a journal outside of its memory nobody can (--journal, for one that has it)");
    }
  }

  /** Moves the mediator's clock, or waits where that is allowed. */
  advance(seconds) {
    return this.target.advance(seconds);
  }
}

export class Page {
  constructor(scene, client) {
    Object.assign(this, { scene, client, jar: new Map() });
  }

  get cookie() {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ") || undefined;
  }

  /** Name and value of the session's cookie. */
  get session() {
    const [found] = this.jar;
    must(found, "there is no cookie of a session");
    return { name: found[0], value: found[1] };
  }

  /** A tab whose request was sent with the cookies of now, whatever is set later. */
  tab() {
    const tab = new Page(this.scene, this.client);
    tab.jar = new Map(this.jar);
    return tab;
  }

  /** `options`: whatever of the request is not as a page would send it. */
  post(path, fields, options = {}) {
    const answer = this.#post(path, fields, options);
    // A check that has failed no longer waits for what it has asked meanwhile.
    answer.catch(() => {});
    return answer;
  }

  async #post(path, fields, options) {
    const { headers = {}, body, ...rest } = options;
    const form = new URLSearchParams({ client_id: this.client.clientId, ...fields }).toString();
    const usual = { origin: this.client.origin, "content-type": `${FORM};charset=UTF-8`, cookie: this.cookie };
    const answer = await this.scene.ask(path, { body: body ?? form, headers: { ...usual, ...headers }, ...rest });
    for (const { name, value, isRemoved } of answer.cookies) {
      if (isRemoved) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return answer;
  }

  redeem({ code, verifier, redirectUri }, options) {
    return this.post(TOKEN_PATH, redeeming({ code, verifier, redirectUri }), options);
  }

  checkPkce({ code, redirectUri }) {
    return this.post(TOKEN_PATH, { ...redeeming({ code, verifier: random(), redirectUri }), purpose: "check" });
  }

  renew(handle, options) {
    return this.post(TOKEN_PATH, { grant_type: "refresh_token", session_handle: handle }, options);
  }

  resume(options) {
    return this.post(TOKEN_PATH, { grant_type: "urn:procore-spa-auth:resume" }, options);
  }

  revoke(handle, token, options) {
    const fields = { session_handle: handle, token_type_hint: "access_token", ...(token ? { token } : {}) };
    return this.post(REVOKE_PATH, fields, options);
  }
}

/** Waits until Procore has been asked, or until it is plain that it will not be. */
export async function arrival({ reached }, answer) {
  const early = await Promise.race([
    reached,
    answer.then(
      (it) => it,
      () => undefined,
    ),
  ]);
  must(early === undefined, `answered with ${early && told(early)} before Procore was asked`);
}

export const redeeming = ({ code, verifier, redirectUri }) => ({
  grant_type: "authorization_code",
  code,
  redirect_uri: redirectUri,
  code_verifier: verifier,
});

/** An answer, in a few words. */
export const told = ({ status, error }) => (error ? `${status} ${error}` : String(status));

export function mustBe(answer, status, error, what) {
  must(
    answer.status === status && answer.error === error,
    `${what}: ${told(answer)} instead of ${told({ status, error })}`,
  );
}

export const mustHaveTokens = (answer, what) => mustBe(answer, 200, undefined, what);
export const mustBeOver = (answer, what) => mustBe(answer, 400, "invalid_grant", what);

export function mustLeaveCookie(answer, what) {
  must(answer.cookies.length === 0, `${what}: the cookie is touched`);
}

/** That nothing with this code or token has reached Procore since `before` times. */
export function mustNotBeSent(scene, value, before, what) {
  must(scene.procore.sent(value) === before, `${what}: something was sent to Procore`);
}
