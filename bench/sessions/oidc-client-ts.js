import { oidcOf } from "../contestants/oidc-client-ts.js";

export async function session(config) {
  const oidc = oidcOf(config);
  let response;
  return {
    loginUrl: async () => (await oidc.createSigninRequest({})).url,
    redeem: async (url) => void (response = await oidc.processSigninResponse(url)),
    token: async () => response.access_token,
  };
}
