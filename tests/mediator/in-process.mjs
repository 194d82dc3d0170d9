// The JavaScript mediator as the kit's target, in this process: with a clock that can be set, and no program to start.

import { createRequestListener } from "@remix-run/node-fetch-server";
import { createServer } from "node:http";
import { once } from "node:events";
import { startProcore } from "./kit/procore.mjs";
import { TOKEN_PATH, createSettings } from "./kit/settings.mjs";
import { runChecks } from "./kit/run.mjs";

/** The example's options for these settings. */
export const optionsFor = (
  { main, other, cookieKey, idleSeconds, absoluteSeconds, timeoutSeconds },
  loginOrigin,
  more = {},
) => ({
  applications: [main, other].map(({ clientId, clientSecret, origin, redirectUri }) => ({
    clientId,
    clientSecret,
    origins: [origin],
    redirectUris: [redirectUri],
    loginOrigin,
  })),
  cookieKeys: [{ id: "1", key: cookieKey }],
  tokenPath: TOKEN_PATH,
  idleSeconds,
  absoluteSeconds,
  timeoutSeconds,
  ...more,
});

/**
 * Runs the kit against `create(options)`, which makes a handler of web standards; `instances` of them, with one store that
 * `createStore` makes, behind as many servers. With `hasJournal` what the store knows outlives a restart.
 */
export async function checkHandler({ create, createStore, instances = 1, hasJournal = false, only }) {
  const settings = createSettings();
  const close = [];
  let offset = 0;
  const now = () => Date.now() + offset;
  const logged = [];

  const connect = async (fault) => {
    const procore = await startProcore({ clients: [settings.main, settings.other], now, fault });
    close.push(procore.close);
    let handlers;
    let entries = new Map();
    const begin = async (change) => {
      // A copy, for those that were killed still finish what they were at.
      entries = new Map(hasJournal ? entries : []);
      const store = createStore({ now, entries });
      const options = optionsFor({ ...settings, ...change }, procore.origin, {
        store,
        now,
        log: (entry) => logged.push(JSON.stringify(entry)),
      });
      handlers = await Promise.all(Array.from({ length: instances }, () => create(options)));
    };
    await begin();
    const urls = [];
    for (let index = 0; index < instances; index++) {
      const server = createServer(createRequestListener((request) => handlers[index](request)));
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      urls.push(`http://127.0.0.1:${server.address().port}`);
      close.push(() => (server.close(), server.closeAllConnections()));
    }
    const target = {
      urls,
      hasOther: true,
      hasJournal,
      canRestart: true,
      canAdvance: true,
      advance: async (seconds) => void (offset += seconds * 1000),
      restart: begin,
      logs: () => logged.join("\n"),
      addresses: () => urls,
    };
    return { procore, target };
  };

  try {
    return await runChecks({ settings, connect, only });
  } finally {
    for (const one of close) one();
  }
}
