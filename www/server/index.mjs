/**
 * The demo's authorization server: two environments as an application meets them at Procore, on loopback.
 *
 * The protocol is oidc-provider's; the folder's other files are a thin front that gives it Procore's endpoints,
 * and switches that reproduce what other servers do differently. Test and demo equipment, never part of the package
 * `procore-spa-auth`; a package of its own, `procore-spa-auth-server`, for the tests of apps.
 */

import { createServer } from "node:http";
import { createEnvironment } from "./environment.mjs";
import { USERS } from "./users.mjs";

export { SWITCHES } from "./switches.mjs";

const PORTS = { sandbox: 8081, production: 8082 };
const PAGE_ORIGINS = ["http://localhost:8080"];

/**
 * @param {object} [options]
 * @param {{ sandbox?: number, production?: number }} [options.ports] 0 takes any free one
 * @param {string[]} [options.pageOrigins] pages that may use the control API, and CORS at every endpoint
 * @param {{ sandbox?: string[], production?: string[] }} [options.redirectUris] registered beside the default ones
 * @throws {Error} with one line to show, `code: "EADDRINUSE"`, `port` and `environment`, if a port is taken
 */
export async function startServer({ ports = {}, pageOrigins = PAGE_ORIGINS, redirectUris = {} } = {}) {
  const started = {};
  const servers = [];
  const close = () => Promise.all(servers.map(stop)).then(() => {});
  try {
    for (const [name, port] of Object.entries({ ...PORTS, ...ports })) {
      const server = createServer();
      const origin = `http://localhost:${await listen(server, port, name)}`;
      servers.push(server);
      const uris = [...defaultRedirectUris(pageOrigins), ...(redirectUris[name] ?? [])];
      const environment = createEnvironment({ name, origin, pageOrigins, redirectUris: uris });
      server.on("request", environment.answer);
      started[name] = environment;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    environments: mapValues(started, handle),
    switches: mapValues(started, ({ switches }) => switches),
    close,
  };
}

/** What a caller in this process can see and do; everybody else has the control API. */
function handle({ origin, application, switches, log, store }) {
  return {
    origin,
    clientId: application.clientId,
    users: USERS.map(({ email, name, password }) => ({ email, name, password })),
    switches,
    get redirectUris() {
      return [...application.redirectUris];
    },
    setRedirectUris: (uris) => application.setRedirectUris(uris),
    resetClientSecret: () => application.resetSecret(),
    expireAccessTokens: () => store.expireAccessTokens(),
    liveTokens: () => store.liveTokens(switches.oldRefreshTokenLives),
    get requests() {
      return structuredClone(log.entries);
    },
  };
}

/** `http://localhost` is registered for every application at Procore. */
function defaultRedirectUris(pageOrigins) {
  return [...pageOrigins.flatMap((origin) => [`${origin}/callback`, `${origin}/`]), "http://localhost"];
}

function listen(server, port, environment) {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(error.code === "EADDRINUSE" ? portInUse(port, environment) : error));
    // Loopback only: nobody else on the network has business here.
    server.listen(port, "127.0.0.1", () => resolve(server.address().port));
  });
}

function portInUse(port, environment) {
  const message = `Port ${port} (${environment}) is in use. Free it, or choose another one: ` +
    `startServer({ ports: { ${environment}: 0 } }) takes any that is free.`;
  return Object.assign(new Error(message), { code: "EADDRINUSE", port, environment });
}

function stop(server) {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
