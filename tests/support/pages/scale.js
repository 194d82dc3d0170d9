// What scale.test.mjs has this page do, over and over: `scale.calls(n)`, `scale.signIns(n)`, `scale.clients(n)`. Each answers with the
// shortest time that one of ten parts took, in milliseconds for each.

const tokens = { access_token: "AT", token_type: "bearer", expires_in: 5400, refresh_token: "RT" };
globalThis.fetch = async (url) => Response.json(String(url.url ?? url).endsWith("/token") ? tokens : {});

// The memory of the core, which nothing gives out.
const { Instance } = WebAssembly;
const memories = [];
WebAssembly.Instance = function (...given) {
  const instance = new Instance(...given);
  const { call, memory } = instance.exports;
  if (call) memories.push(memory);
  return instance;
};

const { buildLoginUrl, createProcoreAuth, ready } = await import("/package/index.js");
const redirectUri = `${location.origin}/callback`;
const optionsOf = (clientId) => ({ credentials: { production: { clientId, redirectUris: [redirectUri] } } });
const auth = createProcoreAuth(optionsOf("CID"));
await ready();

/** The record of a sign-in, kept where `signIn()` keeps it. */
const begin = () => {
  const { url, pending } = buildLoginUrl({ clientId: "CID", redirectUris: [redirectUri] });
  const state = new URL(url).searchParams.get("state");
  sessionStorage.setItem(`procore-spa-auth:${state}`, pending);
  return `${redirectUri}?code=CODE&state=${state}`;
};

const PARTS = 10;
const inParts = async (count, work) => {
  let least = Infinity;
  for (let part = 0; part < PARTS; part++) {
    const before = performance.now();
    for (let at = 0; at < count / PARTS; at++) await work();
    least = Math.min(least, performance.now() - before);
  }
  return (least * PARTS) / count;
};

let others = 0;
globalThis.scale = {
  calls: (count) => inParts(count, () => auth.fetch("/rest/v1.0/me")),
  signIns: (count) => inParts(count, () => auth.handleRedirect(begin())),
  /** All of one configuration. */
  clients: (count) => inParts(count, () => createProcoreAuth(optionsOf("CID")).ready()),
  /** Each of its own. */
  others: (count) => inParts(count, () => createProcoreAuth(optionsOf(`CID${others++}`)).ready()),
  kept: () => ({ memory: memories.map(({ buffer }) => buffer.byteLength), entries: Object.keys(sessionStorage).length, isSignedIn: auth.session.signedIn }),
};
