// A token mediator between a page and the demo's authorization server: the one of examples/, or the reference server.

import { createRequestListener } from "@remix-run/node-fetch-server";
import { randomBytes } from "node:crypto";
import { createMediator } from "../../examples/token-mediator/mediator.mjs";

/** The request listener of the example, for one application of the page at `origin`. */
export function exampleMediator({ origin, clientId, clientSecret, loginOrigin, ...more }) {
  const redirectUris = more.redirectUris ?? [`${origin}/callback`];
  const mediate = createMediator({
    applications: [{ clientId, clientSecret, origins: [origin], redirectUris, loginOrigin }],
    cookieKeys: [{ id: "1", key: randomBytes(32).toString("base64url") }],
    log: () => {},
    ...more.options,
  });
  return createRequestListener(mediate);
}
