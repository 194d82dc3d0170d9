import { request as send } from "node:http";

/** Passes a request on to the server at `origin`, and its answer back. */
export function pass(request, response, origin) {
  const { method, headers, url } = request;
  const { pathname, search } = new URL(url, origin);
  const passed = send(origin + pathname + search, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on("error", () => response.destroy());
  request.pipe(passed);
}
