/** One environment: login server and API on one origin, with everything it remembers. */

import { api } from "./api.mjs";
import { Application } from "./application.mjs";
import { authorize, native, resume } from "./authorize.mjs";
import * as control from "./control.mjs";
import { allowOrigins, isPreflight } from "./cors.mjs";
import { ENGINES } from "./engines.mjs";
import { HttpError, sendJson } from "./http.mjs";
import { showInteraction, submitInteraction } from "./interaction.mjs";
import { RequestLog } from "./log.mjs";
import { resetSecret, saveApplication, showApplication } from "./portal.mjs";
import { createProvider, providerAsker } from "./provider.mjs";
import { Store } from "./store.mjs";
import { Switches } from "./switches.mjs";
import { metadata, revoke, token, tokenInfo } from "./token.mjs";

/** The kinds of endpoints: who may read the answers, and who may ask at all. */
const PAGE = "page"; // for people; forms only from this origin
const OPEN = "open"; // for the application's pages, by CORS
const CONTROL = "control"; // for the demo page and tests

/** [method, path, handler, kind]; the first that fits answers */
const ROUTES = [
  ["GET", /^\/oauth\/authorize$/, authorize, PAGE],
  ["GET", /^\/oauth\/authorize\/native$/, native, PAGE],
  ["GET", /^\/oauth\/authorize\/[\w-]+$/, resume, PAGE],
  ["GET", /^\/interaction\/[\w-]+$/, showInteraction, PAGE],
  ["POST", /^\/interaction\/[\w-]+$/, submitInteraction, PAGE],
  ["GET", /^\/developers\/application$/, showApplication, PAGE],
  ["POST", /^\/developers\/application$/, saveApplication, PAGE],
  ["POST", /^\/developers\/application\/secret$/, resetSecret, PAGE],
  ["POST", /^\/oauth\/token$/, token, OPEN],
  ["GET", /^\/oauth\/token\/info$/, tokenInfo, OPEN],
  ["POST", /^\/oauth\/revoke$/, revoke, OPEN],
  ["GET", /^\/\.well-known\/oauth-authorization-server$/, metadata, OPEN],
  ["*", /^\/rest\//, api, OPEN],
  ["GET", /^\/demo\/state$/, control.state, CONTROL],
  ["PUT", /^\/demo\/application$/, control.putApplication, CONTROL],
  ["PATCH", /^\/demo\/switches$/, control.patchSwitches, CONTROL],
  ["DELETE", /^\/demo\/switches$/, control.resetSwitches, CONTROL],
  ["GET", /^\/demo\/log$/, control.readLog, CONTROL],
  ["DELETE", /^\/demo\/log$/, control.clearLog, CONTROL],
  ["POST", /^\/demo\/expire$/, control.expireAccessTokens, CONTROL],
  ["POST", /^\/demo\/revoke$/, control.revokeAll, CONTROL],
  ["POST", /^\/demo\/reset$/, control.reset, CONTROL],
];

/** @returns an object that the handlers share; `answer(req, res)` is its request listener */
export function createEnvironment({ name, origin, pageOrigins, redirectUris }) {
  const application = new Application(name, redirectUris);
  const [store, switches] = [new Store(), new Switches()];
  const provider = createProvider({ name, origin, application, store, switches });
  const environment = {
    name, origin, pageOrigins, application, store, switches, provider,
    ask: providerAsker(provider),
    inTurn: queue(),
    log: new RequestLog(),
    rate: {},
    /** What is different at the engine that the server acts as. */
    get engine() {
      return ENGINES[switches.actsAs] ?? {};
    },
  };
  environment.answer = (req, res) => answer(environment, req, res);
  return environment;
}

async function answer(environment, req, res) {
  try {
    await route(environment, req, res);
  } catch (error) {
    if (res.headersSent || res.destroyed) return req.socket.destroy();
    // What is left of a body must not stay in the way of the next request.
    req.resume();
    if (error instanceof HttpError) return sendJson(res, error.status, error.body, error.headers);
    console.error(`${environment.name}: ${req.method} ${req.url.split("?")[0]} failed`, error);
    sendJson(res, 500, { error: "server_error" });
  }
}

async function route(environment, req, res) {
  const { origin, switches, engine, pageOrigins, application, log } = environment;
  // Another name for this address would be another origin, and could be a stranger's (DNS rebinding).
  if (`http://${req.headers.host}` !== origin) throw new HttpError(421, { error: `Use ${origin}` });

  const url = new URL(req.url, origin);
  const fitting = ROUTES.filter(([, path]) => path.test(url.pathname));
  const kind = fitting[0]?.[3];
  const entry = isLogged(url) ? log.begin(req, res, url) : {};
  if (switches.down && kind !== CONTROL) return req.socket.destroy();

  const openerPolicy = switches.loginCoop ?? engine.openerPolicy;
  if (kind === PAGE && openerPolicy) res.setHeader("cross-origin-opener-policy", openerPolicy);
  if (kind === OPEN && switches.cors) {
    const isOpen = engine.anyOrigin || engine.corsByClient;
    allowOrigins(req, res, isOpen ? [req.headers.origin] : [...application.origins, ...pageOrigins], engine.allowedHeaders);
  }
  if (kind === CONTROL) allowOrigins(req, res, pageOrigins);
  if (isPreflight(req)) return res.writeHead(res.hasHeader("access-control-allow-origin") ? 204 : 404).end();
  if (isForged(req, kind, environment)) throw new HttpError(403, { error: "cross_origin_request" });

  const fit = fitting.find(([method]) => method === req.method || method === "*");
  if (!fit) throw new HttpError(fitting.length ? 405 : 404, { error: "not_found" });
  await fit[2]({ req, res, url, environment, entry });
}

function isLogged({ pathname }) {
  return /^\/(oauth|rest|\.well-known)\//.test(pathname);
}

/** A form sent from a stranger's page, or a stranger's hand on the controls. Browsers always name the origin of these. */
function isForged({ method, headers }, kind, { origin, pageOrigins }) {
  if (kind === PAGE) return method === "POST" && headers.origin !== origin;
  if (kind === CONTROL) return headers.origin !== undefined && ![origin, ...pageOrigins].includes(headers.origin);
  return false;
}

/** Runs the works given to it one after the other. */
function queue() {
  let last = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}
