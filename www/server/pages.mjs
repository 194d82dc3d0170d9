/** The pages that people see. No script anywhere; one style sheet, allowed by its hash. */

import { createHash } from "node:crypto";

const STYLE = `
:root { color-scheme: light dark; --line: #c9ccd1; --soft: #f4f5f6; --accent: #b3400a; --bad: #a3121e; --good: #1c6b35 }
@media (prefers-color-scheme: dark) {
  :root { --line: #4a4f57; --soft: #24272c; --accent: #ff9d66; --bad: #ff9a9a; --good: #8fd6a5 }
}
* { box-sizing: border-box }
body { margin: 0; padding: 1.5rem 1rem; font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 27rem; margin: 0 auto }
main.wide { max-width: 44rem }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 1rem }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
header { font-size: .9rem; margin-bottom: 2rem; padding-bottom: .6rem; border-bottom: 1px solid var(--line) }
header strong { text-transform: capitalize }
label { display: block; font-weight: 600; margin-top: 1rem }
input, textarea { width: 100%; font: inherit; padding: .55rem .6rem; border: 1px solid var(--line); border-radius: 4px }
textarea, code { font-family: ui-monospace, monospace; font-size: .9rem }
code { overflow-wrap: anywhere; background: var(--soft); padding: .1rem .3rem; border-radius: 3px }
button { font: inherit; font-weight: 600; padding: .55rem 1.2rem; margin: 1.2rem .6rem 0 0; border-radius: 4px;
  border: 1px solid var(--accent); background: transparent; color: var(--accent); cursor: pointer }
button.first { background: var(--accent); color: Canvas }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.hint { font-size: .9rem; background: var(--soft); padding: .6rem .8rem; border-radius: 4px; margin-top: 1.5rem }
[role=alert] { color: var(--bad); border-left: 4px solid; padding-left: .7rem }
[role=status] { color: var(--good); border-left: 4px solid; padding-left: .7rem }
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/**
 * @param {string} [formTarget] an origin to which a form's answer may redirect: browsers hold
 *   `form-action` against every step of the way, and the way out of consent leads to the client
 */
export function pageHeaders(formTarget = "") {
  return {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy":
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self' ${formTarget}; ` +
      "base-uri 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    // Forms are checked by their Origin header, which "no-referrer" would blank.
    "referrer-policy": "same-origin",
  };
}

export function sendPage(res, status, html, formTarget) {
  res.writeHead(status, pageHeaders(formTarget));
  res.end(html);
}

export function loginPage({ name, users, email = "", failed = false }) {
  const hints = users.map((user) => `<br><code>${escape(user.email)}</code> <code>${escape(user.password)}</code>`);
  return page(name, "Sign in", `
    ${failed ? alert("That email and password don't match. Try again.") : ""}
    <form method="post">
      <label for="email">Email</label>
      <input id="email" name="email" type="email" autocomplete="username" required value="${escape(email)}">
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required>
      <button id="sign-in" class="first">Sign in</button>
    </form>
    <p class="hint">Nobody real lives here. Email and password of the demo's users: ${hints.join("")}</p>`);
}

export function consentPage({ name, user, redirectUri, scope }) {
  return page(name, "Allow the demo application?", `
    <p>The <strong>demo application</strong> asks to read and change what ${escape(user.name)}
      (${escape(user.email)}) may read and change${scope.length ? `: ${escape(scope.join(", "))}` : ""}.</p>
    <p>You will be sent to <code>${escape(redirectUri)}</code>.</p>
    <form method="post">
      <button id="allow" name="answer" value="allow" class="first">Allow</button>
      <button id="deny" name="answer" value="deny">Deny</button>
    </form>`);
}

export function errorPage({ name, error, description }) {
  return page(name, "This sign-in can't go on", `
    ${alert(description || "Something went wrong.")}
    <p>The server's word for it: <code id="error">${escape(error)}</code></p>
    <p>Go back to the application and start again.</p>`);
}

export function codePage({ name, code }) {
  return page(name, "Authorization code", `
    <p>Copy this code into the application that asked for it:</p>
    <p><code id="authorization_code">${escape(code)}</code></p>`);
}

export function portalPage({ name, clientId, text, error, saved, secret }) {
  return page(name, "OAuth credentials", `
    ${error ? alert(error) : ""}
    ${saved ? `<p role="status">Saved. The redirect URIs are live.</p>` : ""}
    <h2>Client ID</h2>
    <p><code id="client-id">${escape(clientId)}</code></p>
    <p>Public: it may stand in a page's source and in login URLs.</p>
    <form method="post">
      <h2><label for="redirect-uris">Redirect URIs</label></h2>
      <textarea id="redirect-uris" name="redirect_uri" rows="8" spellcheck="false"
        aria-describedby="redirect-uri-rules"${error ? ' aria-invalid="true"' : ""}>${escape(text)}</textarea>
      <ul id="redirect-uri-rules">
        <li>Use one line per URI.</li>
        <li>http://localhost is the only acceptable non-HTTPS URI.</li>
        <li>Use <code>urn:ietf:wg:oauth:2.0:oob</code> for redirectless OAuth.</li>
      </ul>
      <button id="save" class="first">Save</button>
    </form>
    <h2>Client secret</h2>
    ${secret
      ? `<p role="status">Copy it now; it is not shown again: <code id="client-secret">${escape(secret)}</code></p>`
      : `<p aria-label="Hidden">••••••••••••••••</p>`}
    <p>Confidential: no page, no app on a device and no repository may hold it. The demo never asks for it.</p>
    <form method="post" action="/developers/application/secret">
      <button id="reset-secret">Reset client secret</button>
    </form>`, "wide");
}

function page(name, title, content, width = "") {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escape(title)} – demo server, ${escape(name)}</title>
  <style>${STYLE}</style>
</head>
<body>
  <main class="${width}">
    <header>Demo authorization server · <strong id="environment">${escape(name)}</strong></header>
    <h1>${escape(title)}</h1>
    ${content}
  </main>
</body>
</html>
`;
}

const alert = (text) => `<p role="alert">${escape(text)}</p>`;

function escape(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (character) => entities[character]);
}
