// A whole sign-in of one contestant, by a server that is really asked: this page leaves for it, and is what it comes back to.

import { load } from "./contestant.js";

const [, , contestant] = location.pathname.split("/");
const server = {
  issuer: location.origin,
  authorizationEndpoint: `${location.origin}/oauth/authorize`,
  tokenEndpoint: `${location.origin}/oauth/token`,
  revocationEndpoint: `${location.origin}/oauth/revoke`,
  apiOrigin: location.origin,
};
const config = {
  ...server,
  server,
  clientId: "CID",
  redirectUri: location.origin + location.pathname,
  apiUrl: `${location.origin}/rest/v1.0/me`,
  workerUrl: "/package/worker-script.js",
};

async function run() {
  // As it came, for some clients take it out of the page's URL as soon as they are made.
  const url = location.href;
  const { session } = await load(contestant, "session");
  const { loginUrl, redeem, token } = await session(config);
  if (!/[?&#]code=/.test(url)) return location.assign(await loginUrl());
  await redeem(url);
  return { token: await token() };
}

const done = (result) => result && (document.body.dataset.result = JSON.stringify(result));
run().then(done, (error) => done({ error: String(error?.message ?? JSON.stringify(error)) }));
