// How often a server gets a POST whose answer is lost on a connection that was used before, over HTTP/1.1: some browsers send
// it again by themselves, and nothing that a page can say keeps them from it. SECURITY.md says what is measured here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inTwoEngines } from "../support/browsers.mjs";
import { startClosingServer } from "../support/closing-server.mjs";

/** As the package sends it. */
const AS_IT_IS = `{
  method: "POST",
  body: "grant_type=refresh_token",
  headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
  credentials: "omit",
  cache: "no-store",
  redirect: "manual",
  referrerPolicy: "no-referrer",
}`;

/** What might have kept them from it. */
const WAYS = [
  "{}",
  "{ keepalive: true }",
  `{ cache: "reload" }`,
  `{ cache: "default" }`,
  `{ priority: "low" }`,
  `{ headers: { "x-own": "1" } }`,
  `{ headers: { "idempotency-key": "1" } }`,
  `{ headers: { "cache-control": "no-store" } }`,
  `{ body: new Blob(["grant_type=refresh_token"]) }`,
  `{ body: new FormData(), headers: {} }`,
  `{ body: "a".repeat(300_000) }`,
];
/** Chromium streams over HTTP/2 only, and WebKit not at all. */
const STREAM = `{ body: new Blob(["grant_type=refresh_token"]).stream(), duplex: "half" }`;

/** WebKitGTK opens a connection for it. */
const TIMES = { chromium: 2, firefox: 2, webkit: 1 };
const TIMES_STREAMED = { chromium: 0, firefox: 2, webkit: 0 };

inTwoEngines("resends", (browser) => {
  for (const how of ["end", "reset"]) {
    test(`a POST without an answer on a used connection: ${how}`, async (t) => {
      const { origin, arrivals } = await startClosingServer(t, how);
      const { driver } = browser;
      await driver.get(`${origin}/`);
      const send = (path, way, before = "/warm") =>
        driver.executeAsyncScript(
          `const done = arguments[arguments.length - 1];
           (async () => {
             for (let warm = 0; warm < 2; warm++) await (await fetch(arguments[1], { credentials: "omit", cache: "no-store" })).text();
             const init = { ...${AS_IT_IS}, ...${way} };
             return fetch(arguments[0], init).then(({ status }) => status, ({ name }) => name);
           })().then(done)`,
          path,
          before,
        );
      for (const [index, way] of [...WAYS, STREAM].entries()) {
        const path = `/post/${index}`;
        const outcome = await send(path, way);
        const expected = (way === STREAM ? TIMES_STREAMED : TIMES)[browser.engine];
        assert.equal(arrivals.get(path) ?? 0, expected, `${way}: ${outcome}`);
        // And the page never learns that it was.
        if (expected > 0) assert.equal(outcome, 200, way);
      }
      // A server that ends each connection by itself is safe.
      assert.equal(await send("/post/fresh", "{}", "/last"), 200);
      assert.equal(arrivals.get("/post/fresh"), 1);
    });
  }
});
