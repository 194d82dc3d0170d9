// A line to a server, on which anything can happen to a token request and its answer.

import { createHash } from "node:crypto";
import { createServer, request as send } from "node:http";
import { until } from "./browsers.mjs";

const SECRETS = ["code", "code_verifier", "access_token", "refresh_token", "token"];

/**
 * Passes everything on to the server at `origin`, and its answers back, each over a connection of its own: what a browser
 * sends once arrives once.
 *
 * `/oauth/authorize` alone is answered by the line: 204, so that whoever goes there stays; `departures` has the queries.
 * `tokens` are the forms of all token requests, `secrets` every code, verifier and token that has passed.
 */
export async function startLine(origin) {
  const departures = [];
  const tokens = [];
  const secrets = new Set();
  const plans = [];
  const note = (entries) => {
    for (const [name, value] of entries) if (SECRETS.includes(name) && value) secrets.add(value);
  };

  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const { pathname, search, searchParams } = new URL(url, origin);
    response.setHeader("connection", "close");
    request.on("error", () => {});
    if (pathname === "/oauth/authorize") {
      departures.push(search);
      return response.writeHead(204).end();
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const form = new URLSearchParams(body.toString());
    note([...form, ...searchParams]);

    const call = {
      form,
      /** Lets the server do its work. Answers with its answer, which is not passed on yet. */
      forward: async () => {
        const answer = await ask(new URL(url, origin), { method, headers: { ...headers, host: new URL(origin).host } }, body);
        note(Object.entries(parsed(answer.body)));
        return answer;
      },
      reply: ({ status, headers, body }) => {
        const { "transfer-encoding": chunked, connection, ...others } = headers;
        response.writeHead(status, { ...others, "content-length": Buffer.byteLength(body) }).end(body);
      },
      /** Begins an answer, and goes no further than `at` characters of its body. */
      stall: ({ status, headers, body }, at = body.length / 2) => {
        const { "transfer-encoding": chunked, connection, ...others } = headers;
        response.writeHead(status, { ...others, "content-length": Buffer.byteLength(body) });
        response.flushHeaders();
        response.write(body.slice(0, at));
      },
      /** The same, and ends the connection there. */
      cut: (answer, at) => {
        call.stall(answer, at);
        response.socket.end();
      },
      /** Ends the connection without a word. */
      drop: () => response.destroy(),
    };
    const pass = async () => {
      const answer = await call.forward();
      call.reply({ ...answer, body: line.change(answer.body) });
    };
    if (pathname !== "/oauth/token" || method !== "POST") return pass();
    tokens.push(Object.fromEntries(form));
    await line.gate;
    return (plans.shift() ?? pass)(call);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

  const line = {
    origin: `http://localhost:${server.address().port}`,
    /** What every token request waits for. */
    gate: undefined,
    /** What is made of the body of every answer that passes. */
    change: (body) => body,
    departures,
    tokens,
    secrets,

    /**
     * What happens to the next token request that nobody has planned for yet: gets
     * `{ form, forward, reply, stall, cut, drop }`.
     */
    plan: (happening) => void plans.push(happening),

    /** Holds the next token request back. `await arrived()` until it is there; `open()` lets it go on. */
    hold: (happening = async (call) => call.reply(await call.forward())) => {
      const gate = newGate();
      plans.push(async (call) => {
        await gate.pass();
        await happening(call);
      });
      return gate;
    },

    /** Holds the next answer back: the server has done its work. */
    holdAnswer: () => {
      const gate = newGate();
      plans.push(async (call) => {
        const answer = await call.forward();
        await gate.pass();
        call.reply(answer);
      });
      return gate;
    },

    /** Each code and refresh token that was sent again, as often as it was. */
    get sentTwice() {
      const sent = tokens.map(({ code, refresh_token: token }) => code ?? token).filter(Boolean);
      return sent.filter((token, index) => sent.indexOf(token) !== index).map(fingerprint);
    },

    get refreshes() {
      return tokens.filter(({ grant_type: type }) => type === "refresh_token").length;
    },

    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
  return line;
}

const newGate = () => {
  let hasArrived = false;
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  const pass = () => ((hasArrived = true), opened);
  return { pass, arrived: () => until("the token request arrives", () => hasArrived), open };
};

const fingerprint = (token) => createHash("sha256").update(token).digest("hex").slice(0, 8);

const parsed = (text) => {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
};

const ask = (url, init, body) =>
  new Promise((resolve, reject) => {
    const request = send(url, init, async (answer) => {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() });
    });
    request.on("error", reject);
    request.end(body);
  });
