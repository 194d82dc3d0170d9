import { buildLoginUrl, createProcoreAuth } from "procore-spa-auth";

export async function client({ clientId, redirectUri }) {
  const credentials = { clientId, redirectUris: [redirectUri] };
  await createProcoreAuth({ credentials: { production: credentials } }).ready();
  return () => {
    const { url, pending } = buildLoginUrl(credentials);
    sessionStorage.setItem(`pending:${new URL(url).searchParams.get("state")}`, pending);
    return url;
  };
}
