import Keycloak from "keycloak-js";

export async function client({ origin, clientId, redirectUri }) {
  const keycloak = new Keycloak({ url: origin, realm: "realm", clientId });
  await keycloak.init({ pkceMethod: "S256", checkLoginIframe: false });
  return () => keycloak.createLoginUrl({ redirectUri });
}
