// Options of the wrong type are refused before anything is done with them: one that is ignored leaves undone what its caller
// relies on. And an error's cause has nothing in it that was on its way.

import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { buildLoginUrl, createProcoreAuth, embeddedContext, isProcoreAuthError, ready } from "../../pkg/dist/index.js";
import { becomePage } from "../docs/page.mjs";

const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example/cb"] } };
const opened = [];

const begin = () => {
  const page = becomePage("https://app.example/cb");
  globalThis.open = (...all) => void opened.push(all);
  Object.assign(globalThis, { screenX: 0, screenY: 0, outerWidth: 800, outerHeight: 600 });
  return { page, auth: createProcoreAuth({ credentials }) };
};

afterEach(() => opened.splice(0));

const refused = async (call, name, code = "config_invalid") => {
  const error = await (async () => call())().then(
    () => assert.fail("not refused"),
    (error) => error,
  );
  assert.deepEqual([error.name, error.code, error.retryable], ["ProcoreAuthError", code, false], error.message);
  if (name) assert.ok(error.message.includes(`[${name}]`), error.message);
};

/** What is no object of options, wherever they are taken. */
const NO_OPTIONS = ["text", 1, true, 1n, Symbol("s"), () => {}, [], ["https://app.procore.com"]];

test("signInWithPopup", async () => {
  const { auth } = begin();
  await auth.ready();
  for (const timeoutSeconds of [NaN, -1, -Infinity, "600", "soon", true, {}, [], 5n]) {
    await refused(() => auth.signInWithPopup({ timeoutSeconds }), "timeoutSeconds");
  }
  for (const signal of ["x", 1, true, {}, { aborted: true }, new AbortController(), new EventTarget()]) {
    await refused(() => auth.signInWithPopup({ signal }), "signal");
  }
  for (const options of NO_OPTIONS) await refused(() => auth.signInWithPopup(options));
  await refused(() => auth.signInWithPopup({ timeOutSeconds: 5 }), "timeOutSeconds", "config_unknown_key");
  assert.deepEqual(opened, []);
  const right = [{ timeoutSeconds: 0 }, { timeoutSeconds: Infinity }, { signal: new AbortController().signal }, null, undefined];
  for (const options of [...right, { signal: null, timeoutSeconds: null }]) {
    await assert.rejects(auth.signInWithPopup(options), { code: "popup_blocked" });
  }
  assert.equal(opened.length, 6);
  globalThis.open = (url) => {
    throw new Error(`blocked: ${url}`);
  };
  const error = await auth.signInWithPopup().catch((error) => error);
  assert.equal(error.code, "popup_blocked");
  assert.ok(!shown(error).includes("popup-"), "the state");
});

test("diagnose", async () => {
  const { auth } = begin();
  for (const popup of ["no", "true", 0, 1, {}, []]) await refused(() => auth.diagnose({ popup }), "popup");
  for (const options of NO_OPTIONS) await refused(() => auth.diagnose(options));
  await refused(() => auth.diagnose({ popUp: true }), "popUp", "config_unknown_key");
  for (const options of [undefined, null, {}, { popup: false }, { popup: null }]) assert.ok(await auth.diagnose(options));
  assert.deepEqual(opened, []);
});

test("embeddedContext", async () => {
  begin();
  for (const allowedParents of [1, true, {}, { includes: "x" }, [1], [null], [["https://a.example"]], new Set(["x"])]) {
    await refused(() => embeddedContext({ allowedParents }), "allowedParents");
  }
  for (const url of [1, true, {}, [], { href: "x" }]) await refused(() => embeddedContext({ url }), "url");
  for (const options of NO_OPTIONS) await refused(() => embeddedContext(options));
  // A misspelt one would let everybody frame the page.
  await refused(() => embeddedContext({ allowedParent: [] }), "allowedParent", "config_unknown_key");
  for (const url of ["?companyId=7", new URL("https://app.example/?companyId=7")]) {
    assert.equal(embeddedContext({ url, allowedParents: null }).companyId, "7");
  }
  assert.equal(embeddedContext().isEmbedded, false);
});

test("fetch", async () => {
  const { auth, page } = begin();
  for (const onThrottle of ["wait?", "", true, 1, {}]) {
    await refused(() => auth.fetch("/rest/v1.0/me", { onThrottle }), "onThrottle");
  }
  for (const isIdempotent of ["yes", 1, 0, {}]) {
    await refused(() => auth.fetch("/rest/v1.0/me", { isIdempotent }), "isIdempotent");
  }
  for (const options of NO_OPTIONS) await refused(() => auth.fetch("/rest/v1.0/me", options));
  for (const options of [undefined, null, { onThrottle: "wait", isIdempotent: false }, { onThrottle: null }]) {
    await assert.rejects(auth.fetch("/rest/v1.0/me", options), { code: "not_signed_in" });
  }
  assert.deepEqual(page.sent, []);
});

test("signIn, createProcoreAuth, buildLoginUrl", async () => {
  const { auth, page } = begin();
  for (const options of NO_OPTIONS) {
    await refused(() => auth.signIn(options));
    await refused(() => createProcoreAuth(options).ready());
  }
  for (const options of [null, undefined]) await refused(() => createProcoreAuth(options).ready());
  await ready();
  for (const options of NO_OPTIONS) {
    await refused(() => buildLoginUrl(credentials.production, options));
    await refused(() => buildLoginUrl(options));
  }
  assert.equal(page.left, undefined);
});

/** All that an error shows, to whoever writes it down. */
const shown = (error, seen = new Set()) => {
  if (typeof error !== "object" || error === null || seen.has(error)) return String(error);
  seen.add(error);
  return Reflect.ownKeys(error).map((key) => `${String(key)}: ${shown(error[key], seen)}`).join("\n") + String(error);
};

test("what a wrapped fetch throws stays out of the error, and so does what it was given", async () => {
  const { page, auth } = begin();
  await auth.ready();
  void auth.signIn().catch(() => {});
  while (!page.left) await new Promise(setImmediate);
  const state = new URL(page.left).searchParams.get("state");
  let body;
  globalThis.fetch = async (url, init) => {
    body = String(init.body);
    throw Object.assign(new TypeError(`fetch failed: ${url} ${body}`), { config: { url, ...init, body } });
  };
  page.url = new URL(`https://app.example/cb?code=the-authorization-code&state=${state}`);
  const error = await auth.handleRedirect().catch((error) => error);
  assert.ok(isProcoreAuthError(error));
  assert.deepEqual([error.code, error.cause.name, error.cause.message], ["network_error", "TypeError", ""]);
  const verifier = new URLSearchParams(body).get("code_verifier");
  assert.ok(verifier.length >= 43);
  for (const secret of [state, "the-authorization-code", verifier]) assert.ok(!shown(error).includes(secret), secret);
});
