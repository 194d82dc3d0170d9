// The servers that the tests need beside the demo's: pages, sinks that write down what reaches them, and a sentinel.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { pass } from "../../scripts/pass.mjs";

export const pages = fileURLToPath(new URL("pages", import.meta.url));

/**
 * A server that listens already and is told later what to answer, for servers that must know each other's address: a port
 * that was only asked for may be somebody else's by the time it is used. `answer(listener)` says what, once.
 */
export async function openDoor(wanted = 0) {
  const server = createServer();
  const door = await listen(server, wanted);
  return { ...door, answer: (listener) => server.on("request", listener) };
}

/** Everything that the package needs, and nothing more; servers on loopback may be asked. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src *",
  "img-src data:",
  "frame-src 'self' http://localhost:*",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Listens on any free port of loopback. `close` ends open connections, too. */
async function listen(server, wanted = 0) {
  await new Promise((ready, failed) => server.once("error", failed).listen(wanted, "127.0.0.1", ready));
  const { port } = server.address();
  const close = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { port, origin: `http://localhost:${port}`, close };
}

/**
 * Serves folders, on a door of its own or the given one: `{ "/package/": folder, … }`. Every other path is the file
 * `fallback`, as in a single-page app, or what `fallback(path)` names: a file, or a redirect
 * by its `{ location }`.
 *
 * `served` are the paths asked for, in order. `headers` are added to each answer, and may be a function of the file. `hold` is
 * asked about each path before the answer, which waits for it; what it throws makes it a 404.
 */
export async function startPages({ door, folders, fallback, policy = POLICY, headers = {}, hold = () => {} }) {
  const served = [];
  const { answer, ...site } = door ?? (await openDoor());
  answer(async (request, response) => {
    const { pathname } = new URL(request.url.replace(/%(?![\da-f]{2})/gi, "%25"), "http://localhost");
    served.push(request.url);
    const prefix = Object.keys(folders).find((prefix) => pathname.startsWith(prefix));
    const file = prefix
      ? join(folders[prefix], pathname.slice(prefix.length))
      : typeof fallback === "function"
        ? fallback(pathname)
        : fallback;
    if (file?.location) return response.writeHead(308, { location: file.location }).end();
    try {
      if (!file || (prefix && !file.startsWith(folders[prefix] + sep))) throw new Error("not served");
      const body = await readFile(file);
      await hold(pathname);
      response.writeHead(200, {
        "content-type": types[extname(file)] ?? "application/octet-stream",
        "cache-control": "no-store",
        ...(policy ? { "content-security-policy": policy } : {}),
        ...(typeof headers === "function" ? headers(file) : headers),
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return { served, ...site };
}

/**
 * A server that takes everything and writes it down: `requests` are `{ method, url, headers, body }`.
 *
 * It plays the login page too: `/oauth/authorize` answers 204, so that whoever navigates there stays where they are.
 * `/redirect?to=…` answers 302. `/seen?after=n` waits for the `n`th arrival at `/oauth/authorize`, and tells its URL.
 */
export async function startSink() {
  const requests = [];
  const departures = [];
  let waiting = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "authorization, content-type, procore-company-id");
    response.setHeader("cache-control", "no-store");
    if (pathname === "/seen") {
      waiting.push({ after: Number(searchParams.get("after")), response });
      return tell();
    }
    const body = [];
    request.on("data", (chunk) => body.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(body).toString() });
      if (method === "OPTIONS") return response.writeHead(204).end();
      if (pathname === "/redirect") return response.writeHead(302, { location: searchParams.get("to") }).end();
      if (pathname !== "/oauth/authorize") {
        return response.writeHead(200, { "content-type": "application/json" }).end('{"sink":true}');
      }
      departures.push(url);
      response.writeHead(204).end();
      tell();
    });
  });
  const tell = () => {
    waiting = waiting.filter(({ after, response }) => {
      if (departures.length <= after) return true;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(departures.slice(after)));
      return false;
    });
  };
  return { requests, departures, ...(await listen(server)) };
}

/** Where browsers phone home by themselves. */
const VENDORS =
  /(^|\.)(mozilla\.(com|net|org)|firefox\.com|google\.com|googleapis\.com|gvt1\.com|gstatic\.com)(:\d+)?$/;

/**
 * The proxy that a test's browser must use for every host but localhost: it lets nothing out, and says who tried.
 *
 * `hosts` are names that stand for a server of this machine: `hosts.set("insecure.test", "http://localhost:1234")`.
 */
export async function startSentinel() {
  const reached = [];
  const hosts = new Map();
  const server = createServer((request, response) => {
    const { host } = URL.canParse(request.url) ? new URL(request.url) : { host: request.url };
    if (hosts.has(host)) return pass(request, response, hosts.get(host));
    reached.push(host);
    response.writeHead(502).end();
  });
  server.on("connect", ({ url }, socket) => {
    reached.push(url);
    socket.on("error", () => {});
    socket.end("HTTP/1.1 502 Nothing leaves\r\n\r\n");
  });
  const { port, close } = await listen(server);
  return {
    host: `127.0.0.1:${port}`,
    hosts,
    /** The hosts that pages tried to reach. */
    get reached() {
      return reached.filter((host) => !VENDORS.test(host));
    },
    close,
  };
}
