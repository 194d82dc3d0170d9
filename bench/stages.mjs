// What is measured: for each stage its title, and whom of.

/** 1.6 Mbit/s, as in the tools for developers of all browsers. */
export const PHONE = { offline: false, latency: 150, download_throughput: 200_000, upload_throughput: 93_750 };

const SDK = "procore-js-sdk";
const WORKER = "procore-spa-auth-worker";

/**
 * `needs`: what a contestant has to export to be in it; `without`: who is not in it all the same. `lacks`: why others are not. `parts`: of what the page answers with, the
 * title of each table. `unit`: milliseconds, unless it says otherwise. `most`: of rounds, where one differs little from the next.
 */
export const STAGES = {
  start: {
    needs: "client",
    parts: { time: "Start" },
    lacks: { [WORKER]: "gives a page no login URL; see *Ready*" },
  },
  phone: {
    stage: "start",
    needs: "client",
    parts: { time: "Start on a slow phone" },
    engines: ["chromium"],
    isPhone: true,
  },
  loginUrl: {
    needs: "client",
    parts: { time: "Login URL, warm" },
    lacks: { [WORKER]: "gives a page no login URL" },
  },
  callback: {
    needs: "callback",
    parts: { time: "Callback, warm" },
    lacks: {
      [SDK]: "judges no callback",
      [WORKER]: "gives a page no code",
      "auth0-spa-js": "redeems it at once",
      "keycloak-js": "redeems it at once",
      "msal-browser": "redeems it at once",
      "okta-auth-js": "redeems it at once",
    },
  },
  redeem: {
    needs: "session",
    parts: { time: "Callback to token, warm" },
    lacks: { [SDK]: "redeems a code with the client secret only" },
  },
  calls: {
    needs: "api",
    parts: { first: "First call of the API", thousandth: "Thousandth call of the API", warm: "A call of the API, warm" },
    names: { "hand-written": "fetch alone" },
    lacks: {
      "keycloak-js": "sends no requests",
      "msal-browser": "sends no requests",
      oauth4webapi: "has no session to send one in",
      "oidc-client-ts": "sends no requests",
      "okta-auth-js": "sends no requests to APIs",
    },
  },
  ready: {
    contestants: ["index", "worker", "worker /package/worker-script.js", "empty"],
    names: {
      index: "in the page",
      worker: "in a worker, Blob",
      "worker /package/worker-script.js": "in a worker, workerUrl",
      empty: "a worker that does nothing",
    },
    parts: { time: "Ready", turn: "Ready, the turn that begins it" },
  },
  /** Of head/head.mjs: this package alone, with other lines in the page's head. */
  head: {
    parts: {
      login: "From the page to the login page, 150 ms away",
      token: "From the callback to the token endpoint, 150 ms away",
      api: "From the callback to the first call of the API, 150 ms away",
    },
    most: 15,
  },
  abandoned: {
    needs: "session",
    parts: { entries: "Left of 200 abandoned sign-ins, entries", characters: "Left of 200 abandoned sign-ins, characters" },
    unit: "",
    most: 1,
    lacks: { [SDK]: "keeps nothing, and knows no sign-in again" },
  },
  heap: {
    needs: "session",
    parts: { heap: "Kept in memory of each sign-in" },
    unit: "bytes",
    most: 3,
    engines: ["chromium"],
    without: [WORKER, "keycloak-js"],
    lacks: { [SDK]: "has no sign-in", [WORKER]: "has a heap of its own", "keycloak-js": "takes the page's own URL, and browsers let a page change that only so often" },
  },
};

export const TITLES = { [WORKER]: "procore-spa-auth/worker", [SDK]: "@procore/js-sdk", "okta-auth-js": "@okta/okta-auth-js" };
