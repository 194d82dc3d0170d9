// Two readers of a URL, the page's before the core is there and the core's, find the same; and what is scrubbed is gone for both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { pack } from "../support/package.mjs";

const source = fileURLToPath(new URL("../../pkg/src/page/redirect.ts", import.meta.url));
const { outputFiles } = await build({ entryPoints: [source], bundle: true, format: "esm", write: false });
const { statesOf, scrub } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const APP = "https://app.example";
const CASES = 4000;

let packed, core;
before(async () => {
  packed = await pack();
  core = await import(pathToFileURL(join(packed.dist, "index.js")));
  await core.ready();
});
after(() => packed?.remove());

const recordOf = (state) =>
  JSON.stringify({
    v: 1,
    state,
    verifier: "V",
    flow: "code",
    responseMode: "query",
    environment: "production",
    clientId: "CID",
    redirectUri: `${APP}/cb`,
    returnTo: "/",
    created: Math.floor(Date.now() / 1000),
  });

/** What the core says of a URL: `none`, `code`, or the error's code. */
const said = (url, state) => {
  try {
    return core.parseRedirect(url, recordOf(state)).kind;
  } catch (error) {
    assert.ok(core.isProcoreAuthError(error), String(error));
    return error.code;
  }
};

/** On a page that is no redirect URI, the core says something of a response only if it claims the pending sign-in. */
const isClaimed = (url, state) => said(url, state) !== "none";

/** The same numbers on every run. */
const random = (seed) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

const PIECES = [
  ..."?&=#/!+%;",
  "state=S1",
  "&state=S1",
  "&state=S2",
  "?state=",
  "&code=C",
  "st%61te",
  "S1",
  "%53%31",
  "%ff",
  "%zz",
  "%ED%A0%80",
  "%EF%BB%BF",
  "%00",
  "%3D",
  "%26",
  "%2B",
  "\ud800",
  "😀",
  "ü",
  "error",
  "access_token=T",
  "iss=x",
  "/route",
  "/route?tab=1",
  "__proto__",
];

test("page and core find the same states in any URL", () => {
  const next = random(7);
  const pick = () => PIECES[Math.floor(next() * PIECES.length)];
  const some = () => Array.from({ length: Math.floor(next() * 7) }, pick).join("");
  let claimed = 0;
  for (let left = CASES; left > 0; left -= 1) {
    const { href, search, hash } = new URL(`${APP}/elsewhere?${some()}#${some()}`);
    const states = statesOf({ search, hash });
    for (const state of ["S1", "S2", "S1S1", "?", "x"]) {
      claimed += states.includes(state);
      assert.equal(states.includes(state), isClaimed(href, state), `${href} ${state}`);
    }
  }
  assert.ok(claimed > CASES / 20, `only ${claimed} URLs were responses`);
});

test("what was scrubbed is no response to anybody any more, and the rest is as it was", (t) => {
  const next = random(11);
  const pick = () => PIECES[Math.floor(next() * PIECES.length)];
  const some = () => Array.from({ length: Math.floor(next() * 7) }, pick).join("");
  const enter = (url) => Object.defineProperty(globalThis, "location", { value: new URL(url), configurable: true });
  globalThis.history = { state: null, replaceState: (_, __, url) => enter(url) };
  t.after(() => {
    delete globalThis.location;
    delete globalThis.history;
  });
  t.mock.method(console, "warn");
  for (let left = CASES; left > 0; left -= 1) {
    enter(`${APP}/cb?${some().replaceAll("#", "")}&code=C&state=S1&tab=1#${some()}`);
    const { href, hash } = location;
    assert.ok(statesOf(location).includes("S1"), href);
    scrub("S1");
    assert.ok(!statesOf(location).includes("S1"), `${href} became ${location.href}`);
    assert.equal(said(location.href, "S1"), "none", `${href} became ${location.href}`);
    assert.match(location.search, /tab=1$/);
    if (/^#\/route($|[?&])/.test(hash) && !/S1|%53/.test(hash)) assert.equal(location.hash, hash);
  }
  assert.equal(console.warn.mock.callCount(), 0);
});

test("what only looks like a parameter of a response stays", (t) => {
  const enter = (url) => Object.defineProperty(globalThis, "location", { value: new URL(url), configurable: true });
  globalThis.history = { state: null, replaceState: (_, __, url) => enter(url) };
  t.after(() => {
    delete globalThis.location;
    delete globalThis.history;
  });
  for (const [before, after] of [
    ["?code=C&state=S1", ""],
    ["??state=X&code=C&state=S1", "??state=X"],
    ["?tab=1&code=C&st%61te=S1&a=%ff", "?tab=1&a=%ff"],
    ["?code=C&state=S1#/costs?page=2&code=03-100&state=open", "#/costs?page=2&code=03-100&state=open"],
    ["?code=C&state=S1#!/costs", "#!/costs"],
    ["?code=C&state=S1#top", "#top"],
    ["?tab=1#access_token=T&token_type=bearer&state=S1", "?tab=1"],
    // A router has put it there.
    ["#/access_token=T&token_type=bearer&state=S1", "#/"],
    ["#!/state=S1&access_token=T", "#!/"],
    ["#/cb?code=C&tab=1&state=S1", "#/cb?tab=1"],
    ["#/cb?code=C&state=S1", "#/cb"],
    ["#?code=C&state=S1", ""],
  ]) {
    enter(`${APP}/cb${before}`);
    scrub("S1");
    assert.equal(location.href, `${APP}/cb${after}`, before);
  }
});
