import { buildLoginUrl, createProcoreAuth, parseRedirect, ready } from "procore-spa-auth";

export async function client({ clientId, redirectUri }) {
  const credentials = { clientId, redirectUris: [redirectUri] };
  await createProcoreAuth({ credentials: { production: credentials } }).ready();
  return () => {
    const { url, pending } = buildLoginUrl(credentials);
    sessionStorage.setItem(`pending:${new URL(url).searchParams.get("state")}`, pending);
    return url;
  };
}

/** The record was read by its state, as in the others; who it belongs to is judged here. */
export async function callback() {
  await ready();
  return (url) => {
    const key = `pending:${new URL(url).searchParams.get("state")}`;
    const record = sessionStorage.getItem(key);
    if (!record) throw new Error("nobody has asked for it");
    sessionStorage.removeItem(key);
    return parseRedirect(url, record);
  };
}
