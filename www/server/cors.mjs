/** Which pages may read an answer. The origin is echoed, never `*`: an answer is for known pages only. */

const METHODS = "GET, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS = "authorization, content-type, procore-company-id";
const EXPOSED = "X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset, Retry-After";

/** @param {string[]} origins those that may read */
export function allowOrigins(req, res, origins) {
  res.setHeader("vary", "Origin");
  const { origin } = req.headers;
  if (!origin || !origins.includes(origin)) return;
  res.setHeader("access-control-allow-origin", origin);
  if (isPreflight(req)) {
    res.setHeader("access-control-allow-methods", METHODS);
    res.setHeader("access-control-allow-headers", REQUEST_HEADERS);
  } else {
    res.setHeader("access-control-expose-headers", EXPOSED);
  }
}

export function isPreflight(req) {
  return req.method === "OPTIONS" && "access-control-request-method" in req.headers;
}
