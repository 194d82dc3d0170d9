import { keycloakOf } from "../contestants/keycloak-js.js";

export async function session(config) {
  let keycloak;
  return {
    loginUrl: async () => {
      keycloak ??= await keycloakOf(config);
      return keycloak.createLoginUrl({ redirectUri: config.redirectUri });
    },
    // It takes no URL but the page's, and that when it is made.
    redeem: async (url) => {
      history.replaceState(null, "", url);
      keycloak = await keycloakOf(config);
    },
    token: async () => keycloak.token,
  };
}
