// The reference token mediator as a program of its own, on a free port of loopback.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pass } from "./pass.mjs";
import { run, start, stop, target } from "./run.mjs";

/** Builds the program of `mediator/`, as `npm test -- mediator` does. Answers with its path. */
export async function buildReference() {
  const { code, output } = await run("cargo", ["build", "--package", "procore-token-mediator"], { label: "the token mediator" });
  if (code) throw new Error(output);
  return join(target, "debug/procore-token-mediator");
}

/**
 * Starts it. `applications`: `{ clientId, clientSecret, origin, redirectUris, loginOrigin }` by their names; `stateDir`: where its
 * journal is. Answers with a request listener that passes everything on to it, with `restart`, which kills it at once and starts
 * it again with what it has written down, with `close`, and with what it has logged.
 */
export async function startReference(program, { applications, stateDir }) {
  const env = {
    ...process.env,
    COOKIE_KEY: randomBytes(32).toString("base64"),
    MEDIATOR__LISTEN: "127.0.0.1:0",
    MEDIATOR__STATE_DIR: stateDir,
    MEDIATOR__COOKIE_KEYS__ENV: "COOKIE_KEY",
    ...Object.assign({}, ...Object.entries(applications).map(([name, application]) => settings(name.toUpperCase(), application))),
  };
  let child;
  let said = "";
  const begin = () =>
    new Promise((found, failed) => {
      child = start(program, [], { env });
      const note = (chunk) => {
        said += chunk;
        const [, port] = /127\.0\.0\.1:(\d+)/.exec(said.slice(said.lastIndexOf("listening"))) ?? [];
        if (port) found(`http://localhost:${port}`);
      };
      child.stdout.on("data", note);
      child.stderr.on("data", note);
      child.once("error", failed).once("exit", () => failed(new Error(said)));
    });
  const close = async () => {
    const ended = new Promise((done) => child.once("exit", done));
    stop(child, "SIGKILL");
    await ended;
  };
  let at = await begin();
  return {
    listener: (request, response) => pass(request, response, at),
    restart: async () => {
      await close();
      said = "";
      at = await begin();
    },
    close,
    log: () => said,
  };
}

/** The variables of one application. Its secret is in one of its own. */
const settings = (name, { clientId, clientSecret, origin, redirectUris, loginOrigin }) => {
  const of = (setting) => `MEDIATOR__APPLICATIONS__${name}__${setting}`;
  return {
    [`SECRET_${name}`]: clientSecret,
    [of("CLIENT_ID")]: clientId,
    [of("CLIENT_SECRET__ENV")]: `SECRET_${name}`,
    [of("ORIGINS")]: origin,
    [of("REDIRECT_URIS")]: redirectUris.join(" "),
    [of("LOGIN_ORIGIN")]: loginOrigin,
  };
};
