// Procore's own, made for Node: of what it has, this runs in a page.
import { authorize } from "@procore/js-sdk";

/** Has neither state nor code challenge: a page that goes by it can be given anybody's code. */
export const isBare = true;

export async function client({ clientId, redirectUri }) {
  return async () => authorize({ clientId, uri: redirectUri }, { apiHostname: "https://login.procore.com" });
}
