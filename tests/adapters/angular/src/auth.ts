import { type ProcoreAuthOptions, createProcoreAuth } from "procore-spa-auth";
import { provideProcoreAuth } from "procore-spa-auth/angular";

declare global {
  interface Window {
    readonly procoreAuthOptions: ProcoreAuthOptions;
    readonly signInBy: "auto" | "manual";
  }
}

/** What a server has, which signs nobody in. */
const none = { credentials: { production: { clientId: "CID", redirectUris: ["https://app.example.com/callback"] } } };
const page = typeof window === "undefined" ? { procoreAuthOptions: none, signInBy: "manual" as const } : window;

export const auth = createProcoreAuth(page.procoreAuthOptions);
export const procore = provideProcoreAuth(auth, { signIn: page.signInBy });
