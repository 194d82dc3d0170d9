// Procore's token and revocation endpoints as the documentation has them, for a mediator under test. In the manner of
// Doorkeeper: refresh tokens rotate, the ones before are dead at once; and as strict as a server may be, an old one that comes
// back ends the whole session. It writes down all that reaches it, and fails in the way that a check has asked for.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

export const random = () => randomBytes(32).toString("base64url");

const listen = async (server, port = 0) => {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
};

/**
 * @param {{ clients: { clientId: string, clientSecret: string, redirectUri: string }[], port?: number,
 *   now?: () => number, fault?: (sentence: number, text: string) => void }} options
 */
export async function startProcore({ clients, port, now = Date.now, fault = () => {} }) {
  const procore = new Procore(clients, now, fault);
  const server = createServer((request, response) => procore.answer(request, response));
  const trap = createServer((request, response) => {
    procore.fault(24, "a redirect of Procore's was followed");
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  procore.origin = await listen(server, port);
  procore.trap = await listen(trap);
  procore.close = () => {
    for (const one of [server, trap]) {
      one.close();
      one.closeAllConnections();
    }
  };
  return procore;
}

class Procore {
  /** What no page may see: secrets, codes, verifiers, refresh tokens. */
  secrets = new Set();
  accessTokens = new Set();
  /** `{ path, fields, basic }` of every request, in their order. */
  requests = [];
  #codes = new Map();
  #tokens = new Map();
  #orders = new Map();

  constructor(clients, now, fault) {
    this.clients = new Map(clients.map((client) => [client.clientId, client]));
    this.now = now;
    this.fault = fault;
    for (const { clientSecret } of clients) this.secrets.add(clientSecret);
  }

  /** A code as a login would have brought it: `{ code, verifier, redirectUri }`, and what came of it, once that is known. */
  code({ client, expiresIn = 5400, ignoresPkce = false, members = {} }) {
    const [code, verifier] = [random(), random()];
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const grant = { code, verifier, redirectUri: client.redirectUri, family: undefined };
    this.#codes.set(code, { grant, client, challenge, expiresIn, ignoresPkce, members, isUsed: false });
    this.secrets.add(code).add(verifier);
    return grant;
  }

  /**
   * What becomes of the next request that sends this code or token: `hold` waits for `release()`; `answer` is sent instead of
   * the true one; `lose: "before"` cuts the connection, and `"after"` does what was asked first; `change` gives the true answer
   * other members; `keepsRefresh` leaves the refresh token as it is. `times`: so often, 1 if nothing is said. `reached` settles
   * when the request is there.
   */
  next(value, { hold = false, times = 1, ...order }) {
    let [reach, release] = [];
    const reached = new Promise((resolve) => (reach = resolve));
    const released = hold ? new Promise((resolve) => (release = resolve)) : undefined;
    this.#orders.set(value, { ...order, released, times, reach });
    return { reached, release };
  }

  /** How often this code or token was sent, to this endpoint. */
  sent(value, path) {
    return this.requests.filter((request) => request.value === value && (!path || request.path === path)).length;
  }

  /** Whether this token was revoked by its name. */
  isRevoked(token) {
    return this.sent(token, "/oauth/revoke") > 0;
  }

  /** The tokens of now of the session that this access token is of. */
  familyOf(access) {
    return this.#tokens.get(access).family;
  }

  async answer(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const fields = Object.fromEntries(new URLSearchParams(text));
    const path = request.url;
    const value = path === "/oauth/revoke" ? fields.token : (fields.code ?? fields.refresh_token);
    this.requests.push({ path, fields, value });
    const order = this.#takeOrder(value);
    order?.reach();
    const spent = this.#begin(path, fields);
    await order?.released;
    if (order?.lose === "before") return void (spent(true, 13), request.socket.destroy());
    const { status, headers, body } = order?.answer ?? this.#decide(path, request, fields, order);
    // Any 4xx but its own word has decided nothing: the token may be sent again. So may a code with another verifier.
    const isOpen = status >= 400 && status < 500 && (fields.code || body?.error !== "invalid_grant");
    spent(!isOpen && !order?.keepsRefresh, order?.lose || status >= 500 ? 13 : 12);
    if (order?.lose) return void request.socket.destroy();
    const sent = typeof body === "string" ? body : JSON.stringify(body ?? {});
    response.writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    });
    response.end(sent);
  }

  #takeOrder(value) {
    const order = this.#orders.get(value);
    if (order && --order.times <= 0) this.#orders.delete(value);
    return order;
  }

  /** A code or refresh token that may have been used must not come again, nor while its answer is under way. */
  #begin(path, { code, refresh_token: refresh }) {
    const known = this.#codes.get(code) ?? this.#tokens.get(refresh);
    if (path !== "/oauth/token" || !known) return () => {};
    if (known.isSpent) this.fault(code ? 7 : known.spentBy, `a ${code ? "code" : "refresh token"} was sent again`);
    Object.assign(known, { isSpent: true, spentBy: 12 });
    return (isSpent, spentBy) => Object.assign(known, { isSpent, spentBy });
  }

  #decide(path, request, fields, { change = (members) => members, keepsRefresh } = {}) {
    const client = this.#clientOf(request, fields);
    if (!client) {
      this.fault(7, "a request came without the client secret");
      return { status: 401, body: { error: "invalid_client", error_description: "Client authentication failed." } };
    }
    if (request.method !== "POST") return { status: 404 };
    if (path === "/oauth/revoke") return this.#revoke(fields, change);
    if (path !== "/oauth/token") return { status: 404 };
    const answer =
      fields.grant_type === "refresh_token"
        ? this.#refresh(client, fields, keepsRefresh)
        : this.#redeem(client, fields);
    return { ...answer, body: change(answer.body, fields, client) };
  }

  #clientOf(request, fields) {
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const [id, secret] = basic
      ? Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent)
      : [fields.client_id, fields.client_secret];
    const client = this.clients.get(id);
    return client?.clientSecret === secret ? client : undefined;
  }

  #redeem(client, { grant_type: type, code, redirect_uri: redirectUri, code_verifier: verifier = "" }) {
    const known = this.#codes.get(code);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const isGood =
      type === "authorization_code" &&
      known &&
      !known.isUsed &&
      known.client.clientId === client.clientId &&
      redirectUri === client.redirectUri &&
      (known.ignoresPkce || challenge === known.challenge);
    if (!isGood) return refused("invalid_grant");
    known.isUsed = true;
    known.grant.family = { client, expiresIn: known.expiresIn, members: known.members, all: [] };
    return this.#issue(known.grant.family);
  }

  #refresh(client, { refresh_token: refresh }, keepsRefresh) {
    const token = this.#tokens.get(refresh);
    if (!token || token.family.client.clientId !== client.clientId) return refused("invalid_grant");
    const { isAlive, family } = token;
    for (const one of family.all) one.isAlive = false;
    if (!isAlive) return refused("invalid_grant");
    if (!keepsRefresh) return this.#issue(family);
    token.isAlive = true;
    const { body } = this.#issue(family, refresh);
    return { status: 200, body: { ...body, refresh_token: undefined } };
  }

  #issue(family, refresh = random()) {
    const access = random();
    for (const value of [access, refresh]) {
      if (this.#tokens.has(value)) continue;
      const token = { value, family, isAlive: true };
      family.all.push(token);
      this.#tokens.set(value, token);
    }
    Object.assign(family, { access, refresh });
    this.secrets.add(refresh);
    this.accessTokens.add(access);
    const createdAt = Math.floor(this.now() / 1000);
    const body = { access_token: access, token_type: "Bearer", expires_in: family.expiresIn, refresh_token: refresh };
    return { status: 200, body: { ...body, scope: "read write", created_at: createdAt, ...family.members } };
  }

  /** RFC 7009 §2.2: 200 for what is not known, too. Doorkeeper ends both tokens of a pair, whichever is named. */
  #revoke({ token }, change) {
    for (const one of this.#tokens.get(token)?.family.all ?? []) one.isAlive = false;
    return { status: 200, body: change({}) };
  }
}

const refused = (error) => ({
  status: 400,
  body: {
    error,
    error_description:
      "The provided authorization grant is invalid, expired, revoked, or was issued to another client.",
  },
});
