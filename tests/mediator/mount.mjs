// Starts one of the example's mounts with what the kit has in CHECK_…: node tests/mediator/mount.mjs node | express | next | worker

import { createRequestListener } from "@remix-run/node-fetch-server";
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { root } from "../../scripts/run.mjs";

const mounts = new URL("../../examples/token-mediator/mounts/", import.meta.url);
const { env } = process;

const variables = {
  CLIENT_ID: env.CHECK_CLIENT_ID,
  CLIENT_SECRET: env.CHECK_CLIENT_SECRET,
  APP_ORIGINS: env.CHECK_ORIGIN,
  REDIRECT_URIS: env.CHECK_REDIRECT_URI,
  LOGIN_ORIGIN: env.CHECK_LOGIN_ORIGIN,
  CLIENT_ID_2: env.CHECK_OTHER_CLIENT_ID,
  CLIENT_SECRET_2: env.CHECK_OTHER_CLIENT_SECRET,
  APP_ORIGINS_2: env.CHECK_OTHER_ORIGIN,
  REDIRECT_URIS_2: env.CHECK_OTHER_REDIRECT_URI,
  LOGIN_ORIGIN_2: env.CHECK_LOGIN_ORIGIN,
  COOKIE_KEYS: `1:${env.CHECK_COOKIE_KEY}`,
  TIMEOUT_SECONDS: env.CHECK_TIMEOUT_SECONDS,
  IDLE_SECONDS: env.CHECK_IDLE_SECONDS,
  ABSOLUTE_SECONDS: env.CHECK_ABSOLUTE_SECONDS,
};

const listen = (listener) => {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1", () => say(server.address().port));
};
const say = (port) => console.log(`http://127.0.0.1:${port}`);

const starts = {
  node: () => import(new URL("node.mjs", mounts)),

  async express() {
    listen((await import(new URL("express.mjs", mounts))).app);
  },

  /** Next.js calls the function that is named like the method. */
  async next() {
    const route = await import(new URL("next/app/oauth/%5Baction%5D/route.mjs", mounts));
    listen(
      createRequestListener((request) => (request.method === "HEAD" ? route.GET : route[request.method])(request)),
    );
  },

  /** In Cloudflare's own runtime, in which one Durable Object has all requests. */
  async worker() {
    const folder = join(root, "target/worker");
    mkdirSync(folder, { recursive: true });
    const entry = new URL("worker.mjs", mounts).pathname;
    await build({
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      conditions: ["workerd"],
      outfile: join(folder, "worker.mjs"),
    });
    const config = join(folder, `config-${process.pid}.capnp`);
    // Of one run of the kit, over all restarts.
    const storage = join(folder, createHash("sha256").update(env.CHECK_CLIENT_ID).digest("hex"));
    mkdirSync(storage, { recursive: true });
    writeFileSync(config, workerConfig(storage));
    const { default: workerd } = await import("workerd");
    const child = spawn(workerd.default ?? workerd, ["serve", "--control-fd=3", config], {
      stdio: ["ignore", "inherit", "inherit", "pipe"],
    });
    child.stdio[3].setEncoding("utf8").on("data", (text) => {
      const port = /"port":(\d+)/.exec(text)?.[1];
      if (!port) return;
      rmSync(config);
      say(port);
    });
  },
};

function workerConfig(storage) {
  const bindings = Object.entries(variables).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "disk", disk = (path = ${JSON.stringify(storage)}, writable = true)),
    (name = "network", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-11-01",
  globalOutbound = "network",
  bindings = [(name = "MEDIATOR", durableObjectNamespace = "Mediator"), ${bindings.join(", ")}],
  durableObjectNamespaces = [(className = "Mediator", uniqueKey = "mediator")],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}

Object.assign(env, variables, { PORT: "0" });
await starts[process.argv[2]]();
