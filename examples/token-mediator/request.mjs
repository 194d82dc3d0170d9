// What a request must be before anything is done for it: sentences 1, 2 and 5 of docs/token-mediator.md.

const LONGEST_BODY = 16_384;

/** A request that is refused before anything is sent. */
export class Refusal extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** What is asked, of which application: `{ action, application, fields }`. */
export async function readRequest(request, { paths, applications }) {
  const path = paths.get(new URL(request.url).pathname);
  if (!path) throw new Refusal(404);
  if (request.method !== "POST") throw new Refusal(405);
  const origin = request.headers.get("origin") ?? "";
  // Before the body is read: who may not ask is not listened to.
  if (!applications.some(({ origins }) => origins.includes(origin))) throw new Refusal(403);
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") throw new Refusal(403);
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) throw new Refusal(415);

  const fields = readForm(await readBody(request));
  const known = applications.filter(({ clientId }) => clientId === fields.client_id);
  if (!known.length) throw new Refusal(400);
  const application = known.find(({ origins }) => origins.includes(origin));
  if (!application) throw new Refusal(403);
  return { action: readAction(path, fields, application), application, fields };
}

async function readBody(request) {
  const decoder = new TextDecoder();
  let [text, length] = ["", 0];
  for await (const chunk of request.body ?? []) {
    // Counted as it comes: who sends it may say any length, or none.
    if ((length += chunk.byteLength) > LONGEST_BODY) throw new Refusal(413);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function readForm(text) {
  const pairs = [...new URLSearchParams(text)];
  const fields = Object.assign(Object.create(null), Object.fromEntries(pairs));
  // Which of two values counts is never guessed.
  if (Object.keys(fields).length !== pairs.length) throw new Refusal(400);
  return fields;
}

const NEEDED = {
  redeem: ["code", "redirect_uri", "code_verifier"],
  checkPkce: ["code", "redirect_uri", "code_verifier"],
  renew: ["session_handle"],
  resume: [],
  revoke: ["session_handle"],
};

function readAction(path, fields, { redirectUris }) {
  const action = path === "revoke" ? "revoke" : actionOf(fields);
  if (!action || NEEDED[action].some((name) => !fields[name])) throw new Refusal(400);
  if (NEEDED[action].includes("redirect_uri") && !redirectUris.includes(fields.redirect_uri)) throw new Refusal(400);
  return action;
}

function actionOf({ grant_type: grant, purpose }) {
  if (grant === "authorization_code" && purpose === "check") return "checkPkce";
  if (purpose !== undefined) return undefined;
  const actions = { authorization_code: "redeem", refresh_token: "renew", "urn:procore-spa-auth:resume": "resume" };
  return Object.hasOwn(actions, grant ?? "") ? actions[grant] : undefined;
}
