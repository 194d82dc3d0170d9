import { type ProcoreAuthOptions, createProcoreAuth } from "procore-spa-auth";
import { provideProcoreAuth } from "procore-spa-auth/angular";

declare global {
  interface Window {
    readonly procoreAuthOptions: ProcoreAuthOptions;
    readonly signInBy: "auto" | "manual";
  }
}

export const auth = createProcoreAuth(window.procoreAuthOptions);
export const procore = provideProcoreAuth(auth, { signIn: window.signInBy });
