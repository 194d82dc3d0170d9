import { buildLoginUrl, createProcoreAuth } from "procore-spa-auth";
import { apiOf, optionsOf, sessionOf } from "../page/own.js";

export async function session(config) {
  const auth = createProcoreAuth(optionsOf(config));
  await auth.ready();
  const credentials = { clientId: config.clientId, redirectUris: [config.redirectUri] };
  /** The sign-in kept where `signIn()` keeps it, for who begins more of them than a page may be left. */
  const build = async () => {
    const { url, pending } = buildLoginUrl(credentials);
    sessionStorage.setItem(`procore-spa-auth:${new URL(url).searchParams.get("state")}`, pending);
    return url;
  };
  return { ...sessionOf(auth), build };
}

export const api = async (config, signIn) => apiOf(createProcoreAuth(optionsOf(config)), config, signIn);
