// One request of the API: what of it leaves the page, where it goes, and what is the caller's own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { says, startApi, to } from "../support/api.mjs";
import { Apps } from "../support/app.mjs";
import { inOneEngine } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

const SET_SERVER = `
  const app = JSON.parse(localStorage.app);
  Object.assign(app.config.servers.sandbox, arguments[0]);
  localStorage.app = JSON.stringify(app);
`;

for (const way of ["api", "api-worker"]) {
  inOneEngine(`requests, ${way}`, (browser) => {
    const apps = new Apps(browser, () => packed);

    /** Signed in, with an API of the test's own. */
    const signedIn = async (t, { server = {}, answers } = {}) => {
      const app = await apps.start(t, { way });
      const api = await startApi(t, answers);
      await app.visitor.ask(SET_SERVER, { apiOrigin: api.origin, ...server });
      const signIn = async () => {
        await app.visitor.forget();
        await app.visitor.open(`/${way}/start`);
        const outcome = await apps.signIn(app.visitor);
        assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
      };
      await signIn();
      const renewals = () => tokenRequests(app.sandbox).length - 1;
      return { ...app, api, signIn, renewals };
    };
    const status = (target, init = "{}") => apps.call(`(await auth.fetch(${target}, ${init})).status`);
    const authorized = ({ headers }) => /^Bearer ./.test(headers.authorization ?? "");

    test("the caller's own mistake is the caller's own TypeError, and nothing is sent", async (t) => {
      const { api, visitor } = await signedIn(t);
      await visitor.ask(`
        window.used = new Request("${api.origin}/", { method: "POST", body: "x" });
        window.locked = new Response("x").body;
        locked.getReader();
        return used.text().then(() => {});`);
      for (const call of [
        `"/", { body: "x" }`,
        `"/", { method: "HEAD", body: "x" }`,
        `"/", { method: "CONNECT" }`,
        `"/", { method: "no method" }`,
        `"/", { headers: { "no header": "x" } }`,
        `"/", { headers: { header: "x\\n" + "y" } }`,
        `"/", { headers: { header: "\\u2026" } }`,
        `"/", { mode: "bogus" }`,
        `"/", { mode: "navigate" }`,
        `"/", { cache: "bogus" }`,
        `"/", { cache: "only-if-cached" }`,
        `"/", { redirect: "bogus" }`,
        `"/", { signal: {} }`,
        `"/", { signal: "x" }`,
        `used`,
        `new Request("${api.origin}/"), { body: "x" }`,
        `new Request("${api.origin}/", { method: "POST", body: "x" }), { method: "GET" }`,
      ]) {
        const { error, isTyped, value } = await apps.call(`(await auth.fetch(${call})).status`);
        assert.deepEqual([error ?? value, isTyped], ["TypeError", false], call);
      }
      // A stream that somebody else reads. WebKit sends none at all, and Firefox makes text of it.
      if (browser.engine !== "firefox") {
        const taken = await status(`"/"`, `{ method: "POST", body: locked, duplex: "half" }`);
        assert.deepEqual([taken.isTyped, taken.value], [false, undefined]);
      }
      assert.deepEqual(api.requests, []);
      assert.deepEqual(await status(`"/"`), { value: 200 });
      // What only the network can say is still the network's.
      api.answers["/gone"] = (request) => request.socket.destroy();
      const { error, isTyped } = await status(`"/gone"`);
      assert.deepEqual([error, isTyped], ["network_error", true]);
    });

    test("what is judged is what is sent, whatever a Request says of itself", async (t) => {
      const { api, visitor } = await signedIn(t);
      const elsewhere = await startApi(t);
      await visitor.ask(`
        const [api, elsewhere] = arguments;
        window.frame = document.body.appendChild(document.createElement("iframe")).contentWindow;
        class Liar extends Request {
          get url() { return api + "/lie"; }
          get method() { return "PUT"; }
          get headers() { return new Headers({ "x-own": "lie" }); }
          get signal() { return AbortSignal.abort(); }
          get redirect() { return "error"; }
          get cache() { return "bogus"; }
          clone() { return new Request(api + "/cloned"); }
        }
        const own = (request, members) => {
          for (const [name, value] of Object.entries(members)) Object.defineProperty(request, name, { value });
          return request;
        };
        const proxy = (request, url) => new Proxy(request, {
          get: (target, name) => name === "url" ? url : typeof target[name] === "function" ? target[name].bind(target) : target[name],
        });
        window.twice = (first, then) => { let reads = 0; return { toString: () => (reads++ ? then : first) }; };
        window.lies = {
          subclass: () => new Liar(elsewhere + "/"),
          own: () => own(new Request(elsewhere + "/"), { url: api + "/lie" }),
          proxy: () => proxy(new Request(elsewhere + "/"), api + "/lie"),
          imitation: () => ({ __proto__: Request.prototype, url: api + "/lie", headers: new Headers() }),
          tag: () => ({ [Symbol.toStringTag]: "Request", url: api + "/lie", toString: () => elsewhere + "/" }),
          frame: () => own(new frame.Request(elsewhere + "/"), { url: api + "/lie" }),
          url: () => Object.assign(new URL(elsewhere), { toString: () => elsewhere + "/" }),
          twice: () => twice(elsewhere + "/", api + "/lie"),
        };
        window.Liar = Liar;`, api.origin, elsewhere.origin);
      for (const lie of ["subclass", "own", "proxy", "imitation", "tag", "frame", "url", "twice"]) {
        assert.equal((await status(`lies.${lie}()`)).error, "resource_origin_forbidden", lie);
      }
      assert.deepEqual([...elsewhere.requests, ...elsewhere.preflights, ...api.requests], []);
      // Its lies change nothing of the request, either.
      const honest = `new Liar("${api.origin}/true", { method: "POST", body: "b", headers: { "x-own": "true" } })`;
      assert.deepEqual(await status(honest), { value: 200 });
      assert.deepEqual(await status(`new frame.Request("${api.origin}/frame", { headers: { "x-own": "true" } })`), { value: 200 });
      assert.deepEqual(await status(`twice("/first", "${elsewhere.origin}/")`), { value: 200 });
      assert.deepEqual(
        api.requests.map(({ method, path, headers, body }) => [method, path, headers["x-own"], body]),
        [["POST", "/true", "true", "b"], ["GET", "/frame", "true", ""], ["GET", "/first", undefined, ""]],
      );
      assert.ok(api.requests.every(authorized));
      // A second reading of the options could differ.
      const changing = `(() => {
        let reads = 0;
        return {
          get headers() { return reads++ ? { authorization: "Bearer own" } : { "x-own": "first" }; },
          get method() { return reads++ > 1 ? "DELETE" : "PUT"; },
        };
      })()`;
      assert.deepEqual(await status(`"/changing"`, changing), { value: 200 });
      const { method, headers } = api.requests.at(-1);
      assert.deepEqual([method, headers["x-own"], headers.authorization === "Bearer own"], ["PUT", "first", false]);
      assert.deepEqual(elsewhere.requests, []);
    });

    test("one user is never given what the browser has kept of another's", async (t) => {
      const answers = {
        "/mine": ({ headers }, response) =>
          response
            .writeHead(200, { "content-type": "text/plain", "cache-control": "private, max-age=3600" })
            .end(headers.authorization.slice(-12)),
      };
      const { api, signIn } = await signedIn(t, { answers });
      const mine = async (input = `"/mine"`, init = "{}") =>
        (await apps.call(`(await auth.fetch(${input}, ${init})).text()`)).value;
      const request = (init = "{}") => `new Request("${api.origin}/mine", ${init})`;
      const first = await mine();
      assert.equal(await mine(request()), first);
      await apps.call("auth.signOut()");
      await signIn();
      const second = await mine();
      assert.notEqual(second, first);
      assert.equal(await mine(request()), second);
      assert.equal(api.requests.length, 4, "every time from the API");
      // The caller may name a mode of the cache, here or there.
      assert.equal(await mine(`"/mine"`, `{ cache: "default" }`), second);
      assert.equal(api.requests.length, 5);
      assert.equal(await mine(`"/mine"`, `{ cache: "force-cache" }`), second);
      assert.equal(await mine(request(`{ cache: "force-cache" }`)), second);
      // WebKit's browser of a test keeps nothing.
      const kept = browser.engine === "webkit" ? 7 : 5;
      assert.equal(api.requests.length, kept, "from the browser's cache");
      assert.equal(await mine(request(`{ cache: "force-cache" }`), `{ cache: "reload" }`), second);
      assert.equal(api.requests.length, kept + 1);
    });

    const COMPANY = "{ companyId: 4 }";
    const sentTo = ({ requests }) =>
      requests.map(({ method, path, headers }) => [method, path, Boolean(headers.authorization), headers["procore-company-id"]]);

    test("neither token nor company goes to another origin with a redirect", async (t) => {
      const { api } = await signedIn(t);
      // It would take any header.
      const storage = await startApi(t);
      for (const code of [301, 302, 303, 307, 308]) api.answers[`/file/${code}`] = to(`${storage.origin}/file`, code);
      api.answers["/twice"] = to("/file/302");
      for (const [target, init] of [
        ...[301, 302, 303, 307, 308].map((code) => [`"/file/${code}"`, COMPANY]),
        [`"/file/302"`, "{}"],
        [`"/twice"`, COMPANY],
        [`new Request("${api.origin}/file/302")`, COMPANY],
        [`"/file/302"`, `{ headers: { "Procore-Company-Id": "4" } }`],
        [`"/file/302"`, `{ method: "HEAD", companyId: 4 }`],
        [`new Request("${api.origin}/file/302", { method: "HEAD" })`, COMPANY],
      ]) {
        storage.requests.length = 0;
        assert.deepEqual(await status(target, init), { value: 200 }, `${target} ${init}`);
        assert.deepEqual(sentTo(storage), [[init.includes("HEAD") || target.includes("HEAD") ? "HEAD" : "GET", "/file", false, undefined]]);
      }
      for (const { headers } of storage.preflights) {
        // WebKit asks whether it might send the one that it then leaves out.
        const asked = headers["access-control-request-headers"] ?? "";
        assert.ok(asked === "" || (asked === "authorization" && browser.engine === "webkit"), asked);
      }
    });

    test("a redirect inside the API is followed with the company", async (t) => {
      const { api } = await signedIn(t);
      Object.assign(api.answers, { "/old": to("/new", 301), "/older": to("/old"), "/round": to("/round") });
      const company = [true, "4"];
      assert.deepEqual(await apps.call(`(await auth.fetch("/old", ${COMPANY})).url`), { value: `${api.origin}/new` });
      assert.deepEqual(sentTo(api).at(-1), ["GET", "/new", ...company]);
      assert.deepEqual(await status(`new Request("${api.origin}/older", { method: "HEAD" })`, COMPANY), { value: 200 });
      assert.deepEqual(sentTo(api).at(-1), ["HEAD", "/new", ...company]);
      const { error } = await status(`"/round"`, COMPANY);
      assert.equal(error, "network_error");
      // Without one there is nothing to hold back.
      api.requests.length = 0;
      assert.deepEqual(await status(`"/older"`), { value: 200 });
      assert.deepEqual(sentTo(api).map(([, path]) => path), ["/older", "/old", "/new"]);
      assert.ok(api.requests.every(authorized));
    });

    test("what changes something is not sent again for a redirect, and not carried on", async (t) => {
      const { api } = await signedIn(t);
      const storage = await startApi(t);
      api.answers["/upload"] = to(`${storage.origin}/upload`, 307);
      const seen = (init) => apps.call(`(({ type, status }) => [type, status])(await auth.fetch("/upload", ${init}))`);
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        assert.deepEqual(await seen(`{ method: "${method}", companyId: 4 }`), { value: ["opaqueredirect", 0] }, method);
      }
      assert.equal(api.requests.length, 4);
      // Nor for a caller who wants to see it.
      assert.deepEqual(await seen(`{ redirect: "manual", companyId: 4 }`), { value: ["opaqueredirect", 0] });
      assert.equal((await seen(`{ redirect: "error", companyId: 4 }`)).error, "network_error");
      assert.deepEqual([...storage.requests, ...storage.preflights], []);
    });

    test("what another server says after a redirect is no word of the API", async (t) => {
      const { api, renewals } = await signedIn(t);
      const storage = await startApi(t, { "/401": says(401, {}, 9), "/429": says(429, { "retry-after": "30" }, 9) });
      for (const code of [401, 429]) {
        api.answers[`/${code}`] = to(`${storage.origin}/${code}`);
        for (const init of ["{}", COMPANY]) assert.deepEqual(await status(`"/${code}"`, init), { value: code });
      }
      assert.deepEqual([renewals(), storage.requests.length], [0, 4]);
      assert.deepEqual(await status(`"/"`), { value: 200 }, "nobody waits");
    });

    test("503: what is not idempotent is sent again only if the caller says so", async (t) => {
      const { api } = await signedIn(t);
      for (const [init, expected] of [
        [`{ method: "POST" }`, 503],
        [`{ method: "PATCH" }`, 503],
        [`{ method: "PUT", isIdempotent: false }`, 503],
        [`{ isIdempotent: false }`, 503],
        [`{ method: "POST", body: "b", isIdempotent: true }`, 200],
        [`{ method: "post", isIdempotent: undefined }`, 503],
        [`{ method: "delete" }`, 200],
      ]) {
        api.requests.length = 0;
        api.answers["/busy"] = says(503, { "retry-after": "1" });
        assert.deepEqual(await status(`"/busy"`, init), { value: expected }, init);
        assert.equal(api.requests.length, expected === 200 ? 2 : 1, init);
      }
    });

    test("403: a dead token only at a server that is said to mean that", async (t) => {
      const { api, renewals } = await signedIn(t);
      api.answers["/dead"] = says(403);
      assert.deepEqual(await status(`"/dead"`), { value: 403 });
      assert.deepEqual([api.requests.length, renewals()], [1, 0]);
    });

    test("403: renewed, once, where the server is said to mean a dead token", async (t) => {
      const { api, renewals } = await signedIn(t, { server: { renewOnForbidden: true } });
      api.answers["/dead"] = says(403);
      assert.deepEqual(await status(`"/dead"`), { value: 200 });
      assert.deepEqual([api.requests.length, renewals()], [2, 1]);
      const [before, now] = api.requests.map(({ headers }) => headers.authorization);
      assert.notEqual(before, now);
      // Whoever lacks a permission sets off no storm.
      api.answers["/forbidden"] = says(403, {}, 9);
      assert.deepEqual(await status(`"/forbidden"`), { value: 403 });
      assert.equal(renewals(), 1);
    });

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
