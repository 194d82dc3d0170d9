// An app that checks itself, on an origin of its own, with everything around it that a test may break.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../../www/server/index.mjs";
import { until } from "../support/browsers.mjs";
import { exampleMediator } from "../support/mediator.mjs";
import { pass } from "../../scripts/pass.mjs";
import { POLICY, openDoor, pages, startPages } from "../support/servers.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url)).slice(0, -1);
export const page = join(folder, "page.html");

/** Stands for a secret wherever a test needs one. */
export const SECRET = "hunter2-hunter2";

/**
 * What a test may break:
 *
 * `page` the origin, if not localhost · `policy`, `headers`, `fallback` of the page's server · `entry` of the package ·
 * `config`, `clientId`, `redirectUri`, `endpoints` of the configuration (paths at the server, or https URLs; `undefined`: none) ·
 * `server` its switches · `api` an API of its own, a request listener · `mediator` with the "right" or a "wrong" secret.
 */
export async function startSite(t, { driver, sentinel }, packed, broken) {
  const door = await openDoor();
  t.after(door.close);
  const origin = broken.page ?? door.origin;
  // Nobody can register a page without TLS that is not on localhost.
  const pageOrigins = broken.page ? [] : [origin];
  const server = await startServer({ ports: { sandbox: 0, production: 0 }, pageOrigins });
  t.after(() => server.close());
  const { sandbox } = server.environments;
  const of = (value) => (typeof value === "function" ? value(sandbox.origin) : value);
  sandbox.switches.set({ secretRequired: Boolean(broken.mediator), ...of(broken.server) });
  const secret = sandbox.resetClientSecret();

  const site = await startPages({
    ...(broken.mediator ? {} : { door }),
    folders: { "/package/": packed.dist, "/support/": pages, "/diagnose/": folder },
    fallback: broken.fallback ?? page,
    policy: of(broken.policy) ?? POLICY,
    headers: broken.headers,
  });
  t.after(() => site.close());
  if (broken.page) sentinel.hosts.set(new URL(origin).host, site.origin);
  if (broken.mediator) {
    const clientSecret = broken.mediator === "right" ? secret : "wrong";
    const { clientId, origin: loginOrigin } = sandbox;
    const mediator = exampleMediator({ origin, clientId, clientSecret, loginOrigin, redirectUris: [`${origin}/`, `${origin}/callback`] });
    // The page and its token mediator, on one origin.
    door.answer((request, response) =>
      request.method === "POST" ? mediator(request, response) : pass(request, response, site.origin),
    );
  }

  const paths = {
    issuer: "",
    authorizationEndpoint: "/oauth/authorize",
    tokenEndpoint: "/oauth/token",
    revocationEndpoint: "/oauth/revoke",
    tokenInfoEndpoint: "/oauth/token/info",
    ...broken.endpoints,
  };
  const given = Object.entries(paths).filter(([, path]) => path !== undefined);
  const endpoints = Object.fromEntries(
    given.map(([name, path]) => [name, path.startsWith("https:") ? path : sandbox.origin + path]),
  );
  const apiOrigin = broken.api ? await startApi(t, broken.api) : sandbox.origin;
  const credentials = {
    clientId: broken.clientId ?? sandbox.clientId,
    redirectUris: [broken.redirectUri ?? `${origin}/callback`],
  };
  const config = {
    credentials: { sandbox: credentials },
    servers: { sandbox: { customAuthorizationServer: true, ...endpoints, apiOrigin } },
    ...(broken.mediator ? { tokenMediator: "/oauth/token" } : {}),
    ...broken.config,
  };
  await driver.get(`${origin}/`);
  const app = JSON.stringify({ entry: broken.entry ?? "index", config });
  await driver.executeScript("localStorage.setItem('app', arguments[0])", app);
  await driver.navigate().refresh();
  await ready(driver);
  return { origin, sandbox, secrets: [secret, SECRET] };
}

export const ready = (driver) =>
  until("the page is ready", () =>
    driver.executeScript("return document.body?.dataset.ready === 'true'").catch(() => false),
  );

async function startApi(t, listener) {
  const { origin, answer, close } = await openDoor();
  t.after(close);
  answer(listener);
  return origin;
}
