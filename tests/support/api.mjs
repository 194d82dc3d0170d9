// An API that writes down what reaches it, and answers as a test wants.

import { createServer } from "node:http";

/**
 * Listens on a free port of loopback, and lets every page read every answer. `requests` are `{ method, path, headers, body }`
 * without the preflights, `preflights` the same of those. `answers[path]` is `(request, response, count)`; other paths answer
 * `{}`.
 */
export async function startApi(t, answers = {}) {
  const requests = [];
  const preflights = [];
  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request;
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-methods", "*");
    response.setHeader("access-control-allow-headers", "authorization, content-type, procore-company-id, x-own");
    response.setHeader("access-control-expose-headers", "retry-after, x-rate-limit-reset");
    if (method === "OPTIONS") {
      preflights.push({ method, path, headers });
      return response.writeHead(204).end();
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
    const answer = answers[path.split("?")[0]];
    if (answer) return answer(request, response, requests.filter((sent) => sent.path === path).length);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { origin: `http://localhost:${server.address().port}`, answers, requests, preflights };
}

/** Redirects there. */
export const to = (location, status = 302) => (request, response) => response.writeHead(status, { location }).end();

/** Says no, `times` times, and then yes. */
export const says = (status, headers = {}, times = 1) => (request, response, count) =>
  response.writeHead(count <= times ? status : 200, headers).end("{}");
