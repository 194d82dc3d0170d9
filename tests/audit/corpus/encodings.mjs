// The forms in which a value that is known to be secret may stand in a build, where nothing near it says what it is.

import { parts } from "./secrets.mjs";

const json = JSON.stringify;
const base64 = (text) => Buffer.from(text).toString("base64");
const use = (expression) => `globalThis.keep(${expression});`;

/** `{ id: (secret) => source }`. */
export const encodings = {
  raw: (secret) => use(json(secret)),
  "json-escaped": (secret) => use(json(json({ app: { note: "it's `so`", value: secret } }))),
  base64: (secret) => use(json(base64(secret))),
  "base64, one byte in": (secret) => use(json(base64(`:${secret}`))),
  "base64, two bytes in": (secret) => use(json(base64(`a:${secret}`))),
  base64url: (secret) => use(json(Buffer.from(secret).toString("base64url"))),
  hex: (secret) => use(json(Buffer.from(secret).toString("hex"))),
  "hex, upper case": (secret) => use(json(Buffer.from(secret).toString("hex").toUpperCase())),
  "URL-encoded": (secret) => use(json(`/go?to=${encodeURIComponent(secret)}&x=1`)),
  "form-encoded": (secret) => use(json(`a=1&${new URLSearchParams({ value: secret })}`)),
  reversed: (secret) => use(json([...secret].reverse().join(""))),
  "two literals": (secret) => use(parts(secret, 2).map(json).join(" + ")),
  "three literals": (secret) => use(parts(secret, 3).map(json).join(" + ")),
  joined: (secret) => use(`[${parts(secret, 3).map(json).join(", ")}].join("")`),
  "character codes": (secret) =>
    use(`String.fromCharCode(${Array.from({ length: secret.length }, (_, at) => secret.charCodeAt(at)).join(", ")})`),
  "\\x and \\u": (secret) => use(`"${[...secret].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`),
};
