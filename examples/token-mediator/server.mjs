// A token mediator: adds the client secret to token requests of your own page, and keeps the refresh token in an
// HttpOnly cookie, so that no script ever sees either. For `tokenMediator: "/oauth/token"`.
//
// OAuth 2.0 for Browser-Based Applications, section 6.2. Plain Node, no dependencies. Put it behind the proxy that also
// serves your page, so that both have one origin:
//
//   APP_ORIGIN=https://app.example.com CLIENT_ID=… CLIENT_SECRET=… node server.mjs

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const COOKIE = "__Host-procore-refresh-token";

export function createMediator({ appOrigin, clientId, clientSecret, loginOrigin = "https://login.procore.com" }) {
  const ask = async (path, fields) => {
    const body = new URLSearchParams({ ...fields, client_id: clientId, client_secret: clientSecret });
    const signal = AbortSignal.timeout(20_000);
    // A followed redirect would carry the secret to wherever it points.
    const answer = await fetch(loginOrigin + path, { method: "POST", body, redirect: "error", signal });
    return { status: answer.status, json: await answer.json().catch(() => ({})) };
  };

  // Tabs share the cookie, and a refresh token is good for one call: who asks meanwhile gets the same answer.
  const renewals = new Map();
  const renew = (kept) => {
    if (!renewals.has(kept)) {
      renewals.set(kept, ask("/oauth/token", { grant_type: "refresh_token", refresh_token: kept }));
      setTimeout(() => renewals.delete(kept), 10_000).unref();
    }
    return renewals.get(kept);
  };

  const redeem = (form) => {
    const [code, redirect_uri, code_verifier] = ["code", "redirect_uri", "code_verifier"].map((name) => form.get(name) ?? "");
    return ask("/oauth/token", { grant_type: "authorization_code", code, redirect_uri, code_verifier });
  };

  const token = async (form, kept) => {
    const isRefresh = form.get("grant_type") === "refresh_token";
    if (!isRefresh && form.get("grant_type") !== "authorization_code") return { status: 400 };
    if (isRefresh && !kept) return { status: 400, json: { error: "invalid_grant" } };
    const { status, json } = await (isRefresh ? renew(kept) : redeem(form));
    const { refresh_token: refreshToken, ...rest } = json;
    if (status === 200) return { status, json: rest, cookie: refreshToken ?? (isRefresh ? kept : "") };
    // A refused refresh token is spent; after 429 and 5xx nobody knows.
    return { status, json: rest, cookie: isRefresh && status < 500 && status !== 429 ? "" : undefined };
  };

  const revoke = async (form, kept) => {
    const tokens = [kept, form.get("token")].filter(Boolean);
    const answers = [];
    // Whatever Procore says, the cookie goes.
    for (const value of tokens) answers.push(await ask("/oauth/revoke", { token: value }).catch(() => ({ status: 502 })));
    return { status: answers.every(({ status }) => status === 200) ? 200 : 503, cookie: "" };
  };

  const routes = { "/oauth/token": token, "/oauth/revoke": revoke };

  return createServer(async (request, response) => {
    const send = ({ status, json = {}, cookie }) => {
      const headers = { "content-type": "application/json", "cache-control": "no-store" };
      const life = cookie ? 30 * 24 * 3600 : 0;
      const attributes = `Path=/; Max-Age=${life}; HttpOnly; Secure; SameSite=Strict`;
      if (cookie !== undefined) headers["set-cookie"] = `${COOKIE}=${encodeURIComponent(cookie)}; ${attributes}`;
      response.writeHead(status, headers).end(JSON.stringify(json));
    };
    const handle = request.method === "POST" && routes[request.url];
    if (!handle) return send({ status: 404 });
    // Browsers name the origin of every POST. Without this, another site could sign the user in as somebody else.
    if (request.headers.origin !== appOrigin) return send({ status: 403 });
    try {
      let text = "";
      for await (const chunk of request) if ((text += chunk).length > 16_384) return send({ status: 413 });
      const cookies = new URLSearchParams((request.headers.cookie ?? "").replace(/; */g, "&"));
      send(await handle(new URLSearchParams(text), cookies.get(COOKIE) ?? ""));
    } catch {
      // No answer from Procore: whether the code or the token is spent, nobody knows. Never sent again.
      send({ status: 502 });
    }
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { APP_ORIGIN, CLIENT_ID, CLIENT_SECRET, LOGIN_ORIGIN, PORT = "3000" } = process.env;
  if (!APP_ORIGIN || !CLIENT_ID || !CLIENT_SECRET) throw new Error("set APP_ORIGIN, CLIENT_ID and CLIENT_SECRET");
  const options = { appOrigin: APP_ORIGIN, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, loginOrigin: LOGIN_ORIGIN };
  createMediator(options).listen(Number(PORT), "127.0.0.1");
}
