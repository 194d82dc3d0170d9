// Runs one stage with one contestant, as the page's query says, and notes what came of it.

const { stage, contestant } = Object.fromEntries(new URLSearchParams(location.search));
// Nothing is sent there.
const config = { origin: "https://login.example.com", clientId: "CID", redirectUri: `${location.origin}/callback` };
const WARM_UP = 300;
const CALLS = 200;

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
    sessionStorage.clear();
    const before = performance.now();
    for (let call = 0; call < CALLS; call++) await loginUrl();
    return (performance.now() - before) / CALLS;
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

const done = (result) => (document.body.dataset.result = JSON.stringify(result));
STAGES[stage]().then(
  (time) => done({ time }),
  (error) => done({ error: String(error?.stack ?? error) }),
);
