// The demo's token mediator: it knows the secret of both of the demo's applications, and the page does not.

import { createRequestListener } from "@remix-run/node-fetch-server";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { createMediator } from "../examples/token-mediator/mediator.mjs";
import { buildReference, startReference } from "./reference-mediator.mjs";
import { target } from "./run.mjs";

/** What a mediator is told of the demo's applications, by their environments. */
const applicationsOf = (origin, environments) =>
  Object.fromEntries(
    Object.entries(environments).map(([name, { clientId, resetClientSecret, origin: loginOrigin }]) => [
      name,
      { clientId, clientSecret: resetClientSecret(), origin, redirectUris: [`${origin}/callback`], loginOrigin },
    ]),
  );

/** The request listener of the one of examples/, for the page at `origin`. `environments`: of the demo's server. */
export const demoMediator = (origin, environments) => exampleOf(applicationsOf(origin, environments));

function exampleOf(applications) {
  const cookieKeys = [{ id: "1", key: randomBytes(32).toString("base64url") }];
  const each = Object.values(applications).map(({ origin, ...more }) => ({ ...more, origins: [origin] }));
  return createRequestListener(createMediator({ applications: each, cookieKeys, log: () => {} }));
}

/**
 * The reference server for the demo. Where it is not built yet, that takes some minutes, in which the one of examples/ is there
 * instead; and it stays, if the demo was used meanwhile, for neither knows the other's sessions. `say` hears which it is.
 */
export function referenceForDemo(origin, environments, say) {
  const applications = applicationsOf(origin, environments);
  const example = exampleOf(applications);
  let server;
  let isUsed = false;
  const begin = async () => {
    const program = await buildReference();
    if (isUsed) return say("the reference token mediator is built; the next start uses it");
    mkdirSync(join(target, "demo"), { recursive: true });
    server = await startReference(program, { applications, stateDir: mkdtempSync(join(target, "demo/mediator-")) });
    say("the reference token mediator answers at /oauth/token");
  };
  const begun = begin().catch((error) => say(`the token mediator of examples/ stays, for the reference server fails: ${error.message}`));
  return {
    begun,
    listener: (request, response) => {
      isUsed ||= !server;
      return (server?.listener ?? example)(request, response);
    },
    close: async () => server?.close(),
  };
}
