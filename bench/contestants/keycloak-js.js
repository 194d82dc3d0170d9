import Keycloak from "keycloak-js";

export async function client(config) {
  const keycloak = await keycloakOf(config);
  return () => keycloak.createLoginUrl({ redirectUri: config.redirectUri });
}

export async function keycloakOf({ issuer, clientId }) {
  const keycloak = new Keycloak({ url: issuer, realm: "realm", clientId });
  await keycloak.init({ pkceMethod: "S256", checkLoginIframe: false });
  return keycloak;
}
