// Two sites: an app's, whose pages have pkg/src/page/login-window.ts and nothing else, and a login page's. Every page sends the
// Cross-Origin-Opener-Policy that its own URL asks for by `coop`.

import { build } from "esbuild";
import { createServer } from "node:http";
import { join } from "node:path";
import { root } from "../../scripts/run.mjs";

/** What errors say is made by the package's own build. Here their codes do. */
const withoutMessages = {
  name: "messages",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/messages\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** `http://localhost` and `http://127.0.0.1` are two sites, on whatever port. */
export async function startSite() {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export * from "./page/login-window.ts"; export * from "./page/embedded.ts"; export * from "./boundary/errors.ts";',
      resolveDir: join(root, "pkg/src"),
    },
    bundle: true,
    format: "esm",
    write: false,
    plugins: [withoutMessages],
  });
  const script = outputFiles[0].text;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
    if (searchParams.has("coop")) headers["cross-origin-opener-policy"] = searchParams.get("coop");
    if (searchParams.has("csp")) headers["content-security-policy"] = searchParams.get("csp");
    if (searchParams.has("referrer")) headers["referrer-policy"] = searchParams.get("referrer");
    // As in a browser that has no list of the pages around.
    const older = script.replaceAll("ancestorOrigins", "noSuchList");
    const code = { "/package.js": script, "/older.js": older, "/counter.js": COUNTER }[pathname];
    if (code) return response.writeHead(200, { "content-type": "text/javascript" }).end(code);
    const page = PAGES[pathname.slice(1)];
    response.writeHead(page ? 200 : 404, headers).end(page?.(searchParams));
  });
  await new Promise((ready, failed) => server.once("error", failed).listen(0, "127.0.0.1", ready));
  const { port } = server.address();
  return {
    app: `http://localhost:${port}`,
    login: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

const html = (title, body) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">${body}</html>`;
const quoted = (text) => JSON.stringify(text).replace(/</g, "\\u003c");

const PAGES = {
  /** Signs in at a click, with the arguments in `next`. What comes of it is in `outcomes`. */
  app: () =>
    html(
      "app",
      `<button id="sign-in">Sign in</button>
      <script src="/counter.js"></script>
      <script type="module">
        import * as sdk from "/package.js";
        const outcomes = [];
        const begin = (url, state, options) => {
          const outcome = { isOver: false };
          outcomes.push(outcome);
          return sdk.openPopup(url, state, options?.signal, options?.timeoutSeconds).then(
            (value) => Object.assign(outcome, { isOver: true, value }),
            (error) => {
              const { name, code, phase, retryable, message } = error;
              Object.assign(outcome, { isOver: true, error: { name, code, phase, retryable, message } });
            },
          );
        };
        document.getElementById("sign-in").onclick = () => begin(...window.next);
        Object.assign(window, { sdk, outcomes, begin });
        document.title = "ready";
      </script>`,
    ),
  /** Says where it is shown: `context(options)`, or the code of the error. */
  embedded: (search) =>
    html(
      "embedded",
      `<a id="again" href="/embedded?${search}&again">Again</a>
      <script type="module">
        import { embeddedContext } from "/${search.get("browser") ?? "package"}.js";
        window.context = (options) => {
          try {
            return embeddedContext(options);
          } catch ({ name, code, phase, message }) {
            return { name, code, phase, message };
          }
        };
        document.title = "ready";
      </script>`,
    ),
  /** The redirect URI's page: what the relay made of it is in `relayed`. */
  callback: () =>
    html(
      "callback",
      `<script type="module">
        import { relayToOpener } from "/package.js";
        const outcomes = [relayToOpener(), relayToOpener()];
        try {
          opener.relayedThere = outcomes.map(Boolean);
        } catch {
          // There is none, or another site's.
        }
        // Nothing comes of it as long as the opener may still take it.
        const underWay = new Promise((resolve) => setTimeout(resolve, 0, true));
        const said = (outcome) => outcome?.catch(({ name, code }) => name + " " + code) ?? false;
        window.relayed = await Promise.all(outcomes.map((outcome) => Promise.race([said(outcome), underWay])));
        document.title = "relayed";
      </script>`,
    ),
  /** Another site's page, which goes on to `to` at a click; `forgets` its opener first. */
  login: (search) =>
    html(
      "login",
      `<button id="go-on">Go on</button>
      <script>
        ${search.has("forgets") ? "opener = null;" : ""}
        document.getElementById("go-on").onclick = () => location.assign(${quoted(search.get("to") ?? "")});
      </script>`,
    ),
  /** Tells its opener, or the page around it, what the expression `next` is, at a click; to whatever origin that has. */
  poster: (search) =>
    html(
      "poster",
      `<button id="post">Post</button> <button id="go-on">Go on</button>
      <script>
        document.getElementById("go-on").onclick = () => location.assign(${quoted(search.get("to") ?? "")});
        const target = parent === window ? opener : parent;
        const post = (expression) => target.postMessage(Function("return " + expression)(), "*");
        document.getElementById("post").onclick = () => post(window.next);
      </script>`,
    ),
  /** Opens `src` at a click, and listens. */
  stranger: (search) =>
    html(
      "stranger",
      `<button id="open">Open</button>
      <script>
        window.heard = [];
        addEventListener("message", ({ origin, data }) => heard.push({ origin, data }));
        document.getElementById("open").onclick = () => (window.opened = open(${quoted(search.get("src") ?? "")}));
      </script>`,
    ),
  /** A page around another, which it also sends messages to, at a click. */
  frame: (search) =>
    html(
      "frame",
      `<button id="post">Post</button>
      <iframe id="framed" width="600" height="300" src="${search.get("src")}" ${search.get("attributes") ?? ""}></iframe>
      <script>
        document.getElementById("post").onclick = () =>
          document.getElementById("framed").contentWindow.postMessage(Function("return " + window.next)(), "*");
      </script>`,
    ),
};

/** Counts what is begun and what is ended, before anything else of the page runs. */
const COUNTER = `"use strict";
window.open_ = { message: 0, abort: 0, intervals: 0, timeouts: 0, channels: 0 };
window.begun = { message: 0, abort: 0, intervals: 0, timeouts: 0, channels: 0 };
/** How often the package has looked after its window. */
window.polls = 0;
{
  const count = (kind, step) => {
    open_[kind] += step;
    if (step > 0) begun[kind] += step;
  };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    if (type in open_) count(type, 1);
    return addEventListener.call(this ?? window, type, ...rest);
  };
  EventTarget.prototype.removeEventListener = function (type, ...rest) {
    if (type in open_) count(type, -1);
    return removeEventListener.call(this ?? window, type, ...rest);
  };
  for (const [kind, set, clear] of [["intervals", "setInterval", "clearInterval"], ["timeouts", "setTimeout", "clearTimeout"]]) {
    const running = new Set();
    const { [set]: begin, [clear]: end } = window;
    window[set] = (call, ...rest) => {
      const id = begin.call(window, (...args) => {
        if (kind === "timeouts" && running.delete(id)) count(kind, -1);
        call(...args);
        if (kind === "intervals") polls += 1;
      }, ...rest);
      running.add(id);
      count(kind, 1);
      return id;
    };
    window[clear] = (id) => {
      if (running.delete(id)) count(kind, -1);
      end.call(window, id);
    };
  }
  const Real = BroadcastChannel;
  window.BroadcastChannel = class extends Real {
    constructor(name) {
      super(name);
      count("channels", 1);
    }
    close() {
      count("channels", -1);
      super.close();
    }
  };
}
`;
