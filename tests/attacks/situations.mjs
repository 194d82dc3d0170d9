// From a row of attacks.jsonl to what a browser is to do, and to what counts as refused.
//
// Situations are recognised by the text of `setup` and `input`, never by the row's id. What no rule here recognises is
// an error of the runner, never a pass.

import { CLIENT_ID, KEY, configOf, customServer } from "./app.mjs";
import { windowPlan } from "./messages.mjs";

const PROCORE = "https://login.procore.com";
const API = "https://api.procore.com";
const RISK = "I accept that tokens in the URL can leak";
const APP = "https://app.example";

/** Stand for the row's own short values, so that a leak can be told from a coincidence. */
const VERIFIER = "canaryverifier-0123456789abcdefghijklmnopqrs";
export const CANARY = /canary(?:code|state|access|refresh|verifier|secret)/;

const clone = structuredClone;
const seconds = () => Math.floor(Date.now() / 1000);

/** Gives the row's `C1`, `S1`, `T`, … a canary each, wherever they stand in a response. */
export const marked = (text) =>
  text
    .replace(/((?:%63ode|\bcode(?:\[\])?)=)([CX]\d?)(?=[&#;\s]|$)/g, "$1$2-canarycode")
    .replace(/(\bstate=)([Ss]\d)/g, "$1$2-canarystate")
    .replace(/(\b(?:access_token|id_token)=)([TJ]\d?)(?=[&#\s]|$)/g, "$1$2-canaryaccess")
    .replace(/(\brefresh_token=)(R\d?)(?=[&#\s]|$)/g, "$1$2-canaryrefresh");
const STATE = "S1-canarystate";

const markedBody = (text) =>
  text
    .replace(/("access_token":")([TU])"/g, '$1$2-canaryaccess"')
    .replace(/("refresh_token":")(R)"/g, '$1$2-canaryrefresh"')
    .replace(/("client_secret":")([^"]+)"/g, '$1$2-canarysecret"');

/** Writes out what the rows abbreviate. */
const expanded = (text) =>
  text
    .replace(/(A+)\.\.\.\((\d+) MiB\)/, (_, letters, count) => letters[0].repeat(count * 1024 * 1024))
    .replace(/((?:a=1&)+)\.\.\.\((\d+)k pairs\)/, (_, pairs, count) => "a=1&".repeat(count * 1000))
    .replace(/<(\d+) MiB>/, (_, count) => "a".repeat(count * 1024 * 1024))
    .replace(/^(\[+)\.\.\. (\d+)k deep$/, (_, brackets, count) => "[".repeat(count * 1000));

/**
 * The row's `https://app.example` as the origin of the page that is really there. Hostile imitations keep their
 * relation to it: other scheme, other port, longer name, user name in front.
 */
export function mapped(text, page) {
  const { host, hostname } = new URL(page);
  return text
    .replace(/https:\/\/app\.example:(\d+)/g, `http://${hostname}:$1`)
    .replace(/https:\/\/app\.example(?=[/?#\s@]|$)/g, page)
    .replace(/https:\/\/app\.example/g, `http://${hostname}`)
    .replace(/\bhttp:\/\/app\.example/g, `https://${host}`)
    .replace(/@app\.example/g, `@${host}`)
    .replace(/^https:\/\/([^/]*@localhost)/, "http://$1");
}

/** Where a row has its app on http://localhost, the page that is really there stands for that too. */
const mappedRedirectUri = (text, page) =>
  text
    .replace(/https:\/\/(\w+:\w+@)?app\.example(?=[/?#\s]|$)/, (_, user = "") => page.replace("//", `//${user}`))
    .replace(/^http:\/\/localhost(:\d+)?(?=[/?#]|$)/, page);

const isUrl = (text) => /^https?:\/\//.test(text);

/** What stands for the row's sign-in under way. */
function recordOf(redirectUri, more = {}) {
  const { age = 0, ...members } = more;
  return {
    v: 1,
    state: STATE,
    verifier: VERIFIER,
    flow: "code",
    responseMode: "query",
    environment: "production",
    clientId: CLIENT_ID,
    redirectUri,
    returnTo: "/",
    created: seconds() - age,
    ...members,
  };
}

/** That the instance, and the module, are of use after what happened. */
const USABLE = (page) => [
  { do: "buildLoginUrl", credentials: { clientId: CLIENT_ID, redirectUris: [`${page}/cb`] }, isAfterwards: true },
  { do: "new", as: "another", config: configOf(`${page}/cb`), isAfterwards: true },
  { do: "ready", as: "another", isAfterwards: true },
];

/** What a `setup` says of the sign-in, its configuration and its record. */
function setUp(setup) {
  const words = setup.trim();
  const none = { config: {}, record: {}, hasRecord: true };
  if (/^implicit_on$/.test(words)) {
    return {
      entry: "implicit",
      config: { allowImplicit: RISK },
      record: { flow: "implicit", responseMode: "fragment" },
      hasRecord: true,
    };
  }
  if (/^no_tx$/.test(words)) return { ...none, hasRecord: false };
  if (/^tx_age>ttl$/.test(words)) return { ...none, record: { age: 601 } };
  if (/^(pending|tx_consumed|other_tab|two_tx)$/.test(words)) return none;
  const mode = /^pending mode=(query|fragment)\b/.exec(words)?.[1];
  if (mode) return { config: { responseMode: mode }, record: { responseMode: mode }, hasRecord: true };
  const issuer = /^issuer=(https:\/\/\S+)$/.exec(words)?.[1] ?? (/^issuer set\b/.test(words) ? PROCORE : undefined);
  if (issuer) {
    const isSupported = /\biss_supported=(true|false)$/.exec(words)?.[1];
    const server = {
      issuer,
      ...(isSupported ? { issParameter: isSupported === "true" ? "required" : "optional" } : {}),
    };
    return { config: { servers: { production: server } }, record: {}, hasRecord: true };
  }
  return undefined;
}

/** A page that is an authorization response: the row's URL is loaded for real wherever a browser can load it. */
function response(row, { page }) {
  const [, literal, remark = ""] = /^(https?:\/\/\S+)(?: (.*))?$/s.exec(expanded(marked(row.input)));
  const set = setUp(row.setup);
  if (!set) return undefined;
  const here = mapped(literal, page);
  const isLoaded = here.startsWith(`${page}/`) && here.length < 4000;
  const redirectUri = `${page}/cb`;
  const record = recordOf(redirectUri, set.record);
  const config = configOf(redirectUri, set.config);
  const base = {
    page: isLoaded ? here : "/blank",
    entry: set.entry,
    storage: set.hasRecord ? { [KEY + STATE]: JSON.stringify(record) } : {},
  };
  const arrive = { do: "handleRedirect", ...(isLoaded ? {} : { url: here }) };

  if (/^\(second time\)$/.test(remark)) {
    const steps = [
      { do: "new", config },
      arrive,
      { do: "goTo", url: here },
      { ...arrive, isJudged: true },
      { do: "look" },
    ];
    return { ...base, steps, tokens: 1 };
  }
  if (/\bdelivered in tab B, tx created in tab A\b/.test(remark)) {
    return {
      ...base,
      steps: [{ do: "new", config }, { ...arrive, isJudged: true }, { do: "look" }],
      isInOtherTab: true,
    };
  }
  if (remark && !/^passed to handle\w+\(\)$/.test(remark)) return undefined;

  const steps = [{ do: "new", config }, { ...arrive, isJudged: true }, { do: "look" }];
  if (/<\d+ms/.test(row.effects)) {
    steps.push({ do: "timeParsing", url: here, pending: JSON.stringify(record) });
  }
  // The two-step interface judges the row's URL as it stands in the row.
  if (set.hasRecord && row.setup !== "tx_consumed") {
    const pending = JSON.stringify({ ...record, redirectUri: `${APP}/cb` });
    steps.push({
      do: "parseRedirect",
      url: literal,
      pending,
      options: { server: set.config.servers?.production },
      isSecondOpinion: true,
    });
  }
  if (/\btx=kept\b/.test(row.effects)) {
    // A link that was refused has not cost the user the sign-in under way.
    const place =
      record.flow === "implicit"
        ? `#access_token=T9-canaryaccess&token_type=bearer&state=${STATE}`
        : `?code=C9-canarycode&state=${STATE}`;
    steps.push({ do: "goTo", url: `${page}/cb${place}` }, { do: "handleRedirect", isAfterwards: true });
  }
  return { ...base, steps, isLoaded, here, hasRecord: set.hasRecord };
}

const goodResponse = (state = STATE) => `/cb?code=C1-canarycode&state=${state}`;

/** Rows of prose, each rule with the words that it knows. */
const PROSE = [
  [
    /^two logins started S1,S2; callback for S1 then S2$/,
    (row, { page }) => {
      const states = ["S1-canarystate", "S2-canarystate"];
      const records = states.map((state, index) => recordOf(`${page}/cb`, { state, verifier: `${VERIFIER}${index}` }));
      return {
        page: goodResponse(states[0]),
        storage: Object.fromEntries(records.map((record) => [KEY + record.state, JSON.stringify(record)])),
        steps: [
          { do: "new", config: configOf(`${page}/cb`) },
          { do: "handleRedirect", isJudged: true },
          { do: "goTo", url: goodResponse(states[1]) },
          { do: "handleRedirect", isJudged: true },
          { do: "look" },
        ],
        verifiers: records.map(({ verifier }) => verifier),
      };
    },
  ],
  [
    /^tx stored for client_id (\w+), SDK now configured with client_id (\w+); callback state=S1$/,
    (row, { page }, [, then, now]) => ({
      page: goodResponse(),
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`, { clientId: then })) },
      steps: [
        { do: "new", config: { credentials: { production: { clientId: now, redirectUris: [`${page}/cb`] } } } },
        { do: "handleRedirect", isJudged: true },
        { do: "look" },
      ],
    }),
  ],
  [
    /^start at sandbox AS, setEnvironment\(production\) before callback$/,
    (row, { page }) => {
      const set = { clientId: CLIENT_ID, redirectUris: [`${page}/cb`] };
      return {
        page: goodResponse(),
        storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`, { environment: "sandbox" })) },
        steps: [
          { do: "new", config: { credentials: { sandbox: set, production: set }, environment: "production" } },
          { do: "handleRedirect", isJudged: true },
          { do: "look" },
        ],
      };
    },
  ],
  [/^metadata\.issuer != configured issuer$/, (row, context) => discovery(context, { issuer: "https://evil.example" })],
  [/^metadata\.token_endpoint=(\S+)$/, (row, context, [, url]) => discovery(context, { token_endpoint: url })],
  [
    /^metadata\.token_endpoint on other origin than issuer, not in allowlist$/,
    (row, context) => discovery(context, { token_endpoint: "https://evil.example/oauth/token" }),
  ],
  [
    /^login\(\{flow:'implicit'\}\) without allowImplicit:true$/,
    (row, { page, sink }) => ({
      page: "/blank",
      entry: "implicit",
      steps: [
        { do: "new", config: configOf(`${page}/cb`, { servers: { production: customServer(sink) } }) },
        { do: "signIn", options: { flow: "implicit" }, sink, isJudged: true },
        { do: "look" },
        {
          do: "buildLoginUrl",
          credentials: { clientId: CLIENT_ID, redirectUris: [`${page}/cb`] },
          options: { flow: "implicit" },
          isSecondOpinion: true,
        },
      ],
    }),
  ],
  [
    /^code flow fails with invalid_client; SDK auto-retries implicit\?$/,
    (row, { page, sink }) => ({
      page: goodResponse(),
      entry: "implicit",
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
      answers: {
        token: [{ status: 401, json: { error: "invalid_client", error_description: "Client authentication failed" } }],
      },
      steps: [
        {
          do: "new",
          config: configOf(`${page}/cb`, { allowImplicit: RISK, servers: { production: customServer(sink) } }),
        },
        { do: "handleRedirect", isJudged: true },
        { do: "look" },
      ],
      origins: [sink],
      tokens: 1,
    }),
  ],
  [
    /^returnTo tampered in sessionStorage to (\S+) after login\(\)$/,
    (row, { page }, [, target]) => ({
      page: goodResponse(),
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`, { returnTo: target })) },
      steps: [
        { do: "new", config: configOf(`${page}/cb`) },
        { do: "handleRedirect", isJudged: true, isWarning: true },
        { do: "look" },
      ],
      tokens: 1,
    }),
  ],
  [/^unparsable '(.*)'$/, (row, context, [, target]) => returnTo(target, context)],
  [
    /^Object\.prototype\.(\w+)='([^']*)'/,
    (row, { page }, [, name, value]) => ({
      page: goodResponse(),
      pollution: { [name]: value },
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
      steps: [
        { do: "new", config: configOf(`${page}/cb`) },
        { do: "ready", isJudged: true },
        { do: "handleRedirect", isJudged: true },
        { do: "fetch", input: "/rest/v1.0/me", isJudged: true },
        {
          do: "buildLoginUrl",
          credentials: { clientId: CLIENT_ID, redirectUris: [`${page}/cb`] },
          isJudged: true,
          isOnProcore: true,
        },
        { do: "isPolluted", name },
        { do: "signOut", isJudged: true },
        { do: "restore" },
        { do: "look" },
      ],
    }),
  ],
  [
    /^config object with getter that returns a different redirectUri on 2nd read$/,
    (row, { page }) => ({
      page: goodResponse(),
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
      steps: [
        {
          do: "new",
          config: configOf(`${page}/cb`),
          wrap: {
            name: "changing",
            path: ["credentials", "production", "redirectUris"],
            second: ["https://evil.example/cb"],
          },
        },
        { do: "handleRedirect", isJudged: true },
        { do: "reads", isOnce: true },
        {
          do: "buildLoginUrl",
          credentials: { clientId: CLIENT_ID, redirectUris: [`${page}/cb`] },
          wrap: { name: "changing", path: ["redirectUris"], second: ["https://evil.example/cb"] },
          redirectUri: `${page}/cb`,
          isJudged: true,
        },
        { do: "reads", isOnce: true },
        { do: "look" },
      ],
    }),
  ],
  [
    /^Proxy config throwing on get$/,
    (row, { page }) => ({
      page: "/blank",
      steps: [
        { do: "new", config: configOf(`${page}/cb`), wrap: { name: "throwing" } },
        { do: "ready", isJudged: true },
        { do: "look" },
        {
          do: "buildLoginUrl",
          credentials: { clientId: CLIENT_ID, redirectUris: [`${page}/cb`] },
          wrap: { name: "throwing" },
          isSecondOpinion: true,
        },
      ],
    }),
  ],
  [
    /^config mutated after construct \(cfg\.redirectUri='(\S+)'\)$/,
    (row, { page }, [, later]) => ({
      page: goodResponse(),
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
      steps: [
        {
          do: "new",
          config: configOf(`${page}/cb`),
          wrap: { name: "changedLater", path: ["credentials", "production", "redirectUris"], second: [later] },
        },
        { do: "handleRedirect", isJudged: true },
        { do: "look" },
      ],
    }),
  ],
];

/** What a browser may lack. The page is whole again before it is asked to go on. */
const LACKING = [
  [/^crypto\.getRandomValues throws$/, ["randomThrows", "noDice"]],
  [/^globalThis\.crypto undefined$/, ["noCrypto", "noDice"]],
  [/^getRandomValues stub leaves buffer all-zero$/, ["randomIsZero", "noDice"]],
  [/\(isSecureContext=false\)$/, ["insecure"]],
  [/^crypto\.subtle undefined$/, ["noSubtle"]],
  [/^setItem throws QuotaExceededError\b/, ["fullStorage"]],
];
for (const [words, sabotage] of LACKING) {
  PROSE.push([
    words,
    (row, { page, sink }) => ({
      page: "/blank",
      sabotage,
      steps: [
        { do: "new", config: configOf(`${page}/cb`, { servers: { production: customServer(sink) } }) },
        { do: "signIn", options: {}, sink, isJudged: true },
        { do: "restore" },
        { do: "look" },
      ],
      // A context that is not secure never becomes so.
      isOver: sabotage.includes("insecure"),
      departs: row.expected === "ok",
      origins: [sink],
    }),
  ]);
}

const GOOD = {
  access_token: "T1-canaryaccess",
  token_type: "bearer",
  expires_in: 5400,
  refresh_token: "R1-canaryrefresh",
};

/** What the token endpoint, or the way to it, makes of a code. */
const EXCHANGES = [
  [/^DNS fail \/ offline during code exchange$/, { fail: true }],
  [/^timeout 30s no bytes$/, { hang: true }, ["hastyTimeouts"]],
  [/^connection reset after headers$/, { breaks: true, json: GOOD }],
  [/^CORS blocked \(opaque TypeError\)$/, { fail: true }],
  [/^429 Retry-After: (\d+)$/, { status: 429, headers: { "retry-after": "3600" }, json: {} }],
  [/^AS sets cookie on token response$/, { json: GOOD }],
  [/^Service worker replays cached token response$/, { json: GOOD }],
  [/^after completed login: dump all storages, cookies, caches, IndexedDB$/, { json: GOOD }],
  [
    /^transaction code_verifier replaced by attacker's 43-char value$/,
    { status: 400, json: { error: "invalid_grant" } },
  ],
  [/^created_at from server in the far future\/past$/, { json: { ...GOOD, created_at: 99_999_999_999 } }],
];
for (const [words, answer, sabotage] of EXCHANGES) {
  PROSE.push([
    words,
    (row, { page }) => ({
      page: goodResponse(),
      sabotage,
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
      answers: { token: [answer] },
      steps: [{ do: "new", config: configOf(`${page}/cb`) }, { do: "handleRedirect", isJudged: true }, { do: "look" }],
      tokens: 1,
    }),
  ]);
}

/** Signing out, by what the revocation endpoint answers. */
const SIGN_OUTS = [
  [/^(\d+) on \/oauth\/revoke/, ([, status]) => ({ status: Number(status), json: {} })],
  [/^revoke request$/, () => ({ json: {} })],
];
for (const [words, answer] of SIGN_OUTS) {
  PROSE.push([
    words,
    (row, { page }, found) => ({
      page: goodResponse(),
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
      answers: { revoke: [answer(found)] },
      steps: [
        { do: "new", config: configOf(`${page}/cb`) },
        { do: "handleRedirect", isSetUp: true },
        { do: "signOut", isJudged: true },
        { do: "look" },
      ],
      tokens: 1,
    }),
  ]);
}

/** What may have happened to a record in storage. */
const RECORDS = [
  [/^transaction JSON truncated$/, (text) => text.slice(0, -20)],
  [/^transaction with __proto__ key$/, (text) => text.replace("{", '{"__proto__":{"isAdmin":true},')],
  [/^transaction schema v(\d+)$/, (text, [, version]) => text.replace('"v":1', `"v":${version}`)],
];
for (const [words, change] of RECORDS) {
  PROSE.push([
    words,
    (row, { page }, found) => ({
      page: goodResponse(),
      storage: { [KEY + STATE]: change(JSON.stringify(recordOf(`${page}/cb`)), found) },
      steps: [{ do: "new", config: configOf(`${page}/cb`) }, { do: "handleRedirect", isJudged: true }, { do: "look" }],
      tokens: 0,
      isTaken: true,
    }),
  ]);
}

/** Renewals: the answers after the one to the code, and what is called in turn. */
const RENEWALS = [
  [/^response without refresh_token$/, [{ json: { ...GOOD, refresh_token: undefined } }], ["refresh", "refresh"]],
  [/^response with new refresh_token$/, [{ json: { ...GOOD, refresh_token: "R2-canaryrefresh" } }], ["refresh"]],
  [/^invalid_grant on refresh$/, [{ status: 400, json: { error: "invalid_grant" } }], ["refresh"]],
  [/^refresh response lost /, [{ fail: true }, { json: GOOD }], ["refresh"]],
  [/^refresh returns scope wider than before$/, [{ json: { ...GOOD, scope: "projects admin" } }], ["refresh"]],
  [/^API 401 with valid-looking token$/, [{ json: GOOD }], ["fetch"], [{ status: 401, json: {} }]],
];
for (const [words, answers, calls, api] of RENEWALS) {
  PROSE.push([
    words,
    (row, { page }) => ({
      page: goodResponse(),
      storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
      answers: { token: [{ json: { ...GOOD, scope: "projects" } }, ...answers], ...(api ? { api } : {}) },
      steps: [
        { do: "new", config: configOf(`${page}/cb`) },
        { do: "handleRedirect", isSetUp: true },
        ...calls.map((call) => ({ do: call, input: "/rest/v1.0/me", isJudged: true })),
        { do: "look" },
      ],
      tokens: 1 + calls.length,
      renewals: true,
    }),
  ]);
}

PROSE.push([
  /^localStorage contains (\d+) stale transactions$/,
  (row, { page, sink }, [, count]) => {
    const old = Array.from({ length: Number(count) }, (_, index) =>
      recordOf(`${page}/cb`, { state: `old${index}`, verifier: `v${index}`, age: 601 + index }),
    );
    return {
      page: "/blank",
      storage: Object.fromEntries(old.map((record) => [KEY + record.state, JSON.stringify(record)])),
      steps: [
        { do: "new", config: configOf(`${page}/cb`, { servers: { production: customServer(sink) } }) },
        { do: "signIn", options: {}, sink, isJudged: true },
        { do: "look" },
      ],
      origins: [sink],
      departs: true,
      most: 20,
    };
  },
]);

function discovery({ page }, changes) {
  const metadata = {
    issuer: PROCORE,
    authorization_endpoint: `${PROCORE}/oauth/authorize`,
    token_endpoint: `${PROCORE}/oauth/token`,
    revocation_endpoint: `${PROCORE}/oauth/revoke`,
    ...changes,
  };
  const server = { customAuthorizationServer: true, discover: true, issuer: PROCORE, apiOrigin: API };
  return {
    page: goodResponse(),
    storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
    answers: { metadata: [{ json: metadata }] },
    steps: [
      { do: "new", config: configOf(`${page}/cb`, { servers: { production: server } }) },
      { do: "ready", isJudged: true },
      { do: "look" },
      { do: "handleRedirect", isSecondOpinion: true },
    ],
    tokens: 0,
  };
}

/** A target after sign-in: built literally, and signed in with for real. */
function returnTo(target, { page, sink }) {
  return {
    page: "/start",
    steps: [
      {
        do: "buildLoginUrl",
        credentials: { clientId: CLIENT_ID, redirectUris: [`${APP}/cb`] },
        options: { returnTo: target },
        isJudged: true,
      },
      { do: "new", config: configOf(`${page}/cb`, { servers: { production: customServer(sink) } }) },
      { do: "signIn", options: { returnTo: mapped(target, page) }, sink },
      { do: "look", isDeparture: true },
      { do: "respond", url: `${page}/cb?code=C1-canarycode&state={state}` },
      { do: "handleRedirect", isArrival: true },
      { do: "look" },
    ],
    origins: [sink],
    departs: true,
    tokens: 1,
  };
}

/** Options in the row's flat words as the package's. */
function options(input, redirectUris) {
  const { clientId, redirectUri, authorizationEndpoint, extraAuthParams, ...rest } = input;
  const set = {
    clientId: clientId ?? CLIENT_ID,
    redirectUris: redirectUri === undefined ? redirectUris : [redirectUri],
  };
  const server = authorizationEndpoint === undefined ? undefined : { authorizationEndpoint };
  return { set, server, extraParams: extraAuthParams, rest };
}

/** A configuration by itself: as options of the client, and as arguments of the two-step interface. */
function construct(input, { page }) {
  const secret = (text) => text.replace(/("[^"]*(?:secret|assertion)[^"]*":")([^"]+)"/gi, '$1$2-canarysecret"');
  const marked = JSON.parse(secret(JSON.stringify(input)));
  const here = marked.redirectUri === undefined ? {} : { redirectUri: mappedRedirectUri(marked.redirectUri, page) };
  const { set, server, rest } = options({ ...marked, ...here }, [`${page}/cb`]);
  const literal = options(marked, [`${APP}/cb`]);
  const servers = server && { servers: { production: server } };
  const steps = [
    { do: "new", config: { credentials: { production: set }, ...servers, ...rest } },
    { do: "ready", isJudged: true },
    { do: "look" },
  ];
  // What a page has to be there for can't be judged without one.
  const needsPage = /^https:\/\/(?!app\.example|[^/]*@|\*)/.test(marked.redirectUri ?? "");
  if (!needsPage) {
    steps.push({
      do: "buildLoginUrl",
      credentials: literal.set,
      options: { ...(server && { server }), ...rest },
      redirectUri: literal.set.redirectUris[0],
      isSecondOpinion: true,
    });
  }
  if (Object.keys(rest).length) {
    steps.push(
      { do: "new", as: "nested", config: { credentials: { production: { ...set, ...rest } } } },
      { do: "ready", as: "nested", isSecondOpinion: true },
    );
  }
  return { page: "/blank", steps };
}

function login(input, { page, sink }) {
  const { extraParams } = options(input, []);
  return {
    page: "/blank",
    steps: [
      { do: "new", config: configOf(`${page}/cb`, { servers: { production: customServer(sink) } }) },
      { do: "signIn", options: { extraParams }, sink, isJudged: true },
      { do: "look" },
      {
        do: "buildLoginUrl",
        credentials: { clientId: CLIENT_ID, redirectUris: [`${APP}/cb`] },
        options: { extraParams },
        isSecondOpinion: true,
      },
    ],
    departs: false,
  };
}

/** A code that is redeemed, and what the token endpoint answers. */
function exchange(row, { page }) {
  const { status, content_type: contentType, body } = row.input;
  const text = expanded(markedBody(body));
  const isLarge = text.length > 1024 * 1024;
  const one = (bodyText, scope) => ({
    storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`, scope ? { scope } : {})) },
    answer: { status, contentType, body: bodyText, isStreamed: isLarge },
  });
  const scope = /\bonly if scope requested\b/.test(row.effects) ? "projects" : undefined;
  const { storage, answer } = one(text, scope);
  const again = (name, bodyText, scope, expected) => {
    const { storage, answer } = one(bodyText, scope);
    const [key, value] = Object.entries(storage)[0];
    return [
      { do: "store", key, value },
      { do: "answer", kind: "token", answers: [answer] },
      { do: "goTo", url: goodResponse() },
      { do: "new", as: name, config: configOf(`${page}/cb`) },
      { do: "handleRedirect", as: name, isVariant: expected },
    ];
  };
  const variants = [];
  if (scope) variants.push(...again("unscoped", text, undefined, "ok"));
  const refused = /^(('[^']*',?)+) rejected$/.exec(row.effects)?.[1].match(/[^',][^']*(?=')/g) ?? [];
  refused.forEach((value, index) => {
    const other = text.replace(/("expires_in":)"[^"]*"/, `$1${JSON.stringify(value)}`);
    variants.push(...again(`refused${index}`, other, undefined, "err:token_bad_expires_in"));
  });
  return {
    page: goodResponse(),
    storage,
    answers: { token: [answer] },
    steps: [
      { do: "new", config: configOf(`${page}/cb`) },
      { do: "handleRedirect", isJudged: true },
      { do: "look" },
      ...(/\bisAdmin\b/.test(row.effects) ? [{ do: "isPolluted", name: "isAdmin" }] : []),
      ...variants,
    ],
    tokens: 1 + variants.filter(({ isVariant }) => isVariant).length,
    isExchange: true,
    isLarge,
  };
}

/** A signed-in client, and one request. */
function signedIn({ page }, steps, { api, config = {}, ...more } = {}) {
  return {
    page: goodResponse(),
    storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)) },
    ...(api ? { answers: { api } } : {}),
    steps: [
      { do: "new", config: configOf(`${page}/cb`, config) },
      { do: "handleRedirect", isSetUp: true },
      ...steps,
      { do: "look" },
    ],
    tokens: 1,
    isApi: true,
    ...more,
  };
}

const API_PROSE = [
  [
    /^fetch\('([^']+)'\) (?:relative|with baseUrl)$/,
    (row, context, [, input]) => signedIn(context, [{ do: "fetch", input, isJudged: true }]),
  ],
  [
    /^api 302 -> https:\/\/\S+/,
    (row, { page, sink, elsewhere }) => {
      const landing = `${elsewhere}/landing/${row.id}`;
      return signedIn(
        { page },
        [{ do: "fetch", input: `/redirect?to=${encodeURIComponent(landing)}`, isJudged: true }],
        {
          api: [{ real: true }],
          config: { servers: { production: customServer(sink) } },
          origins: [sink],
          landing: `/landing/${row.id}`,
        },
      );
    },
  ],
  [
    /^caller passes headers\.Authorization$/,
    (row, context) =>
      signedIn(context, [
        { do: "fetch", input: "/rest/v1.0/me", init: { headers: { Authorization: "Bearer mine" } }, isJudged: true },
        { do: "fetch", input: "/rest/v1.0/me", init: { headers: { aUTHORIZATION: "Bearer mine" } }, isJudged: true },
      ]),
  ],
  [
    /^url\?access_token=\.\.\. in caller URL$/,
    (row, context) =>
      signedIn(
        context,
        ["?access_token=x", "?a=1&access_token=", "?%61ccess_token=x"].map((query) => ({
          do: "fetch",
          input: `/rest/v1.0/me${query}`,
          isJudged: true,
        })),
      ),
  ],
  [
    /^request with credentials:'(\w+)'$/,
    (row, context, [, credentials]) =>
      signedIn(context, [{ do: "fetch", input: "/rest/v1.0/me", init: { credentials }, isJudged: true }]),
  ],
  [
    /^error object of failed call: /,
    (row, context) =>
      signedIn(context, [{ do: "fetch", input: "/rest/v1.0/me", isVariant: "err:network_error" }], {
        api: [{ fail: true }],
      }),
  ],
  [/^two users alternate login in same tab; late response of user 1$/, (row, context) => twoUsers(context)],
  [
    /^new Request\(url\) \/ URL object \/ string subclass with toString\(\) side effects$/,
    (row, context) => {
      const url = `${API}/rest/v1.0/me`;
      return signedIn(context, [
        { do: "fetch", input: url, made: "request", isJudged: true },
        { do: "fetch", input: url, made: "url", isJudged: true },
        { do: "fetch", input: [url, "https://evil.example/"], made: "shifty", isJudged: true, isShifty: true },
        { do: "fetch", input: "https://evil.example/", made: "request", isVariant: "err:resource_origin_forbidden" },
        { do: "fetch", input: "https://evil.example/", made: "url", isVariant: "err:resource_origin_forbidden" },
      ]);
    },
  ],
];

/** User 1's call and renewal are answered when user 2 is signed in. */
function twoUsers({ page }) {
  const second = recordOf(`${page}/cb`, { state: "S2-canarystate", verifier: `${VERIFIER}2` });
  const tokens = (user) => ({
    json: {
      access_token: `T${user}-canaryaccess`,
      token_type: "bearer",
      expires_in: 5400,
      refresh_token: `R${user}-canaryrefresh`,
    },
  });
  return {
    page: goodResponse(),
    storage: { [KEY + STATE]: JSON.stringify(recordOf(`${page}/cb`)), [KEY + second.state]: JSON.stringify(second) },
    answers: {
      token: [tokens("user1"), { gate: "renewal", ...tokens("late1") }, tokens("user2")],
      api: [{ gate: "call", status: 401, json: {} }, { json: { id: 2 } }],
    },
    steps: [
      { do: "new", config: configOf(`${page}/cb`) },
      { do: "handleRedirect", isSetUp: true },
      { do: "begin", as: "call", step: { do: "fetch", input: "/rest/v1.0/first-user" } },
      { do: "requested", count: 2 },
      { do: "begin", as: "renewal", step: { do: "refresh" } },
      { do: "requested", count: 3 },
      { do: "signOut", isSetUp: true },
      { do: "goTo", url: goodResponse(second.state) },
      { do: "handleRedirect", isSetUp: true },
      { do: "open", gate: "renewal" },
      { do: "settled", as: "renewal" },
      { do: "open", gate: "call" },
      { do: "settled", as: "call" },
      { do: "fetch", input: "/rest/v1.0/second-user", isJudged: true },
      { do: "look" },
    ],
    isApi: true,
    users: true,
  };
}

/** Which rows a situation of this file covers, and by which rule. */
const RULES = {
  ctl: byUrl,
  state: byUrl,
  dup: byUrl,
  chan: byUrl,
  enc: byUrl,
  iss: byUrl,
  xss: byUrl,
  impl: byUrl,
  returnTo: (row, context) => (/^login\(\{returnTo\}\)$/.test(row.setup) ? returnTo(row.input, context) : undefined),
  config: (row, context) => (typeof row.input === "object" ? construct(row.input, context) : undefined),
  redirectUri: (row, context) => construct({ clientId: CLIENT_ID, redirectUri: row.input }, context),
  clientId: (row, context) => construct({ clientId: row.input, redirectUri: `${APP}/cb` }, context),
  authparams: (row, context) => (row.setup === "login" ? login : construct)(row.input, context),
  token: (row, context) => (typeof row.input === "object" && "body" in row.input ? exchange(row, context) : undefined),
  api: (row, context) =>
    typeof row.input === "object" && typeof row.input.fetch === "string"
      ? signedIn(context, [{ do: "fetch", input: row.input.fetch, isJudged: true }])
      : undefined,
};

function byUrl(row, context) {
  return typeof row.input === "string" && isUrl(row.input) ? response(row, context) : undefined;
}

/**
 * `{ plan }`, `{ skipped: why }`, or `{ unknown: why }`.
 *
 * `context`: the origins of the page, of a sink that plays the authorization server, of one that nobody should reach, and
 * of strangers.
 */
export function situation(row, context) {
  if (row.expected === "doc") return { skipped: "a limit that the documentation states" };
  const withWindows = windowPlan(row, context);
  if (withWindows) return planned(withWindows, context);
  if (row.cat === "message") return { unknown: "no rule knows this situation" };
  const text = typeof row.input === "string" ? row.input.trim() : "";
  for (const [words, make] of row.cat === "api" ? API_PROSE : PROSE) {
    const found = words.exec(text);
    if (found) return planned(make(row, context, found), context);
  }
  const rule = RULES[row.cat];
  if (!rule) return { skipped: "only the native runner and the end-to-end tests can show it" };
  const plan = rule(row, context);
  return plan ? planned(plan, context) : { unknown: "no rule knows this situation" };
}

function planned(plan, { page }) {
  const whole = clone(plan);
  if (!whole.isOver) whole.steps.push(...USABLE(page));
  return { plan: whole };
}
