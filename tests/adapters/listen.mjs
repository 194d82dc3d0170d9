// Serves by what a framework's build exports for Node's server, and a folder of files: node listen.mjs MODULE NAME [FOLDER]

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , module, name, folder] = process.argv;
const { [name]: handle } = await import(pathToFileURL(module).href);

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const file = folder && extname(pathname) === ".js" && join(folder, pathname);
  if (file && existsSync(file)) return response.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(file));
  return handle(request, response, () => response.writeHead(404).end());
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
