import type * as Api from "./index.d.ts";
import { createAuth, frozen } from "./auth.ts";
import { open, start } from "./core.ts";
import { createEngine } from "./client.ts";
import { keepPending } from "./pending.ts";

export { embeddedContext } from "./embedded.ts";
export { ProcoreAuthError, isProcoreAuthError } from "./errors.ts";

export const createProcoreAuth = (options: Api.ProcoreAuthOptions): Api.ProcoreAuth =>
  createAuth(options, (setup, publish) => keepPending(createEngine(setup, publish)));

export const ready = (): Promise<void> => start();

export const buildLoginUrl = (credentials: Api.Credentials, options: Api.LoginUrlOptions = {}): Api.LoginUrl => {
  const { environment, server, responseMode, allowImplicit, ...signIn } = own<
    Api.LoginUrlOptions & { allowImplicit?: string }
  >(options);
  const more = { responseMode, allowImplicit };
  const config = configOf(environment ?? "production", own(credentials), server, more);
  return open()("buildLoginUrl", { config, options: JSON.stringify(signIn) });
};

export const parseRedirect = (
  url: string,
  pending: string,
  options: { readonly server?: Api.ServerOptions } = {},
): Api.NoResponse | Api.CodeResponse => {
  // Nothing pending, so nothing that this URL could answer.
  if (!pending) return { kind: "none" };
  const { server } = own(options);
  let config;
  try {
    const { environment, clientId, redirectUri } = JSON.parse(pending);
    config = configOf(environment, { clientId, redirectUris: [redirectUri] }, server);
  } catch {
    // No record at all: the core says so.
  }
  return open()("parseRedirect", { url: String(url), pending: String(pending), config });
};

/** The configuration of one environment, as the core reads it. */
const configOf = (
  environment: Api.EnvironmentName,
  credentials: Api.Credentials,
  server?: Api.ServerOptions,
  more?: object,
): string => {
  const set = environment === "monthly-sandbox" ? "production" : environment;
  const servers = server && { [environment]: server };
  return JSON.stringify({ credentials: { [set]: credentials }, environment, servers, ...more });
};

/** The caller's own properties, and nothing that a polluted prototype adds. */
const own = <T extends object>(options: T): T => {
  const text = frozen(options);
  if (text instanceof Error) throw text;
  return Object.assign(Object.create(null), JSON.parse(text));
};
