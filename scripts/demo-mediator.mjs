// The demo's token mediator, the one of examples/: it knows the secret of both of the demo's applications, and the page does not.

import { createRequestListener } from "@remix-run/node-fetch-server";
import { randomBytes } from "node:crypto";
import { createMediator } from "../examples/token-mediator/mediator.mjs";

/** A request listener for the page at `origin`. `environments`: of the demo's server. */
export function demoMediator(origin, environments) {
  const applications = Object.values(environments).map(({ clientId, resetClientSecret, origin: loginOrigin }) => ({
    clientId,
    clientSecret: resetClientSecret(),
    origins: [origin],
    redirectUris: [`${origin}/callback`],
    loginOrigin,
  }));
  const cookieKeys = [{ id: "1", key: randomBytes(32).toString("base64url") }];
  return createRequestListener(createMediator({ applications, cookieKeys, log: () => {} }));
}
