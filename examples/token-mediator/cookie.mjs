// The cookie that a session lives in: its header by RFC 6265, its content as an encrypted JWT would be, by RFC 7516.
//
// No cookie library: those that there are decode names or values, and hide a name that is there twice.

import { CompactEncrypt, compactDecrypt } from "jose";

/** A name for each application, so that two of them on one origin don't lose each other's sessions. */
export const cookieName = ({ clientId }) => `__Host-procore-${clientId}`;

/** The cookie's value. Where the name is there twice, nobody knows who has set which: none. */
export function readCookie(header, name) {
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** The value of `Set-Cookie`; without a value, one that removes the cookie. */
export function writeCookie(name, value, maxAge) {
  const life = value === undefined ? "; Max-Age=0" : maxAge === undefined ? "" : `; Max-Age=${maxAge}`;
  return `${name}=${value ?? ""}; Path=/${life}; Secure; HttpOnly; SameSite=Strict`;
}

/** Seals sessions and opens them. With 96 random bits a message, GCM wants a new key long before 2³² of them. */
export function createSeal(keys) {
  const [{ id, bytes }] = keys;
  return {
    seal(session) {
      const plaintext = new TextEncoder().encode(JSON.stringify(session));
      return new CompactEncrypt(plaintext).setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: id }).encrypt(bytes);
    },

    /** The session of this application; nothing, if the text is damaged, forged, of another key or of another application. */
    async open(sealed, { clientId, loginOrigin }) {
      try {
        /** @param {{ kid?: string }} header */
        const key = ({ kid }) => keys.find((candidate) => candidate.id === kid)?.bytes;
        const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
        const { plaintext } = await compactDecrypt(sealed, key, only);
        const session = JSON.parse(new TextDecoder().decode(plaintext));
        return session.client === clientId && session.login === loginOrigin ? session : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
