/** A very small browser: it keeps cookies, follows redirects within the server, and submits the server's forms. */

import { createHash, randomBytes } from "node:crypto";
import { startServer } from "../../www/server/index.mjs";

export const PAGE = "http://localhost:8080";
export const REDIRECT_URI = `${PAGE}/callback`;
export const PAT = { email: "pat@example.com", password: "sandbox-demo" };

/** A server on free ports that ends with the test. */
export async function startForTest(test, options = {}) {
  const server = await startServer({ ports: { sandbox: 0, production: 0 }, ...options });
  test.after(() => server.close());
  return server.environments;
}

export function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

export class Browser {
  #cookies = new Map();

  /** One request, no redirect followed. */
  async request(url, { headers = {}, ...init } = {}) {
    const { pathname } = new URL(url);
    const cookie = [...this.#cookies.values()].filter(({ path }) => pathname.startsWith(path)).map(({ pair }) => pair);
    const response = await fetch(url, { redirect: "manual", headers: { cookie: cookie.join("; "), ...headers }, ...init });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(/; */);
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? "/";
      this.#cookies.set(`${pair.split("=")[0]} ${path}`, { pair, path });
    }
    return response;
  }

  /** Follows redirects until a page, or until one leads to another origin: `{ left: URL }`. */
  async follow(url, init) {
    const { origin } = new URL(url);
    let response = await this.request(url, init);
    while (response.status >= 300 && response.status < 400) {
      const next = new URL(response.headers.get("location"), url);
      if (next.origin !== origin) return { left: next };
      url = next.href;
      response = await this.request(url);
    }
    return { url, response, status: response.status, html: await response.text() };
  }

  submit(url, fields, headers = {}) {
    const { origin } = new URL(url);
    return this.follow(url, { method: "POST", body: new URLSearchParams(fields), headers: { origin, ...headers } });
  }

  /** Through login (if asked) and consent. */
  async authorize(url, { user = PAT, answer = "allow" } = {}) {
    let page = await this.follow(url);
    if (page.html?.includes('id="sign-in"')) page = await this.submit(page.url, user);
    if (page.html?.includes('id="allow"')) page = await this.submit(page.url, { answer });
    return page;
  }
}

export function authorizeUrl({ origin, clientId }, parameters = {}) {
  const url = new URL("/oauth/authorize", origin);
  const all = { response_type: "code", client_id: clientId, redirect_uri: REDIRECT_URI, state: "st", ...parameters };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

/** A code and its verifier. */
export async function getCode(environment, { browser = new Browser(), ...parameters } = {}) {
  const { verifier, challenge } = pkce();
  const url = authorizeUrl(environment, { code_challenge: challenge, code_challenge_method: "S256", ...parameters });
  const { left } = await browser.authorize(url);
  return { code: left.searchParams.get("code"), verifier, left };
}

export async function post(environment, path, fields, headers = {}) {
  const response = await fetch(environment.origin + path, {
    method: "POST", body: new URLSearchParams(fields), headers: { origin: PAGE, ...headers }, redirect: "manual",
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null };
}

export function redeem(environment, { code, verifier }, more = {}) {
  const { clientId } = environment;
  const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, client_id: clientId };
  return post(environment, "/oauth/token", { ...fields, ...(verifier && { code_verifier: verifier }), ...more });
}

export function refresh(environment, refreshToken, more = {}) {
  const fields = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: environment.clientId };
  return post(environment, "/oauth/token", { ...fields, ...more });
}

export function revoke(environment, token, more = {}) {
  return post(environment, "/oauth/revoke", { token, client_id: environment.clientId, ...more });
}

/** A whole sign-in: the token response's body. */
export async function signIn(environment, parameters) {
  const { status, body } = await redeem(environment, await getCode(environment, parameters));
  if (status !== 200) throw new Error(`sign-in failed: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** GET with a bearer token; `status` says whether it lives. */
export async function get(environment, path, token, headers = {}) {
  const response = await fetch(environment.origin + path, {
    headers: { origin: PAGE, ...(token && { authorization: `Bearer ${token}` }), ...headers }, redirect: "manual",
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null };
}

export const isAlive = async (environment, token) => (await get(environment, "/rest/v1.0/me", token)).status === 200;
