// Runs before everything else in a page: writes down what the page sends, says, stores and refuses.
//
// `fetch` is replaced before the package is loaded, and answered as `recorder.answers` says: a list for each kind of
// endpoint, whose last entry is for all that follow.

"use strict";

globalThis.recorder = (() => {
  const requests = [];
  const said = [];
  const faults = [];
  const stored = [];
  const told = [];
  const gates = {};
  const realFetch = fetch.bind(globalThis);

  const KINDS = [
    [/\/oauth\/token\/info$/, "info"],
    [/\/oauth\/token$/, "token"],
    [/\/oauth\/revoke$/, "revoke"],
    [/\/\.well-known\//, "metadata"],
    [/./, "api"],
  ];
  const DEFAULTS = {
    token: [
      {
        json: {
          access_token: "T-canaryaccess",
          token_type: "bearer",
          expires_in: 5400,
          refresh_token: "R-canaryrefresh",
        },
      },
    ],
    info: [{ json: { resource_owner_id: 1, scope: [], expires_in: 5400, application: { uid: "CID" }, created_at: 0 } }],
    revoke: [{ json: {} }],
    metadata: [{ status: 404, body: "" }],
    api: [{ json: { id: 1 } }],
  };
  const answers = {};

  const take = (kind) => {
    const list = (answers[kind] ??= structuredClone(DEFAULTS[kind]));
    return list.length > 1 ? list.shift() : list[0];
  };

  const answered = async (entry, answer, signal) => {
    if (answer.gate) await new Promise((open) => (gates[answer.gate] = open));
    if (answer.fail) throw new TypeError("Failed to fetch");
    if (answer.hang) {
      return new Promise((_, failed) => {
        const abort = () => {
          entry.isAborted = true;
          failed(signal.reason);
        };
        if (signal?.aborted) abort();
        else signal?.addEventListener("abort", abort);
      });
    }
    const { status = 200, json, contentType = "application/json", headers = {} } = answer;
    const body = json === undefined ? (answer.body ?? "") : JSON.stringify(json);
    const init = { status, headers: { ...(contentType ? { "content-type": contentType } : {}), ...headers } };
    if (answer.breaks) return new Response(broken(body), init);
    return new Response(answer.isStreamed ? streamed(body, entry) : body, init);
  };

  /** In pieces, counted as they are taken. */
  const streamed = (text, entry) => {
    const bytes = new TextEncoder().encode(text);
    const size = 16 * 1024;
    let at = 0;
    return new ReadableStream(
      {
        pull(controller) {
          entry.pulled = at += size;
          controller.enqueue(bytes.slice(at - size, at));
          if (at >= bytes.length) controller.close();
        },
        cancel() {
          entry.isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  };

  /** Ends with an error after half of the text. */
  const broken = (text) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text.slice(0, text.length / 2)));
        controller.error(new TypeError("network error"));
      },
    });

  globalThis.fetch = async (input, init = {}) => {
    const request = new Request(input, init);
    const url = request.url;
    const kind = KINDS.find(([path]) => path.test(new URL(url).pathname))[1];
    const { method, credentials, redirect, cache, referrerPolicy, mode, keepalive } = request;
    const entry = { kind, url, method, credentials, redirect, cache, referrerPolicy, mode, keepalive };
    entry.headers = Object.fromEntries(request.headers);
    requests.push(entry);
    // A copy reads the body, so that the request itself can still be sent.
    entry.body = method === "GET" || method === "HEAD" ? "" : await request.clone().text();
    const answer = take(kind);
    return answer.real ? realFetch(request) : answered(entry, answer, init.signal);
  };

  // Ways out that the package has no business with.
  const other = (name, url) => requests.push({ kind: "other", method: name, url: String(url), headers: {}, body: "" });
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    other("XMLHttpRequest", url);
    return open.call(this, method, url, ...rest);
  };
  for (const name of ["WebSocket", "EventSource", "Worker", "SharedWorker"]) {
    const Original = globalThis[name];
    if (Original)
      globalThis[name] = class extends Original {
        constructor(url, ...rest) {
          other(name, url);
          super(url, ...rest);
        }
      };
  }
  /** What every other page of this origin can listen to. */
  const { postMessage } = BroadcastChannel.prototype;
  BroadcastChannel.prototype.postMessage = function (message) {
    told.push(message);
    return postMessage.call(this, message);
  };
  navigator.sendBeacon = (url) => (other("sendBeacon", url), true);

  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = function (key, value) {
    stored.push([String(key), String(value)]);
    return setItem.call(this, key, value);
  };

  for (const level of ["debug", "log", "info", "warn", "error", "trace", "dir", "table", "assert"]) {
    console[level] = (...parts) => said.push({ level, text: parts.map(shown).join(" ") });
  }

  /** Everything of a value that a log or an error reporter could pick up. */
  const shown = (value, depth = 0) => {
    if (!(value instanceof Error)) return typeof value === "object" ? JSON.stringify(value) : String(value);
    const own = Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, String(value[name])]));
    const cause = value.cause === undefined || depth > 4 ? "" : shown(value.cause, depth + 1);
    return [String(value), value.stack, JSON.stringify(own), JSON.stringify(value), cause].join("\n");
  };

  addEventListener("error", ({ message, error }) => faults.push(`uncaught: ${message} ${shown(error)}`));
  addEventListener("unhandledrejection", ({ reason }) => faults.push(`unhandled rejection: ${shown(reason)}`));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    faults.push(`policy violation: ${violatedDirective} ${blockedURI} ${sample}`),
  );

  return { requests, said, faults, stored, told, answers, gates, realFetch, shown };
})();
