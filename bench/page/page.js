// Runs one stage with one contestant, as the page's query says, and notes what came of it.

const { stage, contestant } = Object.fromEntries(new URLSearchParams(location.search));
// Nothing is sent there.
const config = { origin: "https://login.example.com", clientId: "CID", redirectUri: `${location.origin}/callback` };
const WARM_UP = 300;
const CALLS = 200;
/** More of those, for Firefox tells whole milliseconds. */
const API_CALLS = 2_000;

/** What a login URL must be, whoever built it; the browser is not asked to believe it. */
function check(url, before) {
  const query = new URL(url).searchParams;
  const isRight =
    query.get("redirect_uri") === config.redirectUri &&
    query.get("code_challenge_method") === "S256" &&
    /^[\w-]{43}$/.test(query.get("code_challenge")) &&
    query.get("state")?.length > 15 &&
    query.get("state") !== before;
  if (!isRight) throw new Error(`${contestant} gave no login URL: ${url}`);
  return query.get("state");
}

const STAGES = {
  /** From the import of the script, which is not in any cache, to the first login URL. */
  async start() {
    const before = performance.now();
    const { client } = await import(`/${contestant}/main.js`);
    const url = await (await client(config))();
    const time = performance.now() - before;
    check(url);
    return time;
  },
  /** One login URL, when all is warm. */
  async loginUrl() {
    const { client } = await import(`/${contestant}/main.js`);
    const loginUrl = await client(config);
    let state;
    for (let call = 0; call < WARM_UP; call++) state = check(await loginUrl(), state);
    for (const storage of [sessionStorage, localStorage]) storage.clear();
    const before = performance.now();
    for (let call = 0; call < CALLS; call++) await loginUrl();
    return (performance.now() - before) / CALLS;
  },
  /** A response of the login page, from its URL to the code and the verifier that its state has led to. */
  async callback() {
    const { client, callback } = await import(`/${contestant}/main.js`);
    const [loginUrl, judge] = [await client(config), await callback(config)];
    const arrive = async () => {
      const state = new URL(await loginUrl()).searchParams.get("state");
      return `${config.redirectUri}?${new URLSearchParams({ code: "CODE", state })}`;
    };
    const refused = await (async () => judge((await arrive()).replace("&state=", "&state=x")))().then(
      () => false,
      () => true,
    );
    if (!refused) throw new Error(`${contestant} takes any state`);
    let time = 0;
    for (let call = -WARM_UP; call < CALLS; call++) {
      const url = await arrive();
      const before = performance.now();
      const { code, codeVerifier } = await judge(url);
      if (call >= 0) time += performance.now() - before;
      if (code !== "CODE" || !/^[\w.~-]{43,128}$/.test(codeVerifier)) throw new Error(`${contestant} gave no code`);
      if (call % 50 === 0) sessionStorage.clear();
    }
    return time / CALLS;
  },
  /** A call of the API, where `fetch` answers at once. */
  async fetch() {
    const answers = { token: { access_token: "AT", token_type: "bearer", expires_in: 5400, refresh_token: "RT" }, me: {} };
    globalThis.fetch = async (url) => Response.json(answers[String(url).split("/").at(-1)] ?? {});
    const call = contestant === "page" ? await bareFetch() : await signedIn();
    for (let at = 0; at < WARM_UP; at++) await call();
    const before = performance.now();
    for (let at = 0; at < API_CALLS; at++) await call();
    return (performance.now() - before) / API_CALLS;
  },
  /** From createProcoreAuth() to the end of ready(), with the script already there: what a worker costs more. */
  async ready() {
    const [entry, workerUrl] = contestant.split(" ");
    const { createProcoreAuth } = await import(`/package/${entry}.js`);
    const credentials = { production: { clientId: "CID", redirectUris: [config.redirectUri] } };
    const before = performance.now();
    await createProcoreAuth({ credentials, ...(workerUrl && { workerUrl }) }).ready();
    return performance.now() - before;
  },
};

async function bareFetch() {
  const init = { headers: { authorization: "Bearer AT" }, credentials: "omit", cache: "no-store" };
  return () => fetch("https://api.procore.com/rest/v1.0/me", init);
}

/** `auth.fetch` of a client that has signed in. Nothing is left for the login page: the sign-in is kept where `signIn()` keeps it. */
async function signedIn() {
  const { buildLoginUrl, createProcoreAuth, ready } = await import(`/${contestant}/index.js`);
  await ready();
  const credentials = { clientId: "CID", redirectUris: [config.redirectUri] };
  const { url, pending } = buildLoginUrl(credentials);
  const state = new URL(url).searchParams.get("state");
  sessionStorage.setItem(`procore-spa-auth:${state}`, pending);
  const auth = createProcoreAuth({ credentials: { production: credentials } });
  await auth.handleRedirect(`${config.redirectUri}?code=CODE&state=${state}`);
  if (!auth.session.signedIn) throw new Error("nobody is signed in");
  return () => auth.fetch("/rest/v1.0/me");
}

const done = (result) => (document.body.dataset.result = JSON.stringify(result));
STAGES[stage]().then(
  (time) => done({ time }),
  (error) => done({ error: String(error?.stack ?? error) }),
);
