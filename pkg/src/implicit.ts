import type * as Implicit from "./types/implicit.d.ts";
import * as main from "./index.ts";

export { ProcoreAuthError, buildLoginUrl, embeddedContext, isProcoreAuthError, parseRedirect, ready } from "./index.ts";

export const createProcoreAuth: typeof Implicit.createProcoreAuth = (options) => {
  console.warn(
    "procore-spa-auth: the implicit flow puts access tokens into URLs, where they can leak (RFC 9700 §2.1.2). " +
      "Use the code flow wherever the server allows it.",
  );
  return main.createProcoreAuth(options);
};
