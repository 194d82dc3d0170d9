// Node's own server. Put it behind the proxy that also serves your page, so that both have one origin.

import { createRequestListener } from "@remix-run/node-fetch-server";
import { createServer } from "node:http";
import { createMediator } from "../mediator.mjs";
import { optionsFrom } from "./options.mjs";

const server = createServer(createRequestListener(createMediator(optionsFrom(process.env))));
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.info(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` }));
});
