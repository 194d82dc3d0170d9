// A page without an origin of its own, which no sign-in could come back to, is told so before anything else.

import assert from "node:assert/strict";
import test from "node:test";
import { createProcoreAuth } from "../../pkg/dist/index.js";
import { becomePage } from "../docs/page.mjs";

const credentials = { production: { clientId: "CID", redirectUris: ["https://app.example/cb"] } };

const PAGES = [
  ["file:///home/pat/index.html", undefined],
  ["about:blank", "null"],
  ["data:text/html,app", "null"],
  ["blob:https://app.example/0a0b", "null"],
  ["chrome-extension://abcdefghijklmnop/page.html", "chrome-extension://abcdefghijklmnop"],
  // A frame with `sandbox` and without `allow-same-origin`.
  ["https://app.example/cb", "null"],
];

for (const [href, origin] of PAGES) {
  test(`${href}, origin ${origin}`, async () => {
    becomePage(href);
    globalThis.origin = origin;
    const auth = createProcoreAuth({ credentials });
    for (const call of [() => auth.ready(), () => auth.signIn(), () => auth.fetch("/rest/v1.0/me")]) {
      await assert.rejects(call, { name: "ProcoreAuthError", code: "page_without_origin", phase: "start" });
    }
  });
}

test("a page that has one is none of these", async () => {
  becomePage("https://app.example/cb?code=1#x");
  for (const origin of ["https://app.example", undefined, "a global of the app's"]) {
    globalThis.origin = origin;
    await createProcoreAuth({ credentials }).ready();
  }
});
