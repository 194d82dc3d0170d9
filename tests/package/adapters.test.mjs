// What the adapters of all frameworks share, by the one that adds nothing to it, with a client that does as it is told.

import assert from "node:assert/strict";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { root } from "../../scripts/run.mjs";

const { procoreAuth } = await import(join(root, "pkg/dist/svelte.js"));
const { createFakeAuth } = await import(join(root, "pkg/dist/testing.js"));

const OUT = { signedIn: false, status: "signed_out", renewable: false };
const inside = (id) => ({ id, signedIn: true, status: "fresh", renewable: true });

/** What has been asked of the client, and what it is to answer. */
class Client {
  asked = [];
  session = { signedIn: false, status: "unknown", renewable: false };
  listeners = new Set();
  subscribe = (listener) => (this.listeners.add(listener), () => this.listeners.delete(listener));
  fetch = async () => {};
  signOut = async () => this.tell(OUT, "signed_out");
  start = (options) => this.#ask("start", options);
  signIn = (options) => this.#ask("signIn", options);
  user = () => this.#ask("user", this.session.id);

  #ask(what, options) {
    const asked = { what, options };
    this.asked.push(asked);
    return new Promise((resolve, reject) => Object.assign(asked, { resolve, reject }));
  }

  /** The last call of that name. */
  last(what) {
    return this.asked.findLast((asked) => asked.what === what);
  }

  count(what) {
    return this.asked.filter((asked) => asked.what === what).length;
  }

  tell(session, event) {
    this.session = session;
    for (const listener of this.listeners) listener(session, event);
  }
}

/** All that is settled has been heard of by now. */
const turn = () => new Promise((done) => setImmediate(done));

/** A client that has started, with its store, and what that has said. */
async function started(session = OUT, options) {
  const client = new Client();
  const store = procoreAuth(client, options);
  const said = [];
  store.subscribe((state) => said.push(state));
  client.session = session;
  client.last("start").resolve(session);
  await turn();
  return { client, store, said, now: () => said.at(-1) };
}

beforeEach(() => {
  globalThis.document = {};
  const marks = new Map();
  globalThis.sessionStorage = { getItem: (key) => marks.get(key) ?? null, setItem: (key, value) => marks.set(key, value) };
});
afterEach(() => {
  delete globalThis.document;
  delete globalThis.sessionStorage;
});

test("until the start is over, nothing is known, whatever the session is", async () => {
  const client = new Client();
  const store = procoreAuth(client);
  const seen = [];
  store.subscribe(({ status }) => seen.push(status));
  client.tell(OUT, "ready");
  client.tell(inside("A"), "signed_in");
  assert.deepEqual([...new Set(seen)], ["unknown"]);
  client.last("start").resolve();
  await store.known;
  assert.equal(seen.at(-1), "signed_in");
});

test("a session that is unknown again is nobody's", async () => {
  const { client, now } = await started(inside("A"));
  client.tell({ signedIn: false, status: "unknown", renewable: false }, "ready");
  assert.equal(now().status, "unknown");
});

test("a client is started once, and all who ask see one state", async () => {
  const { client, store } = await started();
  const other = procoreAuth(client, { signIn: "manual" });
  assert.equal(client.count("start"), 1);
  let [one, two] = [];
  store.subscribe((state) => (one = state));
  other.subscribe((state) => (two = state));
  client.tell(inside("A"), "signed_in");
  assert.equal(one.status, "signed_in");
  assert.equal(one, two);
  assert.ok(Object.isFrozen(one));
});

test("the way back is waited for, and a guard on it is not held up", async () => {
  const client = new Client();
  let arrive;
  const gone = [];
  const navigate = (to) => (gone.push(to), new Promise((done) => (arrive = done)));
  const store = procoreAuth(client, { navigate });
  const admitted = store.requireSession(new URL("https://app.example/inside"));
  let status;
  store.subscribe((state) => (status = state.status));
  client.tell(inside("A"), "signed_in");
  assert.equal(client.last("start").options.navigate("/inside?a=b"), undefined);
  client.last("start").resolve();
  assert.equal(await admitted, true);
  assert.equal(status, "unknown");
  arrive();
  await store.known;
  assert.deepEqual([status, gone], ["signed_in", ["/inside?a=b"]]);
});

test("a failed start is an error with its reason, and a new sign-in takes that back", async () => {
  const client = new Client();
  const store = procoreAuth(client);
  let state;
  store.subscribe((next) => (state = next));
  client.session = OUT;
  const reason = Object.assign(new Error("no"), { code: "access_denied" });
  client.last("start").reject(reason);
  await store.known;
  assert.deepEqual([state.status, state.error], ["error", reason]);
  void store.signIn();
  assert.deepEqual([state.status, "error" in state], ["unknown", false]);
  const abandoned = Object.assign(new Error("back"), { code: "sign_in_abandoned" });
  client.last("signIn").reject(abandoned);
  await turn();
  assert.deepEqual([state.status, state.error], ["error", abandoned]);
  client.tell(inside("A"), "signed_in");
  assert.deepEqual([state.status, "error" in state], ["signed_in", false]);
});

test("who is signed in stays inside while another sign-in begins and fails", async () => {
  const { client, store, now } = await started(inside("A"));
  void store.signIn();
  assert.equal(now().status, "signed_in");
  client.last("signIn").reject(new Error("no"));
  await turn();
  assert.deepEqual([now().status, now().error.message], ["signed_in", "no"]);
});

test("an event is no options, and options are", async () => {
  const { client, store } = await started();
  void store.signIn({ preventDefault() {}, returnTo: "/elsewhere" });
  assert.equal(client.last("signIn").options, undefined);
  void store.signIn({ returnTo: "/here" });
  assert.deepEqual(client.last("signIn").options, { returnTo: "/here" });
});

test("a user is of one session, and of no other", async () => {
  const { client, now } = await started();
  client.tell(inside("A"), "signed_in");
  const first = client.last("user");
  client.tell(inside("B"), "signed_in");
  const second = client.last("user");
  second.resolve({ id: "2", login: "", name: "Kim" });
  await turn();
  assert.equal(now().user.name, "Kim");
  first.resolve({ id: "1", login: "", name: "Pat" });
  await turn();
  assert.equal(now().user.name, "Kim");
  client.tell(OUT, "signed_out");
  assert.equal("user" in now(), false);
});

test("a user who was signed in before the start is named, too", async () => {
  const { client, now } = await started(inside("A"));
  client.last("user").resolve({ id: "1", login: "", name: "Pat" });
  await turn();
  assert.deepEqual([now().user.name, client.count("user")], ["Pat", 1]);
});

test("a user who can't be named is signed in all the same", async () => {
  const { client, now } = await started();
  client.tell(inside("A"), "signed_in");
  client.last("user").reject(new Error("503"));
  await turn();
  assert.deepEqual([now().status, "user" in now(), "error" in now()], ["signed_in", false, false]);
});

test("nobody is told where nothing has changed, and nobody who has stopped listening", async () => {
  const { client, store, said } = await started(OUT);
  const before = said.length;
  client.tell(OUT, "signed_in_elsewhere");
  assert.equal(said.length, before);
  let calls = 0;
  store.subscribe(() => calls++)();
  client.tell(inside("A"), "signed_in");
  assert.equal(calls, 1);
});

const INSIDE = new URL("https://app.example/inside?a=b");

test("a guard goes to the login page, for the page that was asked for, once", async () => {
  const { client, store } = await started();
  const admitted = [store.requireSession(INSIDE), store.requireSession(INSIDE)];
  await turn();
  assert.deepEqual([client.count("signIn"), client.last("signIn").options], [1, { returnTo: "/inside?a=b" }]);
  assert.equal(await admitted[1], false);
  client.last("signIn").reject(new Error("no"));
  assert.equal(await admitted[0], false);
  assert.equal(await store.requireSession(INSIDE), false);
  assert.equal(client.count("signIn"), 1);
});

for (const event of ["ready", "signed_in_elsewhere"]) {
  test(`a guard goes to the login page after ${event}, which ends no session`, async () => {
    const { client, store } = await started();
    client.tell(OUT, event);
    void store.requireSession(INSIDE);
    await turn();
    assert.equal(client.count("signIn"), 1);
  });
}

for (const event of ["signed_out", "reauth_required", "expired"]) {
  test(`no guard goes to the login page by itself after ${event}`, async () => {
    const { client, store } = await started(inside("A"));
    assert.equal(await store.requireSession(INSIDE), true);
    client.tell(OUT, event);
    assert.equal(await store.requireSession(INSIDE), false);
    assert.equal(client.count("signIn"), 0);
  });
}

test("nor on a page that is loaded after a sign-out of this tab", async () => {
  sessionStorage.setItem("procore-spa-auth.out", "");
  const { client, store } = await started();
  assert.equal(await store.requireSession(INSIDE), false);
  assert.equal(client.count("signIn"), 0);
});

test("with blocked storage a guard works, and a tab does not remember", async () => {
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: () => assert.fail("blocked") });
  const { client, store } = await started();
  void store.requireSession(INSIDE);
  await turn();
  assert.equal(client.count("signIn"), 1);
});

test("the fake client, in tests of an app, is followed as the real one", async () => {
  const auth = createFakeAuth({ session: "unknown" });
  const seen = [];
  auth.fake.failNext("signIn", "sign_in_abandoned");
  const store = procoreAuth(auth);
  store.subscribe(({ status, user, error }) => seen.push(error?.code ?? user?.login ?? status));
  await store.known;
  auth.fake.signIn();
  await turn();
  auth.fake.signOutElsewhere();
  await turn();
  assert.deepEqual([...new Set(seen)], ["unknown", "sign_in_abandoned", "signed_in", "pat@example.com", "signed_out"]);
});

test("on a server nothing is asked, and all are let in to a page that shows nothing yet", async () => {
  delete globalThis.document;
  const client = new Client();
  const store = procoreAuth(client);
  let state;
  store.subscribe((next) => (state = next));
  assert.deepEqual([state.status, state.session.signedIn], ["unknown", false]);
  assert.equal(await store.requireSession(INSIDE), true);
  assert.deepEqual([client.asked, client.listeners.size], [[], 0]);
  // Nor is anybody kept who has listened there.
  globalThis.document = {};
  await turn();
  procoreAuth(client);
  client.session = OUT;
  client.last("start").resolve();
  await turn();
  assert.equal(state.status, "unknown");
});
