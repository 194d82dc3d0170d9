/** The few things that node:http leaves to us: bodies in, answers out. */

import { createHash } from "node:crypto";

/** An answer other than the usual one, thrown from anywhere in a handler. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {object} body sent as JSON
   * @param {Record<string, string>} [headers]
   */
  constructor(status, body, headers = {}) {
    super(body.error_description ?? body.error ?? String(status));
    Object.assign(this, { status, body, headers });
  }
}

/** The whole body; forms and settings are small, so a large one is a mistake. */
export async function readBody(req, limit = 64 * 1024) {
  const chunks = [];
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    if (length > limit) throw new HttpError(413, { error: "request_too_large" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function readJson(req) {
  try {
    return JSON.parse(await readBody(req));
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, { error: "invalid_json", error_description: "The body is no JSON." });
  }
}

export async function readForm(req) {
  return new URLSearchParams((await readBody(req)).toString());
}

/** An empty text is no body. */
export function sendJson(res, status, value, headers = {}) {
  if (value === "") return res.writeHead(status, { "content-length": 0, "cache-control": "no-store", ...headers }).end();
  res.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers });
  res.end(JSON.stringify(value));
}

/** 303: the browser follows with GET, whatever the method was. */
export function redirect(res, location, status = 303) {
  res.writeHead(status, { location, "cache-control": "no-store" });
  res.end();
}

/** The token of `Authorization: Bearer …`, or undefined. */
export function bearerToken(req) {
  return /^Bearer +([^\s,]+) *$/i.exec(req.headers.authorization ?? "")?.[1];
}

/** Enough to say "the same token", too little to use one. */
export function fingerprint(value) {
  return createHash("sha256").update(value).digest("hex").slice(0, 8);
}
