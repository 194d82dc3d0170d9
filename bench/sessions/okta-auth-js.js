import { oktaOf } from "../contestants/okta-auth-js.js";

export async function session(config) {
  const { okta, loginUrl } = oktaOf(config);
  let tokens;
  return {
    loginUrl,
    redeem: async (url) => void ({ tokens } = await okta.token.parseFromUrl(url)),
    token: async () => tokens.accessToken.accessToken,
  };
}
