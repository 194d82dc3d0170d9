import { type ProcoreAuthOptions, createProcoreAuth } from "procore-spa-auth";

declare global {
  interface Window {
    readonly procoreAuthOptions: ProcoreAuthOptions;
    readonly signInBy: "auto" | "manual";
  }
}

/** What a server has, which signs nobody in. */
const none = { credentials: { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } } };

export const page = typeof window === "undefined" ? { procoreAuthOptions: none, signInBy: "manual" as const } : window;
export const auth = createProcoreAuth(page.procoreAuthOptions);
