// npm start: builds the package and serves the demo with its authorization servers, until it is stopped.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { build } from "./build.mjs";
import { openPageServer } from "./page-server.mjs";
import { find, root, tail } from "./run.mjs";
import { packages, rust } from "./setup.mjs";

const running = [];

async function end(code, message) {
  if (message) console.error(`start: ${message}`);
  await Promise.allSettled(running.splice(0).map((part) => part.close()));
  process.exit(code);
}

const stopped = () => end(0);
process.on("SIGINT", stopped).on("SIGTERM", stopped).on("SIGHUP", stopped);
// A shell between npm and this process may die of a signal without passing it on; then nobody is left to stop the demo.
const parent = process.ppid;
setInterval(() => process.ppid === parent || end(0), 500).unref();
process.on("uncaughtException", (error) => end(1, `a part died, so all stops: ${error.stack}`));

function portOf(variable, fallback) {
  const port = Number(process.env[variable] ?? fallback);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  return end(1, `${variable} must be a port number, not ${process.env[variable]}`);
}

/** Asked before the build, too: nobody should wait a minute to hear that a port is taken. */
function free(port) {
  return new Promise((done) => {
    const probe = createServer().once("error", () => done(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
  });
}

const taken = (port) => {
  const [variable] = Object.entries(ports).find(([, one]) => one === port) ?? [];
  return end(1, `port ${port} is in use; choose another with ${variable}=…`);
};

function openBrowser(url) {
  const display = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  const openers = { darwin: "open", win32: "explorer.exe", linux: display ? "xdg-open" : undefined };
  const opener = openers[process.platform];
  if (!process.stdout.isTTY || !opener || !find(opener)) return;
  // Whether it works is the desktop's business.
  spawn(opener, [url], { stdio: "ignore", detached: true }).on("error", () => {}).unref();
}

const ports = {
  PORT: portOf("PORT", 8080),
  SANDBOX_PORT: portOf("SANDBOX_PORT", 8081),
  PRODUCTION_PORT: portOf("PRODUCTION_PORT", 8082),
};
for (const port of Object.values(ports)) if (!(await free(port))) await taken(port);

const missing = (await rust()) ?? (await packages());
if (missing) await end(1, missing);
console.log("building …");
const built = await build();
if (built.reason) await end(1, `${built.reason}\n${tail(built.output, 60)}`);
console.log(built.output.trim());

// Only now: it needs the packages that were just installed.
const { startServer } = await import("../www/server/index.mjs");
const { referenceForDemo } = await import("./demo-mediator.mjs");
try {
  const page = await openPageServer(ports.PORT);
  running.push(page);
  const servers = await startServer({
    ports: { sandbox: ports.SANDBOX_PORT, production: ports.PRODUCTION_PORT },
    pageOrigins: [page.origin],
  });
  running.push(servers);
  const { environments } = servers;
  const mediator = referenceForDemo(page.origin, environments, console.log);
  running.push(mediator);
  page.serve({ root: join(root, "www"), packageDir: join(root, "pkg/dist"), environments, mediate: mediator.listener });
  console.log(`\nThe demo: ${page.origin}\nStop it with Ctrl+C.`);
  openBrowser(page.origin);
} catch (error) {
  await (error.code === "EADDRINUSE" ? taken(error.port) : end(1, error.stack));
}
