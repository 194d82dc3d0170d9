// Serves by what a framework's build exports for Node's server: node listen.mjs MODULE NAME

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [, , module, name] = process.argv;
const { [name]: handle } = await import(pathToFileURL(module).href);
const server = createServer((request, response) => handle(request, response, () => response.writeHead(404).end()));
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
