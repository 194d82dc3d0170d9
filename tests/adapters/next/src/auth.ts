import { type ProcoreAuthOptions, createProcoreAuth } from "procore-spa-auth";

declare global {
  interface Window {
    readonly procoreAuthOptions: ProcoreAuthOptions;
  }
}

/** What a server has, which signs nobody in. */
const none = { credentials: { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } } };

export const auth = createProcoreAuth(typeof window === "undefined" ? none : window.procoreAuthOptions);
