// What the stages have in common: what a contestant is given, and what it has to show before it is measured.

import { jwt, responseTo, tokensFor } from "./server.js";

/** How often something is done; a run that is short only shows that it can be. */
export const times = (count) => (new URLSearchParams(location.search).has("short") ? Math.min(count, 25) : count);

/** `script`: "main", up to a callback, or "session". */
export const load = (contestant, script = "main") => import(`/${contestant}/${script}.js`);

const issuer = "https://login.example.com";

/** Nothing is sent there: this page's `fetch` answers. */
export const config = {
  issuer,
  authorizationEndpoint: `${issuer}/oauth/authorize`,
  tokenEndpoint: `${issuer}/oauth/token`,
  apiUrl: "https://api.procore.com/rest/v1.0/me",
  clientId: "CID",
  redirectUri: `${location.origin}/callback`,
  workerUrl: "/page/worker.js",
};

const ACCESS_TOKEN = jwt({ sub: "1" });

/** What a login URL must be, whoever built it; the browser is not asked to believe it. Answers with its state. */
export function check(url, before) {
  const query = new URL(url).searchParams;
  const isRight =
    query.get("redirect_uri") === config.redirectUri &&
    query.get("code_challenge_method") === "S256" &&
    /^[\w-]{43}$/.test(query.get("code_challenge")) &&
    query.get("state")?.length > 15 &&
    query.get("state") !== before;
  if (!isRight) throw new Error(`no login URL: ${url}`);
  return query.get("state");
}

/** From now on this page's `fetch` answers at once: with tokens, and with nothing where it is asked for something else. */
export function answerAtOnce() {
  let tokens = "{}";
  const headers = { "content-type": "application/json" };
  globalThis.fetch = async (url) => new Response(/token(\?|$)/.test(url.url ?? url) ? tokens : "{}", { headers });
  /** The response to a login URL, whose code the token endpoint takes next. */
  const arrive = (loginUrl, isForged) => {
    check(loginUrl);
    const more = { access_token: ACCESS_TOKEN, refresh_token: jwt({ sub: "2" }) };
    tokens = JSON.stringify(tokensFor(loginUrl, `${issuer}/`, more));
    return responseTo(loginUrl, "CODE", isForged);
  };
  const signIn = async ({ loginUrl, redeem }) => redeem(arrive(await loginUrl()));
  return { arrive, signIn };
}

/** A sign-in's end: the token in hand, or an error. */
export async function mustBeSignedIn({ token }) {
  const found = await token();
  // The worker has its own fetch.
  if (found !== ACCESS_TOKEN && found !== "AT") throw new Error(`the token is ${found}`);
}

export const clearStorage = () => [sessionStorage, localStorage].forEach((storage) => storage.clear());
