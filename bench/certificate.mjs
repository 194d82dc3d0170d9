// A self-signed certificate for this machine, made anew for each run: good for a day, and by nobody trusted but a browser that
// is told to.

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** `{ key, cert }`, as `https.createServer` takes them (RFC 5280 §4.1, in DER). */
export function makeCertificate() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const now = Date.now();
  const name = sequence(set(sequence(oid(COMMON_NAME), tagged(UTF8_STRING, Buffer.from("localhost")))));
  const signed = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ALGORITHM,
    name,
    sequence(time(now - DAY), time(now + DAY)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(sequence(oid(ALTERNATIVE_NAMES), tagged(OCTET_STRING, sequence(tagged(DNS_NAME, Buffer.from("localhost"))))))),
  );
  const signature = tagged(BIT_STRING, Buffer.of(0), sign("sha256", signed, privateKey));
  const text = sequence(signed, ALGORITHM, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: `-----BEGIN CERTIFICATE-----\n${text.match(/.{1,64}/g).join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

const DAY = 86_400_000;
const [INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8_STRING, UTC_TIME, SEQUENCE, SET, DNS_NAME] = [2, 3, 4, 6, 12, 0x17, 0x30, 0x31, 0x82];

function tagged(tag, ...parts) {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...bytes), content]);
}

const sequence = (...parts) => tagged(SEQUENCE, ...parts);
const set = (...parts) => tagged(SET, ...parts);
const integer = (bytes) => tagged(INTEGER, bytes);
const oid = (hex) => tagged(OID, Buffer.from(hex, "hex"));
const time = (milliseconds) => {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, "").slice(2, 14);
  return tagged(UTC_TIME, Buffer.from(`${digits}Z`));
};

/** 2.5.4.3, 2.5.29.17, and ecdsa-with-SHA256. */
const [COMMON_NAME, ALTERNATIVE_NAMES] = ["550403", "551d11"];
const ALGORITHM = sequence(oid("2a8648ce3d040302"));
