// The ways in which a client secret gets into a page, as people write them: one small module each.
//
// Nothing here is a secret: `secret`, the `other` one and `clientId` are made up by whoever builds the corpus, at that moment.

import { parts } from "./secrets.mjs";

const TOKEN = "https://login.procore.com/oauth/token";
const json = JSON.stringify;
const base64 = (text) => Buffer.from(text, "latin1").toString("base64");

/** Text in which all three quotes occur, so that no choice of quotes spares the bundler the escapes. */
const QUOTED = json("it's a `configuration`");

/**
 * The 24 shapes: `{ id: ({ secret, clientId }) => source }`. In `__…__` and `import.meta.env` stands what bundlers replace.
 *
 * No request here is one that only a confidential client may make by its other parameters: only the secret is to be found.
 */
export const shapes = {
  json: () => `import config from "./config.json"; globalThis.config = config;`,
  property: ({ secret, clientId }) =>
    `globalThis.auth = globalThis.createClient({ clientId: ${json(clientId)}, clientSecret: ${json(secret)}, scope: "read" });`,
  minified: ({ secret }) =>
    `!function(e){e.post("/t",{grant_type:"authorization_code",client_secret:${json(secret)},code:e.c})}(globalThis);`,
  "vite-env": () => `globalThis.environment = import.meta.env;`,
  "next-public": () => `globalThis.environment = process.env;`,
  "last-parameter": ({ secret, clientId }) =>
    `globalThis.send = (code) => fetch("/token", { method: "POST",
      body: "grant_type=authorization_code&code=" + code + "&client_id=${clientId}&client_secret=${secret}" });`,
  append: ({ secret }) =>
    `globalThis.send = (code) => { const body = new FormData(); body.append("code", code);
      body.append("client_secret", ${json(secret)}); return fetch("/token", { method: "POST", body }); };`,
  set: ({ secret }) =>
    `globalThis.send = (code) => { const body = new URLSearchParams({ code });
      body.set("client_secret", ${json(secret)}); return fetch("/token", { method: "POST", body }); };`,
  curl: ({ secret }) => `globalThis.help = "Try it: curl -F code=CODE -F client_secret=${secret} " + location.origin + "/token";`,
  pair: ({ secret }) =>
    `globalThis.body = (code) => new URLSearchParams([["code", code], ["client_secret", ${json(secret)}]]);`,
  backtick: ({ secret }) => `globalThis.body = (code) => ({ code, client_secret: \`${secret}\` });`,
  url: ({ secret }) =>
    `globalThis.send = (code) => fetch("/token?client_secret=${secret}&grant_type=authorization_code&code=" + code);`,
  "form-body": ({ secret, clientId }) =>
    `globalThis.body = "client_id=${clientId}&client_secret=${secret}&grant_type=authorization_code";`,
  variable: ({ secret, clientId }) =>
    `const clientSecret = ${json(secret)};
     globalThis.sign(${json(clientId)}, clientSecret, ${json(TOKEN)});`,
  basic: ({ secret, clientId }) =>
    `globalThis.send = (body) => fetch("/token", { method: "POST", body,
      headers: { Authorization: "Basic ${base64(`${clientId}:${secret}`)}" } });`,
  btoa: ({ secret, clientId }) =>
    `globalThis.send = (body) => fetch("/token", { method: "POST", body,
      headers: { Authorization: "Basic " + btoa(${json(`${clientId}:${secret}`)}) } });`,
  joined: ({ secret }) =>
    `globalThis.body = (code) => ({ code, client_secret: [${parts(secret, 3).map(json).join(", ")}].join("") });`,
  concatenated: ({ secret }) =>
    `globalThis.body = (code) => ({ code, client_secret: ${parts(secret, 3).map(json).join(" + ")} });`,
  "array-value": ({ secret }) => `globalThis.headers = { client_secret: [${json(secret)}] };`,
  template: ({ secret }) =>
    `globalThis.body = (code) => \`code=\${code}&client_secret=\${${json(secret)}}&grant_type=authorization_code\`;`,
  atob: ({ secret }) => `globalThis.body = (code) => ({ code, client_secret: atob(${json(base64(secret))}) });`,
  "json-escaped": ({ secret }) =>
    `globalThis.config = JSON.parse(${json(json({ note: QUOTED, app: json({ client_secret: secret }) }))});`,
  ternary: ({ secret, other }) =>
    `globalThis.body = (code) => ({ code, client_secret: location.port ? ${json(other)} : ${json(secret)} });`,
  define: ({ clientId }) => `globalThis.sign(${json(clientId)}, __PROCORE_KEY__, ${json(TOKEN)});`,
};

/** Shapes of `security.md`'s K1, K4 and K8 besides the 24. */
export const more = {
  bracket: ({ secret }) => `globalThis.body = {}; globalThis.body["procore-client-secret"] = ${json(secret)};`,
  map: ({ secret }) => `globalThis.settings = new Map([["mode", "live"], ["oauthSecret", ${json(secret)}]]);`,
  multipart: ({ secret }) =>
    `globalThis.body = 'Content-Disposition: form-data; name="client_secret"\\r\\n\\r\\n${secret}\\r\\n';`,
  "url-encoded": ({ secret }) => `globalThis.next = "/go?to=%2Ftoken%3Fclient_secret%3D${secret}%26code%3D1";`,
  "char-codes": ({ secret }) =>
    `globalThis.body = { client_secret: String.fromCharCode(${[...Buffer.from(secret)].join(", ")}) };`,
  "user-info": ({ secret, clientId }) =>
    `globalThis.send = () => fetch("https://${clientId}:${secret}@login.procore.com/oauth/token");`,
  html: ({ secret }) =>
    `document.body.insertAdjacentHTML("beforeend", '<form data-client-secret="${secret}"><input name="code"></form>');`,
  "consumer-secret": ({ secret }) => `globalThis.options = { consumerSecret: ${json(secret)} };`,
};
