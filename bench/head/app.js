// The smallest app: who is not signed in is taken to the login page, and who comes back asks the API.
import { createProcoreAuth } from "procore-spa-auth";

const { server, api } = document.body.dataset;
const auth = createProcoreAuth({
  credentials: { production: { clientId: "CID", redirectUris: [`${location.origin}/callback`] } },
  servers: {
    production: {
      customAuthorizationServer: true,
      authorizationEndpoint: `${server}/oauth/authorize`,
      tokenEndpoint: `${server}/oauth/token`,
      revocationEndpoint: `${server}/oauth/revoke`,
      apiOrigin: api,
    },
  },
});
await auth.start();
await auth.fetch("/rest/v1.0/me");
