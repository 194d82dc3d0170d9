// A page whose `Object.prototype` is polluted, by a fault in any script of it: what the app is given, what the servers
// are asked and what is stored is what it is without.
//
// The names are all that the package, its core and the browser look up (support/names.mjs). Not among the kinds is a
// function as `then`: it is called for whatever a promise gives, also by `fetch` itself, and nothing in such a page works.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Windows } from "../popup/windows.mjs";
import { Apps, WORKER_POLICY } from "../support/app.mjs";
import { inOneEngine, until } from "../support/browsers.mjs";
import { allNames, membersOf } from "../support/names.mjs";
import { pack } from "../support/package.mjs";

const RISK = "I accept that tokens in the URL can leak";
const KINDS = ["string", "true", "object", "function", "accessor"];
const ME = "/rest/v1.0/me";
const ECHO = "/rest/v1.0/echo";
/** A worker that loads a script would need a policy for Trusted Types of its own. */
const UNTRUSTED = WORKER_POLICY.replace("require-trusted-types-for 'script'; ", "");
const TYPES = ["RedirectResult", "Session", "SignOutResult", "EmbeddedContext", "LoginUrl", "Finding", "ProcoreAuthError"];
const RESPONSES = ["NoResponse", "CodeResponse", "TokenInUrlResponse"];
const types = {
  ...Object.fromEntries(TYPES.map((type) => [type, membersOf(type)])),
  Response: [...new Set(RESPONSES.flatMap(membersOf))],
};

const names = allNames();
assert.ok(names.length > 150 && types.Response.length > 8, "the names are not found any more");

let packed;
before(async () => (packed = await pack()));
after(() => packed?.remove());

/** Every way of asking that these requests show. Where the browser goes to the login page is its own affair. */
const shapesOf = ({ requests }) => {
  const shapes = requests
    .filter(({ path }) => !path.startsWith("/oauth/authorize"))
    .map(({ method, path, parameters, headers, status }) => [method, path, parameters, headers, status].join(" "));
  return [...new Set(shapes)].sort();
};

for (const [entry, options] of [
  ["index", {}],
  ["index", { persist: "tab" }],
  ["implicit", { allowImplicit: RISK }],
  ["worker", {}],
  ["worker", { persist: "tab" }],
]) {
  inOneEngine(`polluted, ${entry}${options.persist ? ", persist" : ""}`, (browser) => {
    const apps = new Apps(browser, () => packed);

    const start = async (t, more = options) => {
      const app = await apps.start(t, { way: "polluted", options: more, policy: UNTRUSTED });
      const { config } = JSON.parse(await app.visitor.ask("return localStorage.app"));
      await app.visitor.ask("localStorage.app = arguments[0]", JSON.stringify({ entry, config, types, me: ME, echo: ECHO }));
      await app.visitor.open("/polluted/start");
      return app;
    };

    /** A sign-in, coming back to a page that is polluted from its first script on. Answers with what the app was given. */
    const signIn = async ({ visitor }, kind) => {
      const pollution = JSON.stringify({ names: kind ? names : [], kind });
      await visitor.ask("localStorage.pollution = arguments[0]", pollution);
      await visitor.ask("auth.signIn({ returnTo: '/x', extraParams: { prompt: 'login' } })");
      await visitor.signInThere();
      await visitor.ask("delete localStorage.pollution");
      return visitor.ask("return arrival");
    };

    const call = (expression, ...args) =>
      browser.driver.executeAsyncScript(
        `const [...args] = arguments; const done = args.pop(); (async () => ${expression})().then(done, (error) => done("failed: " + error))`,
        ...args,
      );

    // A minute for both; what it shows differs little from entry to entry.
    const isInShort = entry === "index";
    test("each by itself", { skip: !isInShort && !process.env.LONG && "by npm run test:long" }, async (t) => {
      const app = await start(t);
      await signIn(app);
      assert.deepEqual(await call("runEach(args[0], args[1], 'pure', 'embedded')", names, KINDS), []);
      app.sandbox.requests.length = 0;
      const fault = await call("run([], 'string', 'session', 'renewal')");
      assert.match(fault, /me: \{"id"/);
      const expected = shapesOf(app.sandbox);
      assert.deepEqual(await call("runEach(args[0], args[1], 'session')", names, KINDS.slice(0, 2)), []);
      assert.deepEqual(await call("runEach(args[0], args[1], 'session')", names, KINDS.slice(2)), []);
      assert.deepEqual(shapesOf(app.sandbox).filter((shape) => !expected.includes(shape)), []);
    });

    test("all at once, from before the start to the sign-out", async (t) => {
      const app = await start(t);
      const whole = async (kind) => {
        app.sandbox.requests.length = 0;
        const arrival = await signIn(app, kind);
        const steps = ["pure", "embedded", "session", ...(entry === "implicit" ? [] : ["renewal"]), "diagnosis", "other", "end"];
        const rest = await call("run(args[0], args[1], ...args[2])", kind ? names : [], kind ?? "string", steps);
        return { arrival: arrival.split("\n"), rest: rest.split("\n"), requests: shapesOf(app.sandbox) };
      };
      const expected = await whole();
      assert.match(expected.arrival[0], /handled=true returnTo=\/x/);
      for (const kind of [...KINDS, "converted"]) assert.deepEqual(await whole(kind), expected, kind);
    });

    if (entry === "worker") {
      test("in the worker's own realm", async (t) => {
        const whole = async (kind) => {
          const pollution = encodeURIComponent(JSON.stringify({ names: kind ? names : [], kind }));
          const workerUrl = `/support/worker-polluted.js?pollution=${pollution}`;
          const app = await start(t, { ...options, workerUrl });
          const arrival = await signIn(app);
          const rest = await call("run([], 'string', 'session', 'renewal', 'diagnosis', 'other', 'end')");
          return { arrival: arrival.split("\n"), rest: rest.split("\n"), requests: shapesOf(app.sandbox) };
        };
        const expected = await whole();
        assert.match(expected.arrival[0], /handled=true returnTo=\/x/);
        for (const kind of [...KINDS, "converted"]) assert.deepEqual(await whole(kind), expected, kind);
      });
    }

    if (!options.persist && entry !== "implicit") {
      test("a sign-in by popup, in both windows", async (t) => {
        for (const kind of ["string", "accessor"]) {
          const { visitor } = await start(t);
          await call("auth.ready()");
          await visitor.ask("localStorage.pollution = arguments[0]", JSON.stringify({ names, kind }));
          await visitor.ask(
            `const [names, kind] = arguments;
            const shown = ({ handled, returnTo, warnings }) => [handled, returnTo, warnings.length].join();
            const button = document.body.appendChild(document.createElement("button"));
            button.id = button.textContent = "go";
            button.onclick = async () => {
              pollution.begin(names, kind);
              const outcome = await auth.signInWithPopup().then(shown, String);
              pollution.clear(names);
              window.cameOfIt = outcome;
            };`,
            names,
            kind,
          );
          const windows = await Windows.of(browser.driver);
          t.after(() => windows.closeOthers());
          await windows.openByClick("go");
          await visitor.signInThere({ isPopup: true });
          await windows.backToMain();
          assert.equal(await until("the sign-in is over", () => visitor.ask("return window.cameOfIt")), "true,/,0", kind);
        }
      });
    }

    // As libraries do that wrap `fetch` to watch it.
    if (entry === "index" && !options.persist) {
      test("what fetch is given, and what the app is given, has the methods that every object has", async (t) => {
        const app = await start(t);
        await signIn(app);
        const seen = await call("methods()");
        const all = ["init", "headers", "session", "redirect", "context", "login URL", "no response", "client", "sign-out", "finding"];
        assert.deepEqual(seen, all.map((what) => `${what},true,[object Object],true,true`));
        // What is absent is not listed.
        const listed = await call("(async () => [auth.session, await auth.handleRedirect()].map((object) => Object.keys(object).sort()))()");
        assert.deepEqual(listed, [["environment", "renewable", "signedIn", "status"], ["handled"]]);
      });
    }

    test("nothing was sent off this machine", () => assert.deepEqual(browser.sentinel.reached, []));
  });
}
