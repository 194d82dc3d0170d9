// Files that carry a secret besides scripts: what else is published, and what holds other files.

import { crc32, deflateRawSync, gzipSync } from "node:zlib";

const json = JSON.stringify;
const script = (secret) => `globalThis.body={client_secret:${json(secret)}};`;

/** A WebAssembly module whose only data is `bytes`. */
function wasm(bytes) {
  const section = (id, body) => [id, ...leb(body.length), ...body];
  const data = [1, 0, 0x41, 0, 0x0b, ...leb(bytes.length), ...bytes];
  return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(5, [1, 0, 1]), ...section(11, data)]);
}

const leb = (number) => (number < 128 ? [number] : [(number & 127) | 128, ...leb(number >>> 7)]);

/** A tar archive (POSIX ustar) of `{ name: text }`. */
export function tar(files) {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const body = Buffer.from(content);
    const head = Buffer.alloc(512);
    head.write(name);
    head.write("0000644\0" + "0000000\0".repeat(2) + body.length.toString(8).padStart(11, "0") + "\0" + "0".repeat(11) + "\0" + " ".repeat(8) + "0", 100);
    head.write("ustar\0" + "00", 257);
    head.write(head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ", 148);
    return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A ZIP archive (PKWARE's APPNOTE 4.3) of `{ name: text }`, deflated. */
export function zip(files) {
  const locals = [];
  const entries = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const body = Buffer.from(content);
    const packed = deflateRawSync(body);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), packed]);
    const more = Buffer.alloc(14);
    more.writeUInt32LE(at, 10);
    entries.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), common, more, Buffer.from(name)]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** `{ id: [name of the file, (secret) => its bytes] }`: beside a name that says what it is. */
export const containers = {
  html: ["index.html", (secret) => `<!doctype html><meta name="client-secret" content="${secret}"><p>Hello</p>`],
  "html, inline script": ["page.html", (secret) => `<!doctype html><script>window.__ENV={CLIENT_SECRET:"${secret}"}</script>`],
  css: ["style.css", (secret) => `body{color:red}/* client_secret: "${secret}" */`],
  json: ["settings.json", (secret) => json({ procore: { client_id: "CID", client_secret: secret } }, null, 2)],
  ".env": [".env.production", (secret) => `PROCORE_CLIENT_ID=CID\nPROCORE_CLIENT_SECRET=${secret}\n`],
  "service worker": ["sw.js", (secret) => `self.addEventListener("fetch",(e)=>e.waitUntil(f({clientSecret:"${secret}"})));`],
  "WebAssembly": ["app.wasm", (secret) => wasm(Buffer.from(`\0\0client_secret=${secret}\0\0`))],
  "source map": [
    "app.js.map",
    (secret) => json({ version: 3, sources: ["../src/token.ts"], names: [], mappings: "AAAA", sourcesContent: [`// dev only:\nconst CLIENT_SECRET = "${secret}";\n`] }),
  ],
  "source map, inline": [
    "inline.js",
    (secret) => {
      const map = json({ version: 3, sources: ["a.ts"], names: [], mappings: "AAAA", sourcesContent: [`const CLIENT_SECRET = "${secret}";`] });
      return `a();\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}\n`;
    },
  ],
  "UTF-16": ["legacy.js", (secret) => Buffer.from(`\ufeffvar client_secret = "${secret}";\r\n`, "utf16le")],
  "npm tarball": ["app-1.0.0.tgz", (secret) => gzipSync(tar({ "package/dist/app.js": script(secret) }))],
  tar: ["layer.tar", (secret) => tar({ "usr/share/nginx/html/app.js": script(secret) })],
  zip: ["site.zip", (secret) => zip({ "site/app.js": script(secret), "site/index.html": "<p>Hello</p>" })],
  "archive in an archive": ["all.zip", (secret) => zip({ "app-1.0.0.tgz": gzipSync(tar({ "package/app.js": script(secret) })) })],
  gzip: ["app.js.gz", (secret) => gzipSync(script(secret))],
};

/** The same for a value that is known, with no name beside it. */
export const knownContainers = {
  "WebAssembly, raw": ["raw.wasm", (secret) => wasm(Buffer.from(`\0${secret}\0`))],
  "WebAssembly, UTF-16": ["utf16.wasm", (secret) => wasm(Buffer.from(secret, "utf16le"))],
  "UTF-16 script": ["utf16.js", (secret) => Buffer.from(`\ufeffkeep(${json(secret)});`, "utf16le")],
  html: ["known.html", (secret) => `<p data-x="${secret.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;")}">`],
  "source map": ["known.js.map", (secret) => json({ version: 3, sources: ["a.ts"], names: [], mappings: "", sourcesContent: [`keep(${json(secret)})`] })],
  "npm tarball": ["known.tgz", (secret) => gzipSync(tar({ "package/a.js": `keep(${json(secret)})` }))],
};
