// A server that reads a POST on a connection that was used before, and closes it without an answer, as servers and proxies do
// whose patience with an idle connection ends just then.

import { createServer } from "node:net";

const END = "\r\n\r\n";

/**
 * `/` is an empty page, `/warm` an answer that keeps the connection, and `/last` one that ends it. A `POST` to any other path is counted in `arrivals` by
 * its path: on a used connection that is all, on a fresh one it is answered. `how`: `"end"` closes, `"reset"` resets.
 */
export async function startClosingServer(t, how = "end") {
  const arrivals = new Map();
  const sockets = new Set();
  const server = createServer((socket) => {
    let received = "";
    let answered = 0;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.setEncoding("latin1");
    const answer = (type, body, connection = "keep-alive") => {
      answered += 1;
      const head = ["HTTP/1.1 200 OK", `content-type: ${type}`, `content-length: ${body.length}`, "cache-control: no-store"];
      socket.write([...head, `connection: ${connection}`].join("\r\n") + END + body);
      if (connection === "close") socket.end();
    };
    socket.on("data", (data) => {
      received += data;
      for (let size; (size = sizeOf(received)); received = received.slice(size)) {
        const [method, path] = received.split(" ", 2);
        if (path === "/") answer("text/html", "<!doctype html><body data-ready=true>");
        else if (path === "/last") answer("text/plain", "last", "close");
        else if (method !== "POST") answer("text/plain", "warm");
        else {
          arrivals.set(path, (arrivals.get(path) ?? 0) + 1);
          if (answered === 0) answer("application/json", "{}");
          else if (how === "end") socket.end();
          else socket.resetAndDestroy();
        }
      }
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { origin: `http://localhost:${server.address().port}`, arrivals };
}

/** How long the first whole request is; 0 if there is none yet. */
function sizeOf(text) {
  const head = text.indexOf(END) + END.length;
  if (head < END.length) return 0;
  const headers = text.slice(0, head).toLowerCase();
  if (headers.includes("transfer-encoding: chunked")) {
    const end = text.indexOf(`\r\n0${END}`, head - 2);
    return end < 0 ? 0 : end + 3 + END.length;
  }
  const size = head + Number(/content-length: (\d+)/.exec(headers)?.[1] ?? 0);
  return text.length < size ? 0 : size;
}
