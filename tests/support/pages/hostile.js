// What a hostile script of the page says to the worker, past the package.

"use strict";

globalThis.hostile = (() => {
  const ask = (operation, input) => ({ operation, input });

  /** A client whose every endpoint is the attacker's. */
  const evil = (sink, redirectUri) => ({
    credentials: { sandbox: { clientId: "evil", redirectUris: [redirectUri] } },
    servers: {
      sandbox: {
        customAuthorizationServer: true,
        issuer: sink,
        authorizationEndpoint: `${sink}/oauth/authorize`,
        tokenEndpoint: `${sink}/oauth/token`,
        revocationEndpoint: `${sink}/oauth/revoke`,
        apiOrigin: sink,
      },
    },
  });

  /** Where a token must not go, in every disguise. */
  const targets = (api, sink) => {
    const { host } = new URL(sink);
    const others = [sink, `${sink}/rest/v1.0/me`, `//${host}/rest`, `\\\\${host}/rest`, `/\\${host}/rest`, `/\t/${host}/rest`];
    const userinfo = [api.replace("://", "://user@"), `${api}@${host}/`, `http://${new URL(api).host}@${host}/`];
    const lookalikes = [`${api}.evil.test/`, `${api}:${host}/`, `http:${host}/rest`, `http:///${host}/`, `${api}\0.evil.test/`];
    const schemes = [api.replace("http:", "https:"), api.replace("http:", "ws:"), "javascript:1", "data:,x", "file:///etc/passwd"];
    const hosts = [api.replace("localhost", "127.0.0.1"), "http://[::1]/", "http://xn--a/", "https://api.procore.com/rest"];
    const dots = [`${api}/..//${host}/`, "/..//evil.test", "/rest/../..//evil.test", "/%2e%2e//evil.test", `\n//${host}/`];
    const odd = ["", " ", "\0", "#", "http://", "blob:null/1", "about:blank", "?access_token=x", `${location.origin}/rest`];
    const untyped = [null, 1, true, [], {}, [sink], { href: sink }, { toString: 1 }];
    return [others, userinfo, lookalikes, schemes, hosts, dots, odd, untyped].flat();
  };

  const FACTS = [
    { mayWait: true },
    { isOver: true, error: "x" },
    { event: "signOut", step: "close", core: 2 },
    { hasCompanyId: true, companyId: "1\r\nhost: evil" },
    { apiOrigin: "http://evil.test", environment: "production", authorization: "x" },
    { constructor: 1 },
  ];

  /** Numbers of calls that are no page's, such as those that the engine itself has. */
  const NO_CALLS = [undefined, null, 0, -1, 0.5, 1e300, NaN, "1", [], {}, 2 ** 32, 2 ** 32 + 1, 2 ** 53, 1e18];
  /** Of calls that the page itself has not come to. */
  const FIRST_CALL = 1e9;

  const NO_QUESTIONS = [null, undefined, 0, "setup", [], {}, { setup: null }, { id: 1 }, new Map(), new Date(), /x/, 1n];

  const NO_OPERATIONS = ["constructor", "__proto__", "prototype", "session", "popupNow", "toString", "valueOf", "then"].concat(
    ["hasOwnProperty", "save", "restore", "settle", "open", "event", "exchange", "signin", "", null, 1, undefined],
    [["refresh"], { toString: 1 }],
  );

  const oddInputs = () => {
    const cycle = {};
    cycle.self = cycle;
    const deep = JSON.parse("[".repeat(2000) + "]".repeat(2000));
    const huge = "x".repeat(4_000_000);
    return [undefined, null, 1, "x", "{", [], {}, deep, cycle, 1n, new Map([[1, 2]]), huge, { target: huge }, { url: huge }];
  };

  /** A response to a sign-in that never was, and the record that would fit it. */
  const injected = ({ api, redirectUri, clientId }) => {
    const state = "S".repeat(43);
    const record = JSON.stringify({
      ...{ v: 1, state, verifier: "V".repeat(43), flow: "code", responseMode: "query", environment: "sandbox" },
      ...{ server: `${api}/oauth/authorize`, clientId, redirectUri, returnTo: "/" },
      created: Math.floor(Date.now() / 1000),
    });
    const url = `${redirectUri}?code=C&state=${state}&iss=${encodeURIComponent(api)}`;
    const states = [state, "__proto__", "constructor", "size", {}, []];
    return [
      ask("redeem", { url, record, isClaimed: true, isAnyPending: true }),
      ...states.map((state) => ask("redeem", { url, state, record })),
      ...states.map((state) => ask("probe", { url, state, record })),
    ];
  };

  const messages = (target) => {
    const { api, sink, redirectUri } = target;
    const options = JSON.stringify(evil(sink, redirectUri));
    const setup = { options, page: location.href, isPersistent: true, wasSignedIn: true };
    const operations = ["authorize", "judge", "note", "redeem", "probe", "signIn", "popup", "drop", "facts", "resume", "suspend", "ready"];
    const statuses = [0, 401, 403, 429, 500, -1, "401"];
    let calls = FIRST_CALL;
    const authorize = (facts) => ask("authorize", { call: calls++, ...facts });
    const answer = (call, status) => ask("judge", { call, status, method: "GET", isReplayable: true });
    return [
      { setup },
      { setup: {} },
      { setup: { ...setup, options: 1 } },
      { setup, ...ask("refresh") },
      ...NO_QUESTIONS,
      ...NO_OPERATIONS.map((operation) => ask(operation, {})),
      ...statuses.flatMap((status) => [authorize({ target: "/rest/v1.0/me" }), answer(calls - 1, status)]),
      ...statuses.flatMap((status) => [authorize({ target: "/rest/v1.0/me" }), ask("note", { call: calls - 1, status, method: "GET" })]),
      ...targets(api, sink).map((target) => authorize({ target })),
      ...FACTS.map((facts) => authorize({ target: `${sink}/rest`, ...facts })),
      // One that was answered, or is still at the API, and those that never were.
      ...[FIRST_CALL, FIRST_CALL + 1].flatMap((call) => [authorize({ call, target: "/rest/v1.0/me" }), answer(call, 200), answer(call, 200)]),
      ...NO_CALLS.flatMap((call) => [authorize({ call, target: "/rest/v1.0/me" }), answer(call, 401), ask("giveUp", call)]),
      ...operations.flatMap((operation) => oddInputs().map((input) => ask(operation, input))),
      ...injected(target),
      ask("signIn", JSON.stringify({ extraParams: { redirect_uri: sink } })),
      ask("signIn", JSON.stringify({ environment: "production", servers: evil(sink, redirectUri).servers })),
      ...Array.from({ length: 60 }, () => ask("popup", "{}")),
    ];
  };

  /** Says it all to the worker of the client `{ api, redirectUri, clientId }`. Answers with what came back. */
  const attack = async (target) => {
    const answers = {};
    const worker = tap.workers.at(-1);
    worker.addEventListener("message", ({ data }) => data.id >= 1e6 && (answers[data.id] = data));
    const asked = {};
    for (const [index, message] of messages(target).entries()) {
      const isQuestion = message && "operation" in Object(message) && !message.setup;
      if (isQuestion) asked[(message.id = 1e6 + index)] = String(JSON.stringify([message.operation, index])).slice(0, 80);
      tap.forge(message);
    }
    // Of what came from nobody, and to nobody.
    for (const id of [undefined, null, 1, {}, "1", -1]) tap.forge({ id, operation: "facts" });
    while (Object.keys(answers).length < Object.keys(asked).length) await new Promise((next) => setTimeout(next));
    return { asked, answers };
  };

  return { attack };
})();
