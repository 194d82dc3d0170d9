// Redeems a code with the client secret only, so no page can. Sends requests with a token that somebody has.
import { client as clientOf, oauth } from "@procore/js-sdk";

export async function api({ apiUrl }) {
  const { origin, pathname } = new URL(apiUrl);
  const procore = clientOf(oauth("AT"), { credentials: "omit", cache: "no-store" }, { apiHostname: origin });
  // The response as it is, as the others give it.
  const init = { formatter: async (response) => response };
  return async () => (await procore.get(pathname, init)).body;
}
