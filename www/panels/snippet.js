// The forms as code: what a page of one's own would say.

import { bothCredentials, onCredentials } from "../flow/config-forms.js";
import { byId, setText } from "../base/dom.js";

export function startSnippet() {
  const redraw = () => setText(byId("snippet"), program(bothCredentials()));
  onCredentials(redraw);
  redraw();
}

function program(credentials) {
  return `import { createProcoreAuth } from "procore-spa-auth";

const auth = createProcoreAuth({
  credentials: {
${Object.entries(credentials).map(([environment, set]) => entry(environment, set)).join("\n")}
  },
});

await auth.start(); // on every load
const { name } = await auth.user();
const companies = await auth.fetch("/rest/v1.0/companies");
`;
}

function entry(environment, { clientId = "", redirectUris = [] }) {
  const uris = redirectUris.map((uri) => `\n        ${JSON.stringify(uri)},`).join("");
  return `    ${environment}: {
      clientId: ${JSON.stringify(clientId)},
      redirectUris: [${uris}${uris ? "\n      " : ""}],
    },`;
}
