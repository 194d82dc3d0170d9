// A record of any size in the tab's storage, which somebody else has written, through the built package.

import assert from "node:assert/strict";
import test from "node:test";
import { createProcoreAuth } from "../../pkg/dist/index.js";
import { becomePage } from "./page.mjs";

const REDIRECT_URI = "https://app.example/callback";
const STATE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const KEY = `procore-spa-auth:${STATE}`;
const options = { credentials: { production: { clientId: "CID", redirectUris: [REDIRECT_URI] } } };

const keys = (count) => `{${Array.from({ length: count }, (_, at) => `"k${at}":0`)}}`;

const records = {
  "60,000 keys": keys(60_000),
  "600,000 keys": keys(600_000),
  "5 MB of text": JSON.stringify({ v: 1, state: "x".repeat(5_000_000) }),
  "5 MB of white space": " ".repeat(5_000_000),
  "nothing but brackets": "[".repeat(5_000_000),
};

test("a link of any length is not looked into beyond its bound, nor is the note of spent states", async (t) => {
  const states = Array.from({ length: 200_000 }, (_, at) => `&state=${at}`).join("");
  becomePage(`${REDIRECT_URI}?code=C1${states}`);
  sessionStorage.setItem("procore-spa-auth.spent", "x,".repeat(2_000_000));
  const { mock } = t.mock.method(sessionStorage, "getItem");
  await assert.rejects(createProcoreAuth(options).handleRedirect(), { code: "response_too_large" });
  assert.ok(mock.callCount() < 20_000, `${mock.callCount()} looks into storage`);
});

for (const [name, record] of Object.entries(records)) {
  test(`a stored record is refused by its size: ${name}`, async () => {
    const page = becomePage(`${REDIRECT_URI}?code=C1&state=${STATE}`);
    sessionStorage.setItem(KEY, record);
    const auth = createProcoreAuth(options);
    await assert.rejects(auth.handleRedirect(), { code: "storage_corrupt" });
    assert.equal(sessionStorage.getItem(KEY), null, "it is taken, as any damaged one");
    assert.equal(page.url.href, REDIRECT_URI, "and the URL is scrubbed");
  });
}
