// The check-up, shown one broken thing at a time: it finds that thing, and nothing else.

import { after, before, test } from "node:test";
import { WORKER_POLICY } from "../support/app.mjs";
import { inOneEngine } from "../support/browsers.mjs";
import { pack } from "../support/package.mjs";
import { POLICY } from "../support/servers.mjs";
import { BLOCKED, FORBIDDEN, NOT_STARTED, UNREACHABLE, assertFound, outcome } from "./findings.mjs";
import { SECRET, page, ready, startSite } from "./site.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** What is broken, as `startSite` takes it, or by one of the page's `breaks` → what is found instead. */
const ROWS = {
  nothing: { found: {} },

  // the page
  "the page is on http, and not on localhost": {
    page: "http://insecure.test",
    found: {
      ...NOT_STARTED,
      secure_context: "insecure_context",
      configuration: "not_checked",
      redirect_uri: "not_checked",
      web_locks: "not_checked",
    },
  },
  "the policy forbids WebAssembly": {
    policy: POLICY.replace(" 'wasm-unsafe-eval'", ""),
    found: { ...NOT_STARTED, webassembly: "wasm_blocked", configuration: "not_checked", redirect_uri: "not_checked" },
  },
  "the browser has no WebAssembly": { breaks: "noWasm", found: { webassembly: "wasm_blocked" }, says: /has no WebAssembly/ },
  "an option is misspelt": {
    config: { tokenMediatr: "/oauth/token" },
    found: { ...NOT_STARTED, configuration: "config_unknown_key", redirect_uri: "not_checked" },
  },
  "a secret is configured": {
    config: { clientSecret: SECRET },
    found: { ...NOT_STARTED, configuration: "config_secret_forbidden", redirect_uri: "not_checked" },
  },
  "no redirect URI is on this origin": {
    redirectUri: "https://app.example.com/callback",
    found: { ...NOT_STARTED, configuration: "not_checked", redirect_uri: "config_redirect_not_this_origin" },
  },
  "the redirect URI is not served": {
    fallback: (path) => (path === "/" ? page : undefined),
    found: { redirect_uri: "redirect_uri_not_served" },
  },
  "the redirect URI is moved by the page's server": {
    fallback: (path) => (path === "/" ? page : { location: "/elsewhere" }),
    found: { redirect_uri: "redirect_uri_redirected", clock: "not_checked" },
    says: /the response may arrive elsewhere, or be lost on the way/,
  },
  "random numbers are none": { breaks: "noRandom", found: { random_numbers: "rng_unavailable" } },
  "sessionStorage is blocked": { breaks: "storageBlocked", found: { session_storage: "storage_unavailable" } },
  "sessionStorage is full": { breaks: "storageFull", found: { session_storage: "storage_unavailable" } },
  "nothing, with a session that is to survive a reload": {
    config: { persist: "tab" },
    found: { indexed_db: "ok" },
  },
  "IndexedDB is blocked, with a session that is to survive a reload": {
    config: { persist: "tab" },
    breaks: "databaseBlocked",
    found: { indexed_db: "indexed_db_unavailable" },
  },
  "there are no Web Locks": { breaks: "noLocks", found: { web_locks: "web_locks_missing" } },
  "Web Locks are refused": { breaks: "refusedLocks", found: { web_locks: "web_locks_missing" } },
  "there is no BroadcastChannel": {
    breaks: "noChannel",
    found: { broadcast_channel: "broadcast_channel_missing" },
  },
  "the clock is an hour ahead": { breaks: "hourAhead", found: { clock: "clock_wrong" }, says: /60 minutes ahead/ },
  "the clock is an hour behind": { breaks: "hourBehind", found: { clock: "clock_wrong" }, says: /60 minutes behind/ },
  "a cache has kept the page for an hour": {
    headers: { date: new Date(Date.now() - 3_600_000).toUTCString(), age: "3600" },
    found: {},
  },
  "the page is framed by whoever likes to": { isFramed: true, found: { framing: "framed" } },
  "the page is framed by whom it allows": {
    isFramed: true,
    policy: `${POLICY}; frame-ancestors 'self'`,
    found: {},
  },

  "the page is framed, in a sandbox without popups": {
    isFramed: true,
    sandbox: "allow-scripts allow-same-origin",
    policy: `${POLICY}; frame-ancestors 'self'`,
    found: { framing: "framed_in_sandbox" },
    says: /lacks allow-popups and allow-forms/,
  },
  "the page is framed, in a sandbox without forms": {
    isFramed: true,
    sandbox: "allow-scripts allow-same-origin allow-popups",
    policy: `${POLICY}; frame-ancestors 'self'`,
    found: { framing: "framed_in_sandbox" },
    says: /lacks allow-forms,/,
  },
  "the page is framed, in a sandbox that allows both": {
    isFramed: true,
    sandbox: "allow-scripts allow-same-origin allow-popups allow-forms",
    policy: `${POLICY}; frame-ancestors 'self'`,
    found: {},
  },

  "nothing, with a worker": { entry: "worker", policy: WORKER_POLICY, found: {} },
  "the policy forbids workers": {
    entry: "worker",
    policy: WORKER_POLICY.replace("worker-src 'self' blob:", "worker-src 'none'"),
    found: { ...NOT_STARTED, worker: "worker_blocked", configuration: "not_checked", redirect_uri: "not_checked" },
  },

  // the servers
  "the policy lacks the servers": {
    policy: POLICY.replace("connect-src *", "connect-src 'self'"),
    found: { ...FORBIDDEN, metadata: "not_checked" },
    says: /Add http:\/\/localhost:\d+ to connect-src/,
  },
  "the policy lacks the page's own server": {
    policy: (api) => POLICY.replace("connect-src *", `connect-src ${api}`),
    found: { clock: "not_checked" },
  },
  "CORS is off": { server: { cors: false }, found: BLOCKED, says: /can be reached, but/ },
  "the server is down": { server: { down: true }, found: UNREACHABLE, says: /Nothing came back from/ },
  "the device is offline": {
    // On this machine nothing is.
    endpoints: { tokenEndpoint: "https://login.example.test/oauth/token" },
    breaks: "offline",
    found: { token_endpoint: "not_checked" },
    says: /the browser says that this device is offline/,
  },
  "CORS is off at one endpoint": {
    endpoints: { tokenEndpoint: "/oauth/authorize" },
    found: { token_endpoint: "cors_or_not_found" },
  },
  "CORS refuses the headers": {
    api: (request, response) => {
      response.setHeader("access-control-allow-origin", "*");
      response.writeHead(request.method === "OPTIONS" ? 404 : 401).end();
    },
    found: { api: "cors_blocked" },
    says: /not if the request has the header Authorization/,
  },
  "CORS refuses the company's header only": {
    api: (request, response) => {
      const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" };
      response.writeHead(request.method === "OPTIONS" ? 204 : 401, headers).end();
    },
    found: { api: "company_header_blocked" },
    says: /only requests without companyId work/,
  },
  "CORS is off at the API, whatever is asked there": {
    api: (request, response) => response.writeHead(401).end(),
    found: { api: "cors_or_not_found" },
    says: /CORS is off for it, or there is no such path/,
  },
  "CORS is off for the API's path, and on for others": {
    api: ({ url }, response) => {
      if (!url.startsWith("/rest/")) response.setHeader("access-control-allow-origin", "*");
      response.writeHead(404).end();
    },
    found: { api: "cors_blocked" },
  },
  "the API is down": {
    api: (request) => request.socket.destroy(),
    found: { api: "cors_or_unreachable" },
  },
  "the API never answers": { api: () => {}, breaks: "hastyTimeouts", found: { api: "timeout" } },
  "the API redirects": {
    api: (request, response) => {
      const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "*, authorization" };
      response.writeHead(request.method === "OPTIONS" ? 204 : 307, { ...headers, location: "/elsewhere" }).end();
    },
    found: { api: "unexpected_answer" },
  },
  "the API is elsewhere": {
    api: (request, response) => {
      const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "*, authorization" };
      response.writeHead(request.method === "OPTIONS" ? 204 : 404, headers).end();
    },
    found: { api: "unexpected_answer" },
  },
  "a secret is demanded": {
    server: { secretRequired: true },
    found: { metadata: "client_auth_required", token_endpoint: "client_auth_required" },
    says: [/wants a client secret, or does not know this client ID/, /Its login page tells.*tokenMediator/],
  },
  "the client ID is another one": {
    clientId: "another-client-id",
    found: { token_endpoint: "client_auth_required", revocation_endpoint: "unauthorized_client" },
    says: /Compare the client ID with the portal/,
  },
  "PKCE is not announced": { server: { pkceIgnored: true }, found: { metadata: "pkce_not_announced" } },
  "the issuer is not exactly the server's": { endpoints: { issuer: "/" }, found: { metadata: "iss_mismatch" } },
  "there is no metadata": { endpoints: { issuer: "/elsewhere" }, found: { metadata: "not_checked" } },
  "there is no token info": { endpoints: { tokenInfoEndpoint: undefined }, found: { token_info_endpoint: "not_checked" } },
  "the token endpoint redirects": {
    server: (origin) => ({ tokenRedirect: `${origin}/oauth/elsewhere` }),
    found: { token_endpoint: "token_endpoint_redirected" },
  },
  "the token endpoint is another one": {
    endpoints: { tokenEndpoint: "/rest/v1.0/echo" },
    found: { token_endpoint: "unexpected_answer" },
  },
  "the token endpoint has a word of its own": {
    server: { tokenStatus: { status: 400, times: 2, body: { error: "invalid_request", error_description: SECRET } } },
    found: { token_endpoint: "unexpected_answer" },
    says: /of a client ID that nobody has it says the same/,
  },
  "the token endpoint has a word of its own for codes": {
    server: { tokenStatus: { status: 400, body: { error: "bad_code", error_description: SECRET } } },
    found: {},
  },
  "the token endpoint refuses codes without a word": {
    api: (request, response) => {
      const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "*, authorization" };
      response.writeHead(request.method === "OPTIONS" ? 204 : 401, headers).end();
    },
    server: { tokenStatus: { status: 403, body: "" } },
    found: {},
  },
  "the token endpoint says invalid_grant to everybody": {
    server: { tokenStatus: { status: 400, times: 2, body: { error: "invalid_grant" } } },
    found: {},
    says: /if the client ID is right, which this does not show/,
  },
  "the token endpoint fails at a made-up code": {
    server: { tokenStatus: { status: 500 } },
    found: { token_endpoint: "unexpected_answer" },
    says: /unable to read a made-up code/,
  },
  "the token endpoint fails at everything": {
    server: { tokenStatus: { status: 500, times: 2 } },
    found: { token_endpoint: "unexpected_answer" },
    says: /If it says that there is no such client, compare the client ID/,
  },
  "the token endpoint is not there": {
    server: { tokenStatus: { status: 404, times: 2 } },
    found: { token_endpoint: "unexpected_answer" },
    says: /no token endpoint there/,
  },
  "the token endpoint gives tokens to anybody": {
    server: { tokenStatus: { status: 200, body: { access_token: SECRET, token_type: "bearer" } } },
    found: { token_endpoint: "unexpected_answer" },
  },
  "the application may not use codes": {
    server: { tokenStatus: { status: 400, body: { error: "unauthorized_client" } } },
    found: { token_endpoint: "unauthorized_client" },
    says: /It knows this client ID/,
  },
  "the token endpoint is busy": {
    server: { tokenStatus: { status: 429 } },
    found: { token_endpoint: "rate_limited" },
  },
  "revocation does not work": {
    server: { revokeStatus: 503 },
    found: { revocation_endpoint: "unexpected_answer" },
  },
  "the API is busy": { server: { apiStatus: { status: 429 } }, found: { api: "rate_limited" } },

  // the token mediator
  "nothing, with a token mediator": {
    mediator: "right",
    found: { metadata: "not_checked", revocation_endpoint: "not_checked" },
  },
  "the token mediator has a wrong secret": {
    mediator: "wrong",
    found: { metadata: "not_checked", revocation_endpoint: "not_checked", token_endpoint: "client_auth_required" },
    says: /your mediator adds/,
  },
  "the token mediator is not there": {
    config: { tokenMediator: "/oauth/token" },
    found: { metadata: "not_checked", revocation_endpoint: "not_checked", token_endpoint: "unexpected_answer" },
  },
};

inOneEngine("check-up", (browser) => {
  for (const [what, broken] of Object.entries(ROWS)) {
    test(`broken: ${what}`, async (t) => {
      const { driver } = browser;
      const { secrets } = await startSite(t, browser, packed, broken);
      if (broken.isFramed) {
        const frame = `const frame = document.createElement("iframe");
          if (arguments[0]) frame.sandbox = arguments[0];
          document.body.append(Object.assign(frame, { src: "/" }));`;
        await driver.executeScript(frame, broken.sandbox);
        await driver.switchTo().frame(0);
        await ready(driver);
      }
      await driver.executeScript("checkUp(arguments[0])", { breaks: broken.breaks });
      assertFound(await outcome(driver), broken, secrets);
    });
  }
});
