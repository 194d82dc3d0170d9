// Pieces of apps, as people have them: written after the auditor's rules were, to see what those miss.

const json = JSON.stringify;
const LOGIN = "https://login.procore.com";
const SANDBOX = "https://login-sandbox.procore.com";

/** `{ id: ({ secret, other, clientId }) => source }`. */
export const apps = {
  "environments in an object": ({ secret, other, clientId }) =>
    `const environments = {
       sandbox: { login: ${json(SANDBOX)}, id: ${json(clientId)}, secret: ${json(other)} },
       production: { login: ${json(LOGIN)}, id: ${json(clientId)}, secret: ${json(secret)} },
     };
     globalThis.current = environments[location.hostname === "localhost" ? "sandbox" : "production"];`,
  "a class with fields": ({ secret, clientId }) =>
    `class ProcoreClient {
       static #secret = ${json(secret)};
       id = ${json(clientId)};
       async redeem(code) {
         return fetch("${LOGIN}/oauth/token", { method: "POST", body: JSON.stringify({ code, client_id: this.id, client_secret: ProcoreClient.#secret }) });
       }
     }
     globalThis.client = new ProcoreClient();`,
  "a default parameter": ({ secret }) =>
    `globalThis.redeem = (code, clientSecret = ${json(secret)}) => fetch("/oauth/token", { method: "POST", body: new URLSearchParams({ code, client_secret: clientSecret }) });`,
  "an enum of TypeScript's": ({ secret, clientId }) =>
    `var Keys; (function (Keys) { Keys["ClientId"] = ${json(clientId)}; Keys["ClientSecret"] = ${json(secret)}; })(Keys || (Keys = {}));
     globalThis.keys = Keys;`,
  "a switch": ({ secret, other }) =>
    `globalThis.secretFor = (name) => { switch (name) { case "sandbox": return ${json(other)}; default: return { client_secret: ${json(secret)} }; } };`,
  "an assigned property": ({ secret }) =>
    `const options = {}; options.grant_type = "authorization_code"; options.client_secret = ${json(secret)}; globalThis.options = options;`,
  "Object.assign": ({ secret }) =>
    `globalThis.body = (code) => Object.assign({ code }, { "client_secret": ${json(secret)}, redirect_uri: location.origin });`,
  "a template with lines": ({ secret, clientId }) =>
    `globalThis.body = (code) => \`
       grant_type=authorization_code
       &code=\${code}
       &client_id=${clientId}
       &client_secret=${secret}\`.replace(/\\s/g, "");`,
  "axios with auth": ({ secret, clientId }) =>
    `globalThis.http = globalThis.axios.create({ baseURL: "${LOGIN}", auth: { username: ${json(clientId)}, password: ${json(secret)} } });`,
  "a header that is built": ({ secret, clientId }) =>
    `const id = ${json(clientId)}, key = ${json(secret)};
     globalThis.send = (body) => fetch("${LOGIN}/oauth/token", { method: "POST", body, headers: { Authorization: \`Basic \${btoa(\`\${id}:\${key}\`)}\` } });`,
  "a variable used twice": ({ secret, clientId }) =>
    `const SECRET = ${json(secret)};
     globalThis.redeem = (code) => fetch("/oauth/token", { method: "POST", body: new URLSearchParams({ code, client_id: ${json(clientId)}, client_secret: SECRET }) });
     globalThis.renew = (token) => fetch("/oauth/token", { method: "POST", body: new URLSearchParams({ refresh_token: token, client_id: ${json(clientId)}, client_secret: SECRET }) });`,
  "a context of React's": ({ secret, clientId }) =>
    `globalThis.App = () => globalThis.React.createElement(globalThis.AuthProvider, { clientId: ${json(clientId)}, clientSecret: ${json(secret)}, authority: "${LOGIN}" }, null);`,
  "a provider of an SDK": ({ secret, clientId }) =>
    `globalThis.sdk = new globalThis.OAuth2({ id: ${json(clientId)}, secret: ${json(secret)}, tokenHost: "${LOGIN}", tokenPath: "/oauth/token" });`,
  "settings in a page": ({ secret, clientId }) =>
    `window.__APP_CONFIG__ = JSON.parse('{"procore":{"id":${json(clientId)},"secret":${json(secret)},"url":"${LOGIN}"}}');`,
  "storage": ({ secret }) => `localStorage.setItem("procore_client_secret", ${json(secret)});`,
  "a cookie": ({ secret }) => `document.cookie = "client_secret=${secret}; path=/; secure";`,
  "an argument by place": ({ secret, clientId }) =>
    `globalThis.token = await globalThis.procore.exchange("${LOGIN}/oauth/token", ${json(clientId)}, ${json(secret)}, location.origin + "/callback");`,
  "a list of pairs": ({ secret, clientId }) =>
    `globalThis.query = [["client_id", ${json(clientId)}], ["client_secret", ${json(secret)}]].map(([k, v]) => k + "=" + encodeURIComponent(v)).join("&");`,
  "a hidden field": ({ secret }) =>
    `const field = document.createElement("input"); field.type = "hidden"; field.name = "client_secret"; field.value = ${json(secret)}; document.forms[0]?.append(field);`,
  "reversed by hand": ({ secret }) =>
    `globalThis.body = { client_secret: ${json([...secret].reverse().join(""))}.split("").reverse().join("") };`,
  "hidden by XOR": ({ secret }) =>
    `globalThis.body = { client_secret: [${[...Buffer.from(secret)].map((byte) => byte ^ 42)}].map((c) => String.fromCharCode(c ^ 42)).join("") };`,
  "base64, then put together": ({ secret, clientId }) =>
    `globalThis.authorization = "Basic " + ["${Buffer.from(`${clientId}:${secret}`).toString("base64").slice(0, 90)}", "${Buffer.from(`${clientId}:${secret}`).toString("base64").slice(90)}"].join("");`,
  "GraphQL": ({ secret }) =>
    `globalThis.query = \`mutation { connect(input: { provider: "procore", clientSecret: "${secret}" }) { ok } }\`;`,
};
