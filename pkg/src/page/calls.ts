// In a script of its own, which is loaded as soon as somebody is about to be signed in.

import type * as Api from "../types/index.d.ts";
import { createRenewal } from "./ahead.ts";
import { type ApiHost, authorize, send } from "./api.ts";
import type { ErrorFacts } from "../boundary/errors.ts";
import { readRequest } from "./request.ts";
import { readUser } from "./user.ts";

export interface CallsHost extends ApiHost {
  /** An error of the package's one class. */
  readonly failed: (facts: ErrorFacts) => Error;
  readonly isRenewedAhead: boolean;
}

/** What only those call who are signed in. */
export const createCalls = (host: CallsHost) => {
  const { engine, ended, failed } = host;
  let known: { readonly session: string | undefined; readonly user: Promise<Api.User> } | undefined;
  const renewal = host.isRenewedAhead ? createRenewal(engine()) : undefined;

  const askForUser = async (): Promise<Api.User> => {
    const response = await send(host, readRequest("/rest/v1.0/me", {}), ended());
    const user = response.ok ? readUser(await response.text()) : undefined;
    if (!user) throw failed({ code: "user_unavailable", phase: "api", retryable: response.status >= 500, message: `[${response.status}]` });
    return user;
  };

  return {
    authorize: authorize.bind(undefined, host),
    send: send.bind(undefined, host),

    /** Once for each session. */
    user: async (): Promise<Api.User> => {
      await engine().ready();
      const session = engine().session().id;
      if (!known || known.session !== session) {
        const asked = { session, user: askForUser() };
        known = asked;
        asked.user.catch(() => {
          if (known === asked) known = undefined;
        });
      }
      return known.user;
    },

    /** The session has changed. */
    onSession: () => {
      if (known?.session !== engine().session().id) known = undefined;
      renewal?.();
    },
  };
};
