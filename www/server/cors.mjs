/** Which pages may read an answer. The origin is echoed, never `*`: an answer is for known pages only. */

const METHODS = "GET, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS = "authorization, content-type, procore-company-id";
const EXPOSED = "X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset, Retry-After";

/**
 * @param {string[]} origins those that may read
 * @param {string} [requestHeaders] those that a page may send
 */
export function allowOrigins(req, res, origins, requestHeaders = REQUEST_HEADERS) {
  res.setHeader("vary", "Origin");
  const { origin } = req.headers;
  if (!origin || !origins.includes(origin)) return;
  res.setHeader("access-control-allow-origin", origin);
  if (isPreflight(req)) {
    res.setHeader("access-control-allow-methods", METHODS);
    res.setHeader("access-control-allow-headers", requestHeaders);
  } else {
    res.setHeader("access-control-expose-headers", EXPOSED);
  }
}

/** Where CORS is a matter of the client: what a known one is answered, only the pages of its own origins may read. */
export function allowClient(req, res, clientId, { application, engine }) {
  const isForeign = clientId === application.clientId && !application.origins.includes(req.headers.origin);
  if (engine.corsByClient && isForeign) res.removeHeader("access-control-allow-origin");
}

export function isPreflight(req) {
  return req.method === "OPTIONS" && "access-control-request-method" in req.headers;
}
