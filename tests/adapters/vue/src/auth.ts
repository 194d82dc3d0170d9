import { type ProcoreAuthOptions, createProcoreAuth } from "procore-spa-auth";
import { procoreAuth } from "procore-spa-auth/vue";

declare global {
  interface Window {
    readonly procoreAuthOptions: ProcoreAuthOptions;
    readonly signInBy: "auto" | "manual";
  }
}

export const auth = createProcoreAuth(window.procoreAuthOptions);
export const procore = procoreAuth(auth, { signIn: window.signInBy });
