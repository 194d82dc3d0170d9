// A gate before the token endpoint, which a page opens and closes, and a count of the renewals that went through.

import { createServer } from "node:http";

/** `counts` are the renewals that the server's own log has, from one closing to the next. */
export async function startGate({ line, sandbox }) {
  const counts = [];
  let open;
  const close = () => {
    line.gate = new Promise((resolve) => (open = resolve));
  };
  close();

  /** The log forgets after a thousand requests, so it is emptied. */
  const count = async () => {
    counts.push(sandbox.requests.filter(({ grantType }) => grantType === "refresh_token").length);
    await fetch(`${sandbox.origin}/demo/log`, { method: "DELETE" });
  };
  const server = createServer(async ({ url }, response) => {
    response.setHeader("access-control-allow-origin", "*");
    if (url === "/open") open();
    else {
      await count();
      close();
    }
    response.end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    origin: `http://localhost:${server.address().port}`,
    counts,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}
