// What lines in a page's <head> save, where each way to a server and back takes its time: 150 ms, by a proxy before each server
// that holds back what passes it. Times are of the servers: from the request for the page to the one that is waited for.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { root, target } from "../../scripts/run.mjs";
import { makeCertificate } from "../certificate.mjs";
import { createLoginServer } from "../login-server.mjs";
import { startSite } from "../site.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const ONE_WAY_MS = 75;

/** The lines of each variant. `chunks`: what the package loads when it is asked for; `servers`: where it signs in, and the API. */
const HEADS = {
  "no lines": () => [],
  modulepreload: ({ chunks }) => chunks.map((chunk) => `<link rel="modulepreload" href="/${chunk}">`),
  preconnect: ({ servers }) => servers.map((server) => `<link rel="preconnect" href="${server}" crossorigin>`),
  both: (of) => [...HEADS.modulepreload(of), ...HEADS.preconnect(of)],
};

/** `{ part: { variant: [milliseconds of each round] } }`. */
export async function measureHead({ driver, until }, rounds) {
  const { folder, chunks } = await bundleApp();
  let at = {};
  let head = [];
  const note = (name) => (at[name] ??= performance.now());
  const login = createLoginServer();
  login.forge(false);
  const servers = [];
  const open = async (...how) => {
    const site = await startSite(...how);
    const delayed = await delay(site.origin);
    servers.push(site, delayed);
    return delayed;
  };
  try {
    const other = async () => {
      const answer = (request, response) => answerOther(login, note, request, response);
      const { origin } = await open({}, { certificate: makeCertificate(), answer });
      return origin.replace("localhost", "127.0.0.1");
    };
    const others = [await other(), await other()];
    const page = (response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
      response.end(`<!doctype html><head>${head.join("")}<link rel="icon" href="data:,"><script type="module" src="/app.js"></script></head><body data-server="${others[0]}" data-api="${others[1]}">`);
    };
    const app = await open({ "/": folder }, { answer: (request, response) => answerPage(note, page, request, response) });
    const none = () => Object.fromEntries(Object.keys(HEADS).map((name) => [name, []]));
    const values = { login: none(), token: none(), api: none() };
    const order = Object.keys(HEADS);
    for (let round = 0; round < rounds; round++) {
      order.push(order.shift());
      for (const name of order) {
        head = HEADS[name]({ chunks, servers: others });
        await driver.get("about:blank");
        // Connections that are still open would be nobody's gain.
        servers.forEach((one) => one.drop?.());
        at = {};
        await driver.get(`${app.origin}/`);
        await until("the API is called", () => at.api);
        values.login[name].push(at.login - at.page);
        values.token[name].push(at.token - at.callback);
        values.api[name].push(at.api - at.callback);
      }
    }
    return values;
  } finally {
    for (const one of servers.reverse()) await one.close();
  }
}

function answerPage(note, page, request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname !== "/" && pathname !== "/callback") return false;
  note(pathname === "/" ? "page" : "callback");
  page(response);
  return true;
}

/** The login server, and the API, each of another site. */
async function answerOther(login, note, request, response) {
  const allowed = { "access-control-allow-origin": request.headers.origin ?? "*", "access-control-allow-headers": "authorization", "access-control-max-age": "0" };
  for (const [name, value] of Object.entries(allowed)) response.setHeader(name, value);
  const { pathname } = new URL(request.url, "https://localhost");
  if (request.method === "OPTIONS") return (response.writeHead(204).end(), true);
  if (pathname.endsWith("/authorize")) note("login");
  if (pathname.endsWith("/token")) note("token");
  if (!pathname.startsWith("/rest/")) return login.answer(request, response);
  note("api");
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
  return true;
}

/** The app, split as bundlers do it; and the files that are loaded for a response and for whoever is signed in. */
async function bundleApp() {
  const folder = join(target, "bench-head");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    entryPoints: { app: join(here, "app.js") },
    alias: { "procore-spa-auth": join(root, "pkg/dist/index.js") },
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true,
    target: "es2022",
    metafile: true,
    logLevel: "error",
  });
  const isWanted = (entry = "") => ["core-rest.js", "calls.js"].includes(basename(entry));
  const wanted = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => isWanted(entryPoint));
  return { folder, chunks: wanted.map(([file]) => basename(file)) };
}

/** A server before that of `origin`, from which everything takes its time both ways. */
async function delay(origin) {
  const { protocol, port } = new URL(origin);
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), "127.0.0.1");
    for (const socket of [near, far]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => open.delete(socket));
      socket.on("error", () => socket.destroy());
    }
    const pass = (from, to) => {
      // Timers of equal length run in their order.
      from.on("data", (bytes) => setTimeout(() => to.write(bytes), ONE_WAY_MS));
      from.on("close", () => setTimeout(() => to.destroy(), ONE_WAY_MS));
    };
    pass(near, far);
    pass(far, near);
  });
  await new Promise((ready, failed) => server.once("error", failed).listen(0, "127.0.0.1", ready));
  const drop = () => open.forEach((socket) => socket.destroy());
  const close = () => new Promise((done) => (server.close(done), drop()));
  return { origin: `${protocol}//localhost:${server.address().port}`, drop, close };
}
