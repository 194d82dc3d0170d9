import { type ProcoreAuthOptions, createProcoreAuth } from "procore-spa-auth";

declare global {
  interface Window {
    readonly procoreAuthOptions: ProcoreAuthOptions;
  }
}

export const auth = createProcoreAuth(window.procoreAuthOptions);
