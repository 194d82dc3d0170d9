// Calls of the API: which token and company they carry, when they are sent again, and how long they wait before it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Apps } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

const ME = "/rest/v1.0/me";
const ECHO = "/rest/v1.0/echo";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const inSeconds = (seconds) => String(Math.floor(Date.now() / 1000) + seconds);

const WAYS = { api: {}, "api-worker": { workerUrl: "/support/clock-worker.js" } };

for (const [way, wayOptions] of Object.entries(WAYS)) {
  inOneEngine(way, (browser) => {
    const apps = new Apps(browser, () => packed);

    const signedIn = async (t, { options, ...more } = {}) => {
      const app = await apps.start(t, { way, ...more, options: { ...wayOptions, ...options } });
      const outcome = await apps.signIn(app.visitor);
      assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      await app.visitor.ask(`
        window.results = {};
        window.begin = (name, call) => void attempt(call).then((outcome) => (results[name] = outcome));
      `);
      const begin = (name, expression) => app.visitor.ask(`begin("${name}", async () => ${expression})`);
      const results = () => app.visitor.ask("return results");
      const settled = (...names) =>
        until(`${names} are settled`, async () => {
          const all = await results();
          return names.every((name) => name in all) && all;
        });
      /** How long the client waits, in seconds, on the one alarm that it has for all who wait. */
      const waits = () => app.visitor.ask("return clock.waits()");
      /** The same, once it does, and once what was begun before has come to it. */
      const isWaiting = async () => {
        await apps.call("auth.ready()");
        await until("the client waits", async () => (await waits()).length > 0);
        return waits();
      };
      const advance = (seconds) => app.visitor.ask("clock.advance(arguments[0])", seconds);
      /** The API's next answers. From then on, time stands still. */
      const answer = async (status, headers = {}, times = 1) => {
        app.sandbox.switches.set({ apiStatus: { status, times, headers: { "x-rate-limit-reset": "", ...headers } } });
        await app.visitor.ask("clock.stop()");
      };
      return { ...app, begin, results, settled, waits, isWaiting, advance, answer };
    };

    const sent = ({ requests }, path = ME) =>
      requests.filter((request) => request.path === path && request.method !== "OPTIONS").length;
    const renewals = (sandbox) => tokenRequests(sandbox).length - 1;
    const fetched = (init = "{}", path = ME) => `(await auth.fetch("${path}", ${init})).status`;

    test("the company's ID, exact or not at all", async (t) => {
      const { sandbox } = await signedIn(t);
      const echoed = (init) => `(await (await auth.fetch("${ECHO}", { method: "POST", ${init} })).json()).company_id`;
      for (const [given, expected] of [
        ["", null],
        ["companyId: undefined", null],
        ["companyId: '4'", "4"],
        ["companyId: 4", "4"],
        ["companyId: 9007199254740991", "9007199254740991"],
        ["companyId: 9007199254740993n", "9007199254740993"],
        ["companyId: '12345678901234567890'", "12345678901234567890"],
      ]) {
        assert.deepEqual(await apps.call(echoed(given)), { value: expected }, given);
      }
      const before = sent(sandbox, ECHO);
      const inexact = ["9007199254740992", "1.5", "-1", "1e21", "NaN"];
      for (const given of [...inexact, "''", "' 4'", "'4,5'", "'4\\r\\nx: y'", "null", "{}"]) {
        assert.equal((await apps.call(echoed(`companyId: ${given}`))).error, "company_id_invalid", given);
      }
      assert.equal(sent(sandbox, ECHO), before, "nothing was sent");
      assert.deepEqual(await apps.call(fetched("{}", "/rest/v1.0/projects")), { value: 400 });
      assert.deepEqual(await apps.call(fetched("{ companyId: 1 }", "/rest/v1.0/projects")), { value: 403 });
    });

    test("401: one renewal, one more try, for all calls together", async (t) => {
      const { sandbox } = await signedIn(t);
      sandbox.expireAccessTokens();
      const many = `Promise.all(Array.from({ length: 5 }, async () => ${fetched()}))`;
      assert.deepEqual(await apps.call(many), { value: Array(5).fill(200) });
      assert.equal(renewals(sandbox), 1);
    });

    test("401: the second one is the caller's", async (t) => {
      const { sandbox, answer } = await signedIn(t);
      await answer(401, {}, 2);
      assert.deepEqual(await apps.call(fetched()), { value: 401 });
      assert.deepEqual([sent(sandbox), renewals(sandbox)], [2, 1]);
      // One that was just renewed is not renewed for it.
      await answer(401);
      assert.deepEqual(await apps.call(fetched()), { value: 401 });
      assert.deepEqual([sent(sandbox), renewals(sandbox)], [3, 1]);
    });

    const BODIES = {
      "'text'": 4,
      "new URLSearchParams({ a: 1 })": 3,
      "new Uint8Array([1, 2])": 2,
      "await new Blob(['bytes']).arrayBuffer()": 5,
      "new Blob(['blob!'])": 5,
    };
    const ONCE = ["new FormData()", "stream()"];

    for (const [body, length] of Object.entries(BODIES)) {
      test(`sent again as it was: ${body}`, async (t) => {
        const { sandbox, begin, settled, isWaiting, advance, answer } = await signedIn(t);
        const post = `(await (await auth.fetch("${ECHO}", { method: "POST", body: ${body} })).json()).length`;
        sandbox.expireAccessTokens();
        assert.deepEqual(await apps.call(post), { value: length });
        assert.equal(renewals(sandbox), 1);
        await answer(429, { "retry-after": "3" });
        await begin("post", post);
        await isWaiting();
        await advance(3);
        assert.deepEqual((await settled("post")).post, { value: length });
        assert.equal(sent(sandbox, ECHO), 4);
      });
    }

    for (const body of ONCE) {
      test(`never sent again: ${body}`, async (t) => {
        const { visitor, sandbox, answer } = await signedIn(t);
        await visitor.ask(`window.stream = () => new Blob(["from a stream"]).stream()`);
        const post = `(await auth.fetch("${ECHO}", { method: "POST", body: ${body}, duplex: "half" })).status`;
        // Chromium streams nothing over HTTP/1.1, and WebKit nothing at all: "NotSupportedError", number 9.
        const unsent = body === "stream()" && { chromium: "network_error", webkit: 9 }[browser.engine];
        for (const status of [429, 503, 401]) {
          await answer(status, { "retry-after": "3" });
          const outcome = await apps.call(post);
          assert.equal(outcome.value ?? outcome.error, unsent || status, status);
        }
        assert.equal(sent(sandbox, ECHO), unsent ? 0 : 3);
        assert.equal(renewals(sandbox), 0);
      });
    }

    test("a Request is sent again if it has no body", async (t) => {
      const { sandbox, begin, settled, isWaiting, advance, answer } = await signedIn(t);
      const request = (path, init) => `new Request("${sandbox.origin}${path}", ${init})`;
      const requested = (path, init = "{}") => `(await auth.fetch(${request(path, init)})).status`;
      await answer(429, { "retry-after": "3" });
      await begin("get", requested(ME));
      await isWaiting();
      await advance(3);
      assert.deepEqual((await settled("get")).get, { value: 200 });
      await answer(429, { "retry-after": "3" });
      assert.deepEqual(await apps.call(requested(ECHO, "{ method: 'POST', body: 'once' }")), { value: 429 });
      assert.deepEqual([sent(sandbox), sent(sandbox, ECHO)], [2, 1]);
    });

    /** Headers, and how long they make a call wait; nothing: the answer is the caller's at once. */
    const PAUSES = [
      [{ "retry-after": "7" }, 7],
      [{ "retry-after": "0" }, 1],
      [{ "retry-after": "60" }, 60],
      [{ "retry-after": "61" }, undefined],
      [{ "retry-after": "99999999999999999999" }, undefined],
      [{ "retry-after": "-1" }, 5],
      [{ "retry-after": "soon" }, 5],
      [{ "retry-after": "Fri, 31 Dec 2027 23:59:59 GMT" }, 5],
      [() => ({ "x-rate-limit-reset": inSeconds(20) }), 20],
      [() => ({ "x-rate-limit-reset": inSeconds(20), "retry-after": "7" }), 20],
      [() => ({ "x-rate-limit-reset": inSeconds(3), "retry-after": "7" }), 7],
      [() => ({ "x-rate-limit-reset": inSeconds(600) }), undefined],
      [() => ({ "x-rate-limit-reset": inSeconds(-20) }), 1],
      [() => ({ "x-rate-limit-reset": `${inSeconds(20)}000` }), 5],
      [{}, 5],
      // The server says it, and no page may read it.
      [{ "retry-after": "30", "access-control-expose-headers": "etag" }, 5],
    ];
    test("429: how long, by all that a server may say", async (t) => {
      const { sandbox, begin, results, settled, isWaiting, advance, answer } = await signedIn(t);
      for (const [index, [headers, expected]] of PAUSES.entries()) {
        const name = `case ${index}`;
        const others = await results();
        const before = sent(sandbox);
        await answer(429, typeof headers === "function" ? headers() : headers);
        await begin(name, fetched());
        if (expected === undefined) {
          assert.deepEqual((await settled(name))[name], { value: 429 }, name);
          assert.equal(sent(sandbox), before + 1, name);
          continue;
        }
        const [left] = await isWaiting();
        // By the second, where it is a moment and not a time.
        assert.ok(left === expected || (expected === 20 && left < 20 && left > 15), `${name} waits ${left} s`);
        await advance(left - 0.2);
        assert.deepEqual([await results(), sent(sandbox)], [others, before + 1], name);
        await advance(0.3);
        assert.deepEqual((await settled(name))[name], { value: 200 }, name);
        assert.equal(sent(sandbox), before + 2, name);
      }
    });

    test("503: only what may be done twice is, whatever the server asks for", async (t) => {
      const { sandbox, begin, settled, isWaiting, advance, answer } = await signedIn(t);
      const waiting = [
        ["GET", {}],
        ["PUT", {}],
        ["delete", { "retry-after": "5" }],
      ];
      for (const [method, headers] of waiting) {
        await answer(503, headers);
        await begin(method, fetched(`{ method: "${method}" }`));
        assert.deepEqual(await isWaiting(), [5]);
        await advance(5);
        await settled(method);
      }
      const before = sent(sandbox);
      for (const method of ["POST", "PATCH"]) {
        for (const headers of [{}, { "retry-after": "5" }]) {
          await answer(503, headers);
          assert.deepEqual(await apps.call(fetched(`{ method: "${method}" }`)), { value: 503 }, method);
        }
      }
      assert.equal(sent(sandbox), before + 4);
    });

    test("one pause for all, also for those that come later", async (t) => {
      const { sandbox, begin, settled, isWaiting, advance, answer, results, waits } = await signedIn(t);
      await answer(429, { "retry-after": "30" });
      await begin("first", fetched());
      assert.deepEqual(await isWaiting(), [30]);
      await begin("second", fetched());
      await begin("third", fetched("{ method: 'POST', body: new FormData() }", ECHO));
      assert.deepEqual(await isWaiting(), [30]);
      assert.deepEqual([sent(sandbox), sent(sandbox, ECHO)], [1, 0]);
      await advance(29);
      await begin("fourth", fetched());
      assert.deepEqual(await isWaiting(), [1]);
      assert.deepEqual(await results(), {});
      await advance(1);
      const { first, second, third, fourth } = await settled("first", "second", "third", "fourth");
      assert.deepEqual([first, second, third, fourth], Array(4).fill({ value: 200 }));
      assert.deepEqual([sent(sandbox), sent(sandbox, ECHO)], [4, 1]);
      assert.deepEqual(await waits(), []);
    });

    test("two calls that are told to wait wait for the longer time", async (t) => {
      const { sandbox, begin, settled, isWaiting, advance, answer } = await signedIn(t);
      await answer(429, { "retry-after": "10" });
      await begin("first", fetched());
      await isWaiting();
      // It does not wait, and what it learns counts for all.
      await answer(429, { "retry-after": "40" });
      assert.deepEqual(await apps.call(fetched("{ onThrottle: 'return' }")), { value: 429 });
      await advance(10);
      assert.deepEqual(await isWaiting(), [30]);
      await advance(30);
      assert.deepEqual((await settled("first")).first, { value: 200 });
      assert.equal(sent(sandbox), 3);
    });

    test("a server that is never content: three tries, and no wait without end", async (t) => {
      const { sandbox, begin, settled, isWaiting, advance, answer } = await signedIn(t);
      await answer(429, { "retry-after": "60" }, 20);
      await begin("first", fetched());
      for (const tries of [1, 2]) {
        assert.deepEqual(await isWaiting(), [60]);
        assert.equal(sent(sandbox), tries);
        await advance(60);
      }
      assert.deepEqual((await settled("first")).first, { value: 429 });
      assert.equal(sent(sandbox), 3);
      // Others have it prolonged again and again: after the third wait it is sent, and what comes then is returned.
      const prolong = () => apps.call(fetched("{ onThrottle: 'return' }"));
      await prolong();
      const before = sent(sandbox);
      await begin("patient", fetched());
      for (const [expected, next] of [
        [60, 50],
        [10, 10],
        [50, 40],
      ]) {
        assert.deepEqual(await isWaiting(), [expected]);
        await advance(expected - next);
        await prolong();
        await advance(next);
      }
      assert.deepEqual((await settled("patient")).patient, { value: 429 });
      assert.equal(sent(sandbox), before + 4);
    });

    test('onThrottle: "return"', async (t) => {
      const { sandbox, begin, settled, isWaiting, advance, answer, waits } = await signedIn(t);
      await answer(429, { "retry-after": "30" });
      assert.deepEqual(await apps.call(fetched("{ onThrottle: 'return' }")), { value: 429 });
      assert.deepEqual(await waits(), []);
      await begin("other", fetched());
      assert.deepEqual(await isWaiting(), [30]);
      assert.deepEqual(await apps.call(fetched("{ onThrottle: 'return' }")), { value: 200 });
      await advance(30);
      await settled("other");
      assert.equal(sent(sandbox), 3);
    });

    test("aborted in a pause: at once, for the caller's own reason, and no timer is left", async (t) => {
      const { visitor, sandbox, begin, settled, isWaiting, advance, answer, waits } = await signedIn(t);
      const rejected = (call, of) => `${call}.then(() => "sent", (error) => error === ${of}.signal.reason)`;
      await visitor.ask("window.aborts = [1, 2, 3].map(() => new AbortController())");
      await answer(429, { "retry-after": "30" });
      await begin("first", rejected(`auth.fetch("${ME}", { signal: aborts[0].signal })`, "aborts[0]"));
      await isWaiting();
      const request = `new Request("${sandbox.origin}${ME}", { signal: aborts[1].signal })`;
      await begin("second", rejected(`auth.fetch(${request})`, "aborts[1]"));
      await begin("third", fetched());
      await isWaiting();
      await visitor.ask("aborts[0].abort(new Error('the reason')); aborts[1].abort()");
      const { first, second } = await settled("first", "second");
      assert.deepEqual([first, second], [{ value: true }, { value: true }]);
      assert.deepEqual(await waits(), [30]);
      await visitor.ask("aborts[2].abort('before it begins')");
      const third = await apps.call(rejected(`auth.fetch("${ME}", { signal: aborts[2].signal })`, "aborts[2]"));
      assert.deepEqual(third, { value: true });
      await advance(30);
      assert.deepEqual((await settled("third")).third, { value: 200 });
      assert.equal(sent(sandbox), 2);
    });

    test("signed out in a pause: all who wait learn it at once", async (t) => {
      const { sandbox, begin, settled, isWaiting, answer, waits } = await signedIn(t);
      await answer(429, { "retry-after": "30" });
      await begin("first", fetched());
      await isWaiting();
      for (const name of ["second", "third"]) await begin(name, fetched());
      await isWaiting();
      assert.deepEqual(await apps.call("auth.signOut()"), { value: { outcome: "revoked" } });
      const ended = await settled("first", "second", "third");
      assert.deepEqual(Object.values(ended).map(({ error }) => error), Array(3).fill("session_ended"));
      assert.deepEqual(await waits(), []);
      assert.equal(sent(sandbox), 1);
    });

    if (way === "api-worker") {
      test("the worker dies while a request is at the API: what the API has done is told all the same", async (t) => {
        const { visitor, begin, settled } = await signedIn(t);
        const post = `(await auth.fetch("${ECHO}", { method: "POST", body: "four" })).status`;
        await visitor.ask("hold.back(arguments[0])", ECHO);
        await begin("post", post);
        await until("it is held back", () => visitor.ask("return hold.count === 1"));
        await visitor.ask("clock.die()");
        await until("the page knows", async () => (await visitor.ask("return auth.session.status")) !== "fresh");
        await visitor.ask("hold.release()");
        assert.deepEqual((await settled("post")).post, { value: 200 });
      });
    }

    if (way === "api") {
      // Each worker is one client's.
      test("one pause for all clients of the page that call this host", async (t) => {
        const app = await signedIn(t, { options: { persist: "tab" } });
        const { visitor, sandbox, begin, settled, isWaiting, advance, answer, waits } = app;
        const { config } = JSON.parse(await visitor.ask("return localStorage.app"));
        await visitor.ask("window.other = sdk.createProcoreAuth(arguments[0])", { ...config, renewAhead: true });
        assert.deepEqual(await apps.call(`(await other.fetch("${ME}")).status`), { value: 200 });
        await answer(429, { "retry-after": "30" });
        await begin("first", fetched());
        await isWaiting();
        await begin("second", `(await other.fetch("${ME}")).status`);
        await until("both clients wait", async () => (await waits()).length === 2);
        assert.deepEqual(await waits(), [30, 30]);
        assert.equal(sent(sandbox), 2);
        await advance(30);
        const { first, second } = await settled("first", "second");
        assert.deepEqual([first, second], [{ value: 200 }, { value: 200 }]);
      });

      const ABORTED = `auth
        .fetch("${ME}", { signal: abort.signal })
        .then(() => "sent", (error) => error === abort.signal.reason)`;
      const held = (visitor, count) =>
        until(`${count} requests are held back`, () => visitor.ask(`return hold.count === ${count}`));

      test("aborted, or signed out, while a renewal is awaited: at once", async (t) => {
        const { visitor, sandbox, begin, settled, results } = await signedIn(t);
        await visitor.ask("window.abort = new AbortController(); hold.back('/oauth/token')");
        sandbox.expireAccessTokens();
        await begin("aborted", ABORTED);
        await begin("first", fetched());
        await held(visitor, 1);
        await until("both are sent", () => sent(sandbox) === 2);
        await visitor.ask("abort.abort()");
        assert.deepEqual((await settled("aborted")).aborted, { value: true });
        assert.equal("first" in (await results()), false);
        await begin("out", "auth.signOut()");
        assert.equal((await settled("first")).first.error, "session_ended");
        await visitor.ask("hold.release()");
        const { value } = (await settled("out")).out;
        assert.ok(["revoked", "revoke_pending"].includes(value.outcome));
        assert.equal(sent(sandbox), 2);
      });

      test("the token is over before the call: aborted while it is renewed", async (t) => {
        const { visitor, sandbox, begin, settled } = await signedIn(t, { switches: { accessTokenTtl: 1 } });
        const status = "clock.stop(); clock.advance(1); return auth.session.status";
        await until("it has expired", async () => (await visitor.ask(status)) === "expired");
        sandbox.switches.set({ accessTokenTtl: 5400 });
        await visitor.ask("window.abort = new AbortController(); hold.back('/oauth/token')");
        await begin("aborted", ABORTED);
        await begin("patient", fetched());
        await held(visitor, 1);
        await visitor.ask("abort.abort()");
        assert.deepEqual((await settled("aborted")).aborted, { value: true });
        await visitor.ask("hold.release()");
        assert.deepEqual((await settled("patient")).patient, { value: 200 });
        assert.deepEqual([sent(sandbox), renewals(sandbox)], [1, 1]);
      });

      test("an answer that comes after the session's end is the caller's", async (t) => {
        const { visitor, sandbox, begin, settled, waits } = await signedIn(t);
        for (const status of [200, 401, 429]) {
          if (status !== 200) sandbox.switches.set({ apiStatus: { status, headers: { "retry-after": "3" } } });
          await visitor.ask("hold.back(arguments[0])", ME);
          const count = await visitor.ask("return hold.count");
          await begin(`late ${status}`, fetched());
          await held(visitor, count + 1);
          if (status === 429) await apps.call("auth.signOut()");
          await visitor.ask("hold.release()");
          // While it lasts, a 401 brings a renewal.
          const expected = status === 401 ? 200 : status;
          assert.deepEqual((await settled(`late ${status}`))[`late ${status}`], { value: expected });
        }
        assert.deepEqual(await waits(), []);
      });
    }

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
