// What a page needs of a session at the least: the code redeemed, and the token in a variable.

import { callback, client } from "../contestants/hand-written.js";

export async function session(config) {
  const { tokenEndpoint, clientId, redirectUri } = config;
  const [loginUrl, judge] = [await client(config), await callback()];
  let tokens;
  return {
    loginUrl,
    redeem: async (url) => {
      const { code, codeVerifier } = judge(url);
      const body = new URLSearchParams({
        grant_type: "authorization_code",
        client_id: clientId,
        redirect_uri: redirectUri,
        code,
        code_verifier: codeVerifier,
      });
      const response = await fetch(tokenEndpoint, { method: "POST", body });
      if (!response.ok) throw new Error(`the token endpoint answers ${response.status}`);
      tokens = await response.json();
    },
    token: async () => tokens.access_token,
  };
}

/** `fetch` with the header, and nothing else. */
export async function api({ apiUrl }) {
  const init = { headers: { authorization: "Bearer AT" }, credentials: "omit", cache: "no-store" };
  return () => fetch(apiUrl, init);
}
