import { type ProcoreAuthOptions, createProcoreAuth } from "procore-spa-auth";
import { procoreAuth } from "procore-spa-auth/svelte";

declare global {
  interface Window {
    readonly procoreAuthOptions: ProcoreAuthOptions;
    readonly signInBy: "auto" | "manual";
  }
}

export const auth = createProcoreAuth(window.procoreAuthOptions);
export const session = procoreAuth(auth, { signIn: window.signInBy });
