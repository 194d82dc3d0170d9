import { None, authorizationCodeGrantRequest, processAuthorizationCodeResponse } from "oauth4webapi";
import { client, judge } from "../contestants/oauth4webapi.js";

export async function session(config) {
  const server = { issuer: config.issuer, token_endpoint: config.tokenEndpoint };
  const app = { client_id: config.clientId };
  let tokens;
  return {
    loginUrl: await client(config),
    redeem: async (url) => {
      const { checked, verifier } = judge(config, url);
      const response = await authorizationCodeGrantRequest(server, app, None(), checked, config.redirectUri, verifier);
      tokens = await processAuthorizationCodeResponse(server, app, response);
    },
    token: async () => tokens.access_token,
  };
}
