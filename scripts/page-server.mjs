// Serves the demo page and the built package on loopback, under the strictest policy that they can live with.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, resolve, sep } from "node:path";

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ts": "text/plain; charset=utf-8",
  // The auditor's; the package's own module is in its script.
  ".wasm": "application/wasm",
};

const policy = (connectSrc) =>
  [
    "default-src 'none'",
    // All that WebAssembly needs; `eval` stays forbidden.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    ["connect-src 'self'", ...connectSrc].join(" "),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // The worker's script is served from here, so not even `blob:` is needed.
    "worker-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types procore-spa-auth",
  ].join("; ");

/** The file for a path, or nothing if it is not to be served. */
function fileFor(path, root, packageDir) {
  // A page of its own for the redirect URI would be a second page to keep.
  if (path === "/" || path === "/callback") return resolve(root, "index.html");
  const inside = (folder, name) => {
    const file = resolve(folder, `.${sep}${name}`);
    return file.startsWith(folder + sep) && types[extname(file)] ? file : undefined;
  };
  const packed = /^\/procore-spa-auth\/(.+)$/.exec(path);
  if (packed) return inside(resolve(packageDir), packed[1]);
  const file = inside(resolve(root), path);
  // The authorization server stands beside the page but is no part of it.
  return file?.startsWith(resolve(root, "server") + sep) ? undefined : file;
}

function decoded(url) {
  try {
    return decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return "";
  }
}

/**
 * Listens, for the authorization servers must know the page's origin; `serve` then says what it answers. Rejects with the
 * system's error, for example `EADDRINUSE`.
 */
export async function openPageServer(port) {
  const server = createServer();
  await new Promise((ready, failed) => server.once("error", failed).listen(port, "127.0.0.1", ready));
  return {
    // Not 127.0.0.1: the portal registers http://localhost, and an origin is compared as text.
    origin: `http://localhost:${server.address().port}`,
    serve: (what) => server.on("request", answers(what)),
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

/**
 * Serves `root` at `/` and `packageDir` at `/procore-spa-auth/`.
 *
 * `environments` names the demo's authorization servers, `{ sandbox: { origin }, … }`: the page learns them from
 * `/demo-config.json`, and may fetch from them and from `connectSrc`. `mediate`: answers what is posted to `/oauth/`.
 */
function answers({ root, packageDir, environments = {}, connectSrc = [], mediate }) {
  const servers = Object.fromEntries(Object.entries(environments).map(([name, { origin }]) => [name, { origin }]));
  const origins = [...Object.values(servers).map(({ origin }) => origin), ...connectSrc];
  const headers = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": policy(origins),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
  return async (request, response) => {
    const answer = (status, body, more) => response.writeHead(status, { ...headers, ...more }).end(body);
    if (mediate && request.url.startsWith("/oauth/")) return mediate(request, response);
    if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "", { Allow: "GET, HEAD" });
    const path = decoded(request.url);
    if (path === "/demo-config.json") {
      return answer(200, JSON.stringify({ environments: servers }), { "Content-Type": types[".json"] });
    }
    const file = fileFor(path, root, packageDir);
    try {
      if (!file || file.includes("\0")) throw new Error("not served");
      answer(200, await readFile(file), { "Content-Type": types[extname(file)] });
    } catch {
      answer(404, "Not found", { "Content-Type": "text/plain; charset=utf-8" });
    }
  };
}
