import type * as Api from "./types/index.d.ts";
import { createAuth } from "./page/auth.ts";
import { optionsOf } from "./page/options.ts";
import { own, result } from "./boundary/boundary.ts";
import { complete, open } from "./engine/core.ts";
import { createEngine } from "./engine/client.ts";
import { explaining, explainingNow, loadMessages } from "./boundary/explain.ts";
import { keepPending } from "./page/pending.ts";

export { embeddedContext } from "./page/embedded.ts";
export { ProcoreAuthError, isProcoreAuthError } from "./boundary/errors.ts";

export const createProcoreAuth = (options: Api.ProcoreAuthOptions): Api.ProcoreAuth =>
  createAuth(options, (setup, publish) => keepPending(createEngine(setup, publish)));

/** Also loads the whole core, and what errors say: the steps below are taken in the very turn in which they are called. */
export const ready = (): Promise<void> =>
  explaining(async () => {
    await complete();
    await loadMessages();
  })();

export const buildLoginUrl = (credentials: Api.Credentials, options: Api.LoginUrlOptions = {}): Api.LoginUrl =>
  explainingNow(() => {
    const { environment, server, responseMode, allowImplicit, ...signIn } = optionsOf<
      Api.LoginUrlOptions & { allowImplicit?: string }
    >(options);
    const more = { responseMode, allowImplicit };
    const config = configOf(environment ?? "production", optionsOf(credentials), server, more);
    return result(open()<Api.LoginUrl>("buildLoginUrl", { config, options: JSON.stringify(own(signIn)) }));
  });

export const parseRedirect = (
  url: string,
  pending: string,
  options?: { readonly server?: Api.ServerOptions | undefined },
): Api.NoResponse | Api.CodeResponse =>
  explainingNow(() => {
    // Nothing pending, so nothing that this URL could answer.
    if (!pending) return response({ kind: "none" });
    const { server } = optionsOf<{ server: Api.ServerOptions }>(options);
    return response(open()("parseRedirect", { url: String(url), pending: String(pending), server: server && JSON.stringify(server) }));
  });

/** With the members of every kind, so that none is inherited where it is of another. */
const response = <T extends Api.NoResponse | Api.CodeResponse>(facts: T): T =>
  result<object>({
    code: undefined,
    codeVerifier: undefined,
    redirectUri: undefined,
    clientId: undefined,
    environment: undefined,
    returnTo: undefined,
    accessToken: undefined,
    expiresIn: undefined,
    scope: undefined,
    ...facts,
  }) as T;

/** The configuration of one environment, as the core reads it. */
const configOf = (
  environment: Api.EnvironmentName,
  credentials: Partial<Api.Credentials>,
  server?: Api.ServerOptions,
  more?: object,
): string => {
  const set = environment === "monthly-sandbox" ? "production" : environment;
  const servers = server && { [environment]: server };
  return JSON.stringify(own({ ...more, credentials: own({ [set]: credentials }), environment, servers: servers && own(servers) }));
};
