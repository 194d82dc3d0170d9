// In a script of its own, which is loaded while the response of a page is judged.

import type * as Api from "../types/index.d.ts";
import { OUT } from "./out.ts";

export interface StartHost {
  readonly auth: Api.ProcoreAuth;
  /** What this page's response, if it is one, comes to. */
  readonly redirected: Promise<Api.RedirectResult>;
  readonly inTab: <T>(use: () => T) => T | null;
}

/** What a page does when it is loaded: takes up the session, or the response, and goes on to where the user wanted to be. */
export const start = async ({ auth, redirected, inTab }: StartHost, { signIn = "auto", navigate }: Api.StartOptions): Promise<Api.Session> => {
  watch(auth, inTab);
  const { returnTo } = await redirected;
  if (returnTo !== undefined) await (navigate ?? replace)(returnTo);
  if (!auth.session.signedIn) {
    await auth.ready();
    const hasSignedOut = inTab(() => sessionStorage.getItem(OUT)) !== null;
    if (signIn === "auto" && !auth.session.signedIn && !hasSignedOut) await auth.signIn();
  }
  return auth.session;
};

const replace = (returnTo: string): void => history.replaceState(history.state, "", returnTo);

const watched = new WeakSet<Api.ProcoreAuth>();

/** Notes who has signed out, here or in another tab, until somebody signs in. */
const watch = (auth: Api.ProcoreAuth, inTab: StartHost["inTab"]): void => {
  if (watched.has(auth)) return;
  watched.add(auth);
  auth.subscribe(({ signedIn }, event) => {
    if (event === "signed_out") inTab(() => sessionStorage.setItem(OUT, ""));
    if (signedIn) inTab(() => sessionStorage.removeItem(OUT));
  });
};
