// What the contract leaves to the mediator: its settings, its keys, a cookie that is kept, a store that fails.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { createMediator } from "../../examples/token-mediator/mediator.mjs";
import { createStore } from "../../examples/token-mediator/store.mjs";
import { parseSetCookie } from "./kit/answer.mjs";
import { random, startProcore } from "./kit/procore.mjs";
import { TOKEN_PATH, createSettings } from "./kit/settings.mjs";
import { root, run } from "../../scripts/run.mjs";
import { optionsFor } from "./in-process.mjs";

/** A mediator with these options in the place of the usual ones, and a Procore. */
async function setUp(t, more = {}) {
  const settings = createSettings();
  const procore = await startProcore({ clients: [settings.main, settings.other] });
  t.after(procore.close);
  const options = optionsFor(settings, procore.origin, { log: () => {}, ...more });
  return { settings, procore, options, client: settings.main, mediate: createMediator(options) };
}

async function post(mediate, { clientId, origin }, fields, cookie) {
  const headers = { origin, ...(cookie ? { cookie } : {}) };
  const body = new URLSearchParams({ client_id: clientId, ...fields });
  const response = await mediate(
    new Request(
      `https://app.example.com${TOKEN_PATH.replace("token", fields.session_handle && !fields.grant_type ? "revoke" : "token")}`,
      { method: "POST", headers, body },
    ),
  );
  const line = response.headers.get("set-cookie");
  const set = line ? parseSetCookie(line) : undefined;
  return {
    status: response.status,
    json: await response.json(),
    line,
    cookie: set && !set.isRemoved ? `${set.name}=${set.value}` : undefined,
  };
}

async function signIn({ mediate, procore, client }, cookie) {
  const { code, verifier, redirectUri } = procore.code({ client });
  const answer = await post(
    mediate,
    client,
    { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier },
    cookie,
  );
  assert.equal(answer.status, 200);
  return { ...answer, handle: answer.json.session_handle };
}

const renew = ({ mediate, client }, { handle, cookie }) =>
  post(mediate, client, { grant_type: "refresh_token", session_handle: handle }, cookie);
const resume = ({ mediate, client }, { cookie }) =>
  post(mediate, client, { grant_type: "urn:procore-spa-auth:resume" }, cookie);

test("its types hold, inside and for who uses it in TypeScript", async () => {
  const folder = join(root, "target/mediator-types");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "use.ts"),
    `import { createMediator } from "../../examples/token-mediator/mediator.mjs";
import { createStore } from "../../examples/token-mediator/store.mjs";
const application = { clientId: "a", clientSecret: "b", origins: ["https://app.example.com"], redirectUris: [] };
const cookieKeys = [{ id: "1", key: "k" }];
const mediate: (request: Request) => Promise<Response> = createMediator({ applications: [application], cookieKeys, store: createStore() });
// @ts-expect-error: a number
createMediator({ applications: [application], cookieKeys, idleSeconds: "60" });
// @ts-expect-error: must be there
createMediator({ applications: [application] });
void mediate;
`,
  );
  const compilerOptions = {
    ...{
      strict: true,
      noImplicitAny: false,
      strictNullChecks: false,
      useUnknownInCatchVariables: false,
      noEmit: true,
      allowJs: true,
      checkJs: true,
    },
    ...{ target: "es2022", module: "nodenext", types: [], skipLibCheck: true },
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  const { code, output } = await run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", folder]);
  assert.equal(code, 0, output);
});

test("a setting that would lock everybody out is refused at the start, by its name and without its value", () => {
  const good = optionsFor(createSettings(), "https://login.procore.com");
  const [first, second] = good.applications;
  const secret = first.clientSecret;
  const faults = {
    "applications[0].origins": [
      { origins: ["https://app.example.com/"] },
      { origins: ["https://APP.example.com"] },
      { origins: ["http://app.example.com"] },
      { origins: [] },
      { origins: "https://app.example.com" },
    ],
    "applications[0].clientId": [{ clientId: "" }, { clientId: undefined }, { clientId: "a;b" }],
    "applications[0].clientSecret": [{ clientSecret: "" }, { clientSecret: undefined }],
    "applications[0].redirectUris": [{ redirectUris: [] }, { redirectUris: ["/callback"] }],
    "applications[0].loginOrigin": [
      { loginOrigin: "https://login.procore.com/" },
      { loginOrigin: "http://login.procore.com" },
    ],
  };
  for (const [option, changes] of Object.entries(faults)) {
    for (const change of changes) {
      const options = { ...good, applications: [{ ...first, ...change }] };
      assert.throws(
        () => createMediator(options),
        (error) => error.code === "mediator_config" && error.option === option && !error.message.includes(secret),
        option,
      );
    }
  }
  const others = {
    applications: [undefined, [], [first, { ...second, clientId: first.clientId, origins: first.origins }]],
    cookieKeys: [undefined, [], [good.cookieKeys[0], good.cookieKeys[0]]],
    "cookieKeys[0].key": [[{ id: "1", key: "short" }], [{ id: "1", key: `${random()}=` }]],
    "cookieKeys[0].id": [[{ key: random() }]],
    tokenPath: ["oauth/token", "/oauth/token?x", "/"],
    idleSeconds: [0, -1, "60"],
    timeoutSeconds: [Number.NaN],
    keepCookie: ["yes"],
  };
  for (const [option, values] of Object.entries(others)) {
    for (const value of values)
      assert.throws(() => createMediator({ ...good, [option.split("[")[0]]: value }), {
        code: "mediator_config",
        option,
      });
  }
});

test("two environments may have one client ID, with an origin each", async (t) => {
  const { settings, procore, options, client } = await setUp(t);
  const monthly = await startProcore({ clients: [settings.main] });
  t.after(monthly.close);
  const [first] = options.applications;
  const second = { ...first, origins: [settings.other.origin], loginOrigin: monthly.origin };
  const mediate = createMediator({ ...options, applications: [first, second] });
  const here = await signIn({ mediate, procore, client });
  const there = await signIn({ mediate, procore: monthly, client: { ...client, origin: settings.other.origin } });
  assert.equal((await resume({ mediate, client }, here)).status, 200);
  assert.equal((await resume({ mediate, client }, there)).status, 400, "the cookie of another environment");
});

test("a new key signs nobody out, and seals from then on; the old one can go when its cookies have", async (t) => {
  const before = await setUp(t);
  const session = await signIn(before);
  const [old] = before.options.cookieKeys;
  const keys = [{ id: "2", key: random() }, old];
  const during = { ...before, mediate: createMediator({ ...before.options, cookieKeys: keys }) };
  const renewed = await renew(during, session);
  assert.equal(renewed.status, 200);
  const after = { ...before, mediate: createMediator({ ...before.options, cookieKeys: keys.slice(0, 1) }) };
  assert.equal((await resume(after, session)).status, 400);
  assert.equal((await resume(after, renewed)).status, 200);
});

test("a cookie is kept beyond the browser's session if that is set, and no longer than the session", async (t) => {
  let offset = 0;
  const scene = await setUp(t, { keepCookie: true, now: () => Date.now() + offset });
  const session = await signIn(scene);
  assert.match(session.line, /; Max-Age=36000;/);
  offset = 3_600_000;
  const { line } = await resume(scene, session);
  const left = Number(/; Max-Age=(\d+);/.exec(line)[1]);
  assert.ok(left <= 32_400 && left > 32_300, line);
  const second = await signIn(scene, session.cookie);
  assert.match(second.line, /; Max-Age=36000;/, "a session of its own");
});

/** A store whose methods fail while `broken` says so. */
function breakable(broken) {
  const store = createStore();
  const fail = (what) => {
    if (broken[what]) throw new Error(`no ${what}`);
  };
  return {
    exclusive: (key, task) => {
      fail("exclusive");
      return store.exclusive(key, (entry) =>
        task({ ...entry, put: async (...args) => (fail("put"), entry.put(...args)) }),
      );
    },
  };
}

test("a store that is gone: nothing is sent, nobody is signed out", async (t) => {
  const broken = {};
  const logged = [];
  const scene = await setUp(t, { store: breakable(broken), log: (entry) => logged.push(entry) });
  const session = await signIn(scene);
  const sent = scene.procore.requests.length;
  for (const what of ["exclusive", "put"]) {
    broken[what] = true;
    const { status, json, line } = await renew(scene, session);
    assert.deepEqual([status, json, line], [503, { version: 2, error: "temporarily_unavailable" }, null]);
    const out = await post(
      scene.mediate,
      scene.client,
      { session_handle: session.handle, token: session.json.access_token },
      session.cookie,
    );
    assert.deepEqual([out.status, out.line], [503, null]);
    broken[what] = false;
  }
  assert.equal(scene.procore.requests.length, sent);
  assert.ok(logged.some(({ fault }) => fault === "Error"));
  assert.equal((await renew(scene, session)).status, 200);
});

test("a store that goes while Procore answers costs nobody the answer", async (t) => {
  const broken = {};
  const scene = await setUp(t, { store: breakable(broken) });
  const session = await signIn(scene);
  scene.procore.next(scene.procore.familyOf(session.json.access_token).refresh, {
    change: (members) => ((broken.put = true), members),
  });
  const renewed = await renew(scene, session);
  assert.equal(renewed.status, 200);
  broken.put = false;
  assert.equal((await renew(scene, { handle: session.handle, cookie: renewed.cookie })).status, 200);
});

test("a store forgets what is over, and nothing else", async () => {
  let time = 0;
  const entries = new Map();
  const store = createStore({ now: () => time, entries });
  await store.exclusive("short", ({ put }) => put("value", 60_000));
  await store.exclusive("long", ({ put }) => put("value", 7_200_000));
  time = 3_600_000;
  assert.equal(await store.exclusive("short", ({ get }) => get()), undefined);
  assert.equal(await store.exclusive("long", ({ get }) => get()), "value");
  assert.deepEqual([...entries.keys()], ["long"]);
});

test("when the cookie is full the oldest tokens are revoked, rather than left to nobody", async (t) => {
  const scene = await setUp(t);
  let last = await signIn(scene);
  const all = [];
  for (let count = 0; count < 40; count++) {
    all.push(scene.procore.familyOf(last.json.access_token));
    last = await signIn(scene, last.cookie);
    assert.ok(last.cookie.length <= 4096);
  }
  const tokens = all.flatMap(({ access, refresh }) => [access, refresh]);
  const early = tokens.filter((token) => scene.procore.isRevoked(token)).length;
  assert.ok(early > 0 && early < 60, String(early));
  const out = await post(scene.mediate, scene.client, { session_handle: last.handle }, last.cookie);
  assert.equal(out.status, 200);
  assert.deepEqual(
    tokens.filter((token) => !scene.procore.isRevoked(token)),
    [],
  );
});

test("a session whose access token is over is renewed for the last time, so that its revocation is heard", async (t) => {
  let offset = 0;
  const scene = await setUp(t, { now: () => Date.now() + offset });
  const session = await signIn(scene);
  const family = scene.procore.familyOf(session.json.access_token);
  const { access, refresh } = family;
  offset = 5_400_000;
  const out = await post(scene.mediate, scene.client, { session_handle: session.handle }, session.cookie);
  assert.deepEqual([out.status, out.json.revoked], [200, true]);
  assert.notEqual(family.refresh, refresh);
  for (const token of [access, refresh, family.access, family.refresh]) assert.ok(scene.procore.isRevoked(token));
  assert.equal(scene.procore.sent(refresh, "/oauth/token"), 1);
});

test("Procore that can't be reached was asked for nothing: the session is kept", async (t) => {
  const scene = await setUp(t);
  const session = await signIn(scene);
  scene.procore.close();
  assert.deepEqual((await renew(scene, session)).json, { version: 2, error: "temporarily_unavailable" });
});
