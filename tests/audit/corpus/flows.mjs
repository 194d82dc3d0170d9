// What only a confidential client may do: found without any value.

import { generateKeyPairSync } from "node:crypto";

const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const send = (body) => `globalThis.send = (code) => fetch("https://login.procore.com/oauth/token", { method: "POST", body: ${body} });`;

/** `{ id: () => source }`. */
export const flows = {
  "client-credentials": () => send(`new URLSearchParams({ grant_type: "client_credentials", client_id: "CID" })`),
  "password-grant": () => send(`JSON.stringify({ grant_type: "password", username: "u", password: code })`),
  "jwt-bearer": () => send(`"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + code`),
  "client-assertion": () => send(`new URLSearchParams({ code, client_assertion_type: "${ASSERTION}", client_assertion: code })`),
  "private-key": () =>
    `globalThis.key = ${JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }))};`,
};
