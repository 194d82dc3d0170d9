import type * as Api from "../types/index.d.ts";
import { hasSignedOut, noteSignOut } from "./tab.ts";

export interface StartHost {
  readonly auth: Api.ProcoreAuth;
  /** What this page's response, if it is one, comes to. */
  readonly redirected: Promise<Api.RedirectResult>;
}

const watched = new WeakSet<Api.ProcoreAuth>();

/** What a page does when it is loaded: takes up the session, or the response, and goes on to where the user wanted to be. */
export const start = async ({ auth, redirected }: StartHost, { signIn = "auto", navigate }: Api.StartOptions): Promise<Api.Session> => {
  if (!watched.has(auth)) auth.subscribe(noteSignOut);
  watched.add(auth);
  const { returnTo } = await redirected;
  // Of who has signed in before this call, no event tells any more.
  noteSignOut(auth.session);
  if (returnTo !== undefined) await (navigate ?? replace)(returnTo);
  if (!auth.session.signedIn) {
    await auth.ready();
    if (signIn === "auto" && !auth.session.signedIn && !hasSignedOut()) await auth.signIn();
  }
  return auth.session;
};

const replace = (returnTo: string): void => history.replaceState(history.state, "", returnTo);
