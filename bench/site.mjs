// Serves folders to the measuring page: compressed as a good server does it, and kept in no cache, so that each load is cold.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { extname, join, normalize, sep } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8" };
const compressions = { br: brotliCompressSync, gzip: gzipSync };

/** Such a page has the finer clock: 5 µs in Chromium, 20 in Firefox, where others have 100 and 1,000. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * `folders`: `{ "/package/": folder, … }`, the first that fits counts; a file stands for everything there. `certificate`: for https. `answer(request, response)`: what
 * is no file; says whether it was one of its. Answers with `{ origin, close }`.
 */
export async function startSite(folders, { certificate, answer } = {}) {
  // Compressed once: the time for it is no client's.
  const made = new Map();
  const compressed = async (file, encoding) => {
    const key = `${encoding} ${file}`;
    if (!made.has(key)) made.set(key, compressions[encoding](await readFile(file)));
    return made.get(key);
  };
  const onRequest = async (request, response) => {
    if (await answer?.(request, response)) return;
    const { pathname } = new URL(request.url, "http://localhost");
    const prefix = Object.keys(folders).find((one) => pathname.startsWith(one));
    const isOne = prefix && extname(folders[prefix]) !== "";
    const file = prefix && (isOne ? folders[prefix] : normalize(join(folders[prefix], pathname.slice(prefix.length))));
    const encoding = Object.keys(compressions).find((one) => request.headers["accept-encoding"]?.includes(one));
    try {
      if (!isOne && !file?.startsWith(folders[prefix] + sep)) throw new Error("not served");
      const body = encoding ? await compressed(file, encoding) : await readFile(file);
      const headers = { "content-type": types[extname(file)], "cache-control": "no-store", ...ISOLATED };
      response.writeHead(200, { ...headers, ...(encoding && { "content-encoding": encoding }) }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  };
  const server = certificate ? createSecureServer(certificate, onRequest) : createServer(onRequest);
  await new Promise((ready, failed) => server.once("error", failed).listen(0, "127.0.0.1", ready));
  const close = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { origin: `${certificate ? "https" : "http"}://localhost:${server.address().port}`, close };
}
