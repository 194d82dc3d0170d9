/** A small API in the manner of Procore's: bearer token, company header, rate-limit headers. */

import { createHash } from "node:crypto";
import { HttpError, bearerToken, redirect, sendJson } from "./http.mjs";
import { fingerprints } from "./log.mjs";
import { liveAccessToken } from "./token.mjs";
import { COMPANIES, PROJECTS, userById } from "./users.mjs";

const LIMIT = 3600;
const WINDOW_SECONDS = 3600;

const RESOURCES = {
  "GET /rest/v1.0/me": me,
  "GET /rest/v1.0/companies": companies,
  "GET /rest/v1.0/projects": projects,
  "GET /rest/v1.0/redirect": redirectTo,
  "POST /rest/v1.0/echo": echo,
};

export async function api(exchange) {
  const { req, res, url, environment, entry } = exchange;
  entry.sent = fingerprints({ token: bearerToken(req) });
  countRequest(res, environment);
  const canned = environment.switches.takeCanned("apiStatus");
  if (canned) return sendJson(res, canned.status, canned.body ?? {}, canned.headers);

  const accessToken = liveAccessToken(req, environment);
  const resource = RESOURCES[`${req.method} ${url.pathname}`];
  if (!resource) throw new HttpError(404, { errors: "Not Found" });
  if (environment.switches.takeLoss("api")) return req.socket.destroy();
  await resource({ ...exchange, user: userById(accessToken.accountId) });
}

function countRequest(res, { rate }) {
  const now = Math.floor(Date.now() / 1000);
  if (!(rate.reset > now)) Object.assign(rate, { remaining: LIMIT, reset: now + WINDOW_SECONDS });
  rate.remaining = Math.max(0, rate.remaining - 1);
  res.setHeader("x-rate-limit-limit", LIMIT);
  res.setHeader("x-rate-limit-remaining", rate.remaining);
  res.setHeader("x-rate-limit-reset", rate.reset);
}

function me({ res, user: { id, email, name } }) {
  sendJson(res, 200, { id, login: email, name });
}

function companies({ res }) {
  sendJson(res, 200, COMPANIES);
}

function projects({ req, res }) {
  const header = req.headers["procore-company-id"];
  if (!header) throw new HttpError(400, { errors: "The header Procore-Company-Id is missing." });
  const company = COMPANIES.find(({ id }) => String(id) === header);
  if (!company) throw new HttpError(403, { errors: "You have no access to this company, or it is not connected." });
  const own = PROJECTS.filter((project) => project.company === company.id);
  sendJson(res, 200, own.map(({ id, name }) => ({ id, name, company: { id: company.id, name: company.name } })));
}

/** For clients to prove that a token does not follow a redirect. Loopback only: nobody's open redirector. */
function redirectTo({ res, url }) {
  const to = url.searchParams.get("to") ?? "";
  const host = URL.canParse(to) ? new URL(to).hostname : "";
  if (!["localhost", "127.0.0.1", "[::1]"].includes(host)) throw new HttpError(400, { errors: "to: loopback URLs only" });
  redirect(res, to, 302);
}

/** For uploads: counts what arrives and keeps none of it. */
async function echo({ req, res }) {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of req) {
    hash.update(chunk);
    length += chunk.length;
  }
  sendJson(res, 200, {
    method: req.method,
    content_type: req.headers["content-type"] ?? null,
    length,
    sha256: hash.digest("hex"),
    company_id: req.headers["procore-company-id"] ?? null,
  });
}
