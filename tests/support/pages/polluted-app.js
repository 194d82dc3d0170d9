// An app on a page whose `Object.prototype` is polluted: what it is given, member by member, as text. Itself it reads
// nothing that it does not have.

const bare = (members) => Object.setPrototypeOf(members, null);
const { entry, config, types, me, echo } = bare(JSON.parse(localStorage.getItem("app") ?? "{}"));
const shapes = bare(types ?? {});

/** What differs each time. */
const normal = (text) =>
  text
    .replace(/(?<![\w-])(popup-)?[\w-]{43}(?![\w-])/g, "$1*")
    .replace(/(created\\?"?:|left=)\d+/g, "$1*")
    .replace(/localhost:\d+/g, "*");

const shown = (type, value) => {
  let text = "";
  for (const name of shapes[type] ?? shapes.ProcoreAuthError) {
    const member = value[name];
    text += ` ${name}=${name === "expiresAtEpochSeconds" ? typeof member : name === "id" ? typeof member : normal(String(member))}`;
  }
  return text;
};

let log;
const note = async (what, type, call) => {
  let line;
  try {
    const value = await call();
    line = type ? shown(type, value) : ` ${normal(String(value))}`;
  } catch (error) {
    line = error instanceof Error ? shown("ProcoreAuthError", error) + ` message=${normal(error.message)}` : ` threw ${error}`;
  }
  log += `${what}:${line}\n`;
};

const CREDENTIALS = bare({ clientId: "CID", redirectUris: ["https://app.example/cb"] });
const CALLBACK = "https://app.example/cb";

const steps = bare({
  pure: async (sdk) => {
    if (!sdk.buildLoginUrl) return;
    let login;
    await note("login URL", "LoginUrl", () => (login = sdk.buildLoginUrl({ ...CREDENTIALS }, { returnTo: "/x" })));
    await note("login URL without options", "LoginUrl", () => sdk.buildLoginUrl({ ...CREDENTIALS }));
    const { url, pending } = login;
    const state = new URL(url).searchParams.get("state");
    const parse = (query) => sdk.parseRedirect(CALLBACK + query, pending);
    await note("code", "Response", () => parse(`?code=C&state=${state}`));
    await note("token", "Response", () => parse(`#access_token=T&token_type=bearer&expires_in=5&state=${state}`));
    await note("no response", "Response", () => parse(""));
    await note("nothing pending", "Response", () => sdk.parseRedirect(CALLBACK, ""));
    await note("another state", "ProcoreAuthError", () => parse("?code=C&state=S"));
    await note("refused", "ProcoreAuthError", () => parse(`?error=access_denied&error_description=no&state=${state}`));
    await note("bad options", "ProcoreAuthError", () => sdk.buildLoginUrl({ ...CREDENTIALS }, { returnTo: "//evil.test" }));
  },

  embedded: async (sdk) => {
    await note("embedded", "EmbeddedContext", () => sdk.embeddedContext());
    await note("with IDs", "EmbeddedContext", () => sdk.embeddedContext({ url: "https://x.test/?companyId=12" }));
    const odd = new TypeError("not ours");
    Object.defineProperty(odd, "name", bare({ value: "ProcoreAuthError" }));
    await note("whose error", "", () => `${sdk.isProcoreAuthError(odd)} ${sdk.isProcoreAuthError({})}`);
  },

  session: async (sdk, auth) => {
    await note("session", "Session", () => auth.session);
    await note("redirect", "RedirectResult", () => auth.handleRedirect());
    await note("me", "", async () => (await auth.fetch(me)).text());
    await note("post", "", async () => (await auth.fetch(echo, { method: "POST", body: "four", companyId: 4 })).text());
    await note("elsewhere", "ProcoreAuthError", () => auth.fetch("https://evil.test/"));
    await note("own header", "ProcoreAuthError", () => auth.fetch(me, { headers: { authorization: "x" } }));
    await note("popup", "ProcoreAuthError", () => auth.signInWithPopup({ redirectUri: "https://evil.test/" }));
  },

  renewal: (sdk, auth) => note("renewed", "Session", () => auth.refresh()),

  other: async (sdk) => {
    const other = sdk.createProcoreAuth(config);
    await note("ready", "", () => other.ready());
    await note("a wrong option", "ProcoreAuthError", () => sdk.createProcoreAuth({ nonsense: 1 }).ready());
    await note("signed out", "Session", () => other.session);
    await note("nobody", "", async () => (await other.fetch(me)).status);
    await note("sign-out of nobody", "SignOutResult", () => other.signOut());
  },

  diagnosis: async (sdk, auth) => {
    const findings = await auth.diagnose();
    for (let index = 0; index < findings.length; index += 1) await note("finding", "Finding", () => findings[index]);
  },

  end: (sdk, auth) => note("sign-out", "SignOutResult", () => auth.signOut()),
});

const stored = async () => {
  const entries = [];
  for (const storage of [sessionStorage, localStorage]) {
    for (const key of Object.keys(storage)) {
      if (["app", "pollution"].includes(key)) continue;
      // A list that grows with each sign-in of the tab.
      entries.push(key.endsWith(".spent") ? key : normal(`${key}=${storage[key]}`));
    }
  }
  for (const { name } of await indexedDB.databases()) entries.push(`database ${name}`);
  return entries.sort().join("\n");
};

/** Takes steps, each time with another pollution, and answers with what the app was given. */
const run = async (names, kind, ...wanted) => {
  log = "";
  pollution.begin(names, kind);
  try {
    for (const step of wanted) await steps[step](sdk, auth);
  } finally {
    kind === "converted" ? pollution.end() : pollution.clear(names);
  }
  return log + (await stored());
};

/** Once without any, and then by each name alone: those that make a difference. */
const runEach = async (names, kinds, ...wanted) => {
  const expected = await run([], "string", ...wanted);
  const faults = [];
  for (const name of names) {
    for (const kind of kinds) {
      const seen = await run([name], kind, ...wanted);
      if (seen !== expected) faults.push(`${name}, ${kind}: ${difference(seen, expected)}`);
    }
  }
  return faults;
};

const difference = (seen, expected) => {
  const lines = expected.split("\n");
  return seen.split("\n").find((line, index) => line !== lines[index]);
};

/** What the methods of each object say that `fetch`, or the app, is given. */
const methods = async () => {
  const lines = new Set();
  const look = (what, object) => {
    const keys = Object.keys(object);
    const listed = [];
    for (const name in object) listed.push(name);
    const isOwn = object.hasOwnProperty(keys[0]) && object.propertyIsEnumerable(keys[0]);
    lines.add([what, isOwn, String(object), String(listed) === String(keys), object.constructor === Object].join());
  };
  const { fetch: real } = globalThis;
  globalThis.fetch = (input, init) => {
    look("init", init);
    if (!(init.headers instanceof Headers)) look("headers", init.headers);
    return real(input, init);
  };
  await auth.refresh();
  await auth.fetch(me);
  look("session", auth.session);
  look("redirect", await auth.handleRedirect());
  look("context", sdk.embeddedContext());
  look("login URL", sdk.buildLoginUrl({ ...CREDENTIALS }));
  look("no response", sdk.parseRedirect(CALLBACK, ""));
  look("client", auth);
  look("sign-out", await auth.signOut());
  look("finding", (await auth.diagnose())[0]);
  globalThis.fetch = real;
  return [...lines];
};

let sdk;
let auth;
const start = async () => {
  sdk = await import(`/package/${entry}.js`);
  auth = sdk.createProcoreAuth(config);
  let events = "";
  auth.subscribe((session, event) => (events += `${event}:${shown("Session", session)}\n`));
  log = "";
  await note("redirect", "RedirectResult", () => auth.handleRedirect());
  const arrival = log + events;
  pollution.end();
  Object.assign(globalThis, { sdk, auth, run, runEach, methods, arrival: arrival + (await stored()) });
};

if (types) await start();
document.body.dataset.ready = "true";
