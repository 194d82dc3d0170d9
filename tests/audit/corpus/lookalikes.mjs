// What looks like a leak and is none: each is a page that must be let through.

import { createHash, randomBytes } from "node:crypto";

const json = JSON.stringify;
const sha = (encoding) => createHash("sha256").update(randomBytes(8)).digest(encoding);

/** `{ id: (clientId) => source }`. The client ID is one that the auditor is told of. */
export const lookalikes = {
  "a public client": (id) =>
    `globalThis.auth = globalThis.createProcoreAuth({ credentials: { production: { clientId: ${json(id)}, redirectUris: ["https://app.example.com/cb"] } } });
     globalThis.login = "https://login.procore.com/oauth/authorize?client_id=${id}&response_type=code";`,
  "a mediator": () =>
    `globalThis.send = (code, verifier) => fetch("/oauth/token", { method: "POST",
      body: new URLSearchParams({ grant_type: "authorization_code", code, code_verifier: verifier }) });`,
  placeholders: () =>
    `globalThis.help = { client_secret: "<your client secret>", clientSecret: "your-client-secret-goes-here-please",
      app_secret: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", oauth_secret: "$" + "{CLIENT_SECRET}" };`,
  "a message": () =>
    `globalThis.refuse = (name) => { throw new Error("client_secret is not for pages: " + name + " (RFC 6749 section 2.3.1)"); };`,
  "a storage key": () => `const STORAGE_KEY = "procore.auth.v1.transaction"; localStorage.setItem(STORAGE_KEY, "1");`,
  "a form's field": () =>
    `document.body.innerHTML = '<label for="client_secret">Client secret</label><input id="client_secret" name="client_secret" type="password">';`,
  "integrity of a script": () =>
    `const s = document.createElement("script"); s.integrity = "sha256-${sha("base64")}"; s.src = "/x.js"; document.head.append(s);`,
  "names of chunks": () =>
    `globalThis.chunks = { 1: "${sha("hex")}", 2: "${sha("hex")}" }; globalThis.commit = "${sha("hex").slice(0, 40)}";`,
  "the verifier of RFC 7636": () =>
    `globalThis.example = { code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" };`,
  "names of errors": () =>
    `globalThis.codes = ["invalid_client", "client_auth_required", "client_secret_not_allowed", "unsupported_grant_type"];`,
  "a key by its name": () => `globalThis.read = (options) => options.clientSecret ?? options["client_secret"];`,
  "hashes of a cache": () =>
    `globalThis.precache([${Array.from({ length: 20 }, (_, at) => `{ url: "/a${at}.js", revision: "${sha("hex").slice(0, 32)}" }`)}]);`,
};
