// The code of docs/uploads-and-other-clients.md, as it stands there, against the demo's API.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { root, target } from "../../scripts/run.mjs";
import { packages } from "../../scripts/setup.mjs";
import { Apps } from "../support/app.mjs";
import { inTwoEngines, until } from "../support/browsers.mjs";
import { tokenRequests } from "../support/demo.mjs";
import { pack } from "../support/package.mjs";

const PAGE = "docs/uploads-and-other-clients.md";
const ECHO = "/rest/v1.0/echo";
const SIZE = 3_000_000;
const SHA = createHash("sha256").update(Buffer.alloc(SIZE, "a")).digest("hex");

/** The page's files, bundled to one script that leaves them in `clients`, each by its name. */
async function bundle() {
  const missing = await packages("tests/clients");
  if (missing) throw new Error(missing);
  const folder = join(target, "clients");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = [...readFileSync(join(root, PAGE), "utf8").matchAll(/^```ts\n\/\/ ([\w-]+)\.ts\n([^]*?)^```$/gm)];
  for (const [, name, code] of files) writeFileSync(join(folder, `${name}.ts`), code);
  const entry = files.map(([, name]) => `import * as ${name.replace("-", "_")} from "./${name}.ts";`).join("\n");
  const names = files.map(([, name]) => name.replace("-", "_"));
  const { outputFiles } = await build({
    stdin: { contents: `${entry}\nwindow.clients = { ${names} };`, resolveDir: folder },
    bundle: true,
    format: "iife",
    write: false,
    nodePaths: [join(root, "tests/clients/node_modules")],
  });
  return outputFiles[0].text;
}

let packed, script;
before(async () => {
  packed = await pack();
  script = await bundle();
});
after(() => packed?.remove());

inTwoEngines("clients", (browser) => {
  const apps = new Apps(browser, () => packed);

  const signedIn = async (t) => {
    const app = await apps.start(t);
    const outcome = await apps.signIn(app.visitor);
    assert.equal(outcome.value?.handled, true, JSON.stringify(outcome));
    await browser.driver.executeScript(`${script}; window.apiOrigin = arguments[0];`, app.sandbox.origin);
    return app;
  };
  const refuseOnce = ({ switches }) => switches.set({ apiStatus: { status: 401, times: 1, headers: {} } });
  const renewals = (sandbox) => tokenRequests(sandbox).length - 1;
  const arrived = ({ requests }, path = ECHO) => requests.filter((request) => request.path === path && request.method !== "OPTIONS").length;
  const message = (call) => apps.call(`${call}.catch(({ message }) => message)`);
  const UPLOAD = `clients.upload.upload(auth, "${ECHO}", new Blob(["a".repeat(${SIZE})]), { companyId: "42", onProgress, signal })`;
  const uploaded = (also = "") => `(async () => {
    const seen = [];
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = (sent, total) => { seen.push([sent, total]); ${also} };
    const { status, responseText } = await ${UPLOAD};
    return { status, seen, told: JSON.parse(responseText) };
  })()`;

  test("an upload tells of its progress, and arrives whole, with the company's ID", async (t) => {
    await signedIn(t);
    const { value } = await apps.call(uploaded());
    assert.equal(value.status, 200);
    assert.deepEqual([value.told.length, value.told.sha256, value.told.company_id], [SIZE, SHA, "42"]);
    assert.ok(value.seen.length >= 1);
    assert.deepEqual(value.seen.at(-1), [SIZE, SIZE]);
  });

  test("an upload that is refused once is sent again with a new token", async (t) => {
    const { sandbox } = await signedIn(t);
    refuseOnce(sandbox);
    const { value } = await apps.call(uploaded());
    assert.deepEqual([value.status, value.told.sha256, renewals(sandbox), arrived(sandbox)], [200, SHA, 1, 2]);
  });

  test("an upload ends with its signal", async (t) => {
    await signedIn(t);
    assert.deepEqual(await message(uploaded(`controller.abort(new Error("enough"));`)), { value: "enough" });
  });

  test("an upload ends with its session", async (t) => {
    await signedIn(t);
    assert.deepEqual(await message(uploaded("auth.signOut();")), { value: "the session has ended" });
  });

  test("what is not the API's gets no headers", async (t) => {
    await signedIn(t);
    const { error } = await apps.call(`clients.upload.upload(auth, "https://storage.example/upload", "x")`);
    assert.equal(error, "resource_origin_forbidden");
  });

  const CLIENTS = {
    "openapi-fetch": [`clients.openapi.createApi(auth, apiOrigin, "4268").GET("/rest/v1.0/projects")`, "response.status"],
    "axios, by fetch": [`clients.axios_fetch.createHttp(auth, apiOrigin).get("/rest/v1.0/companies", { params: { page: 1 } })`, "status"],
    "axios, by XMLHttpRequest": [`clients.axios_xhr.createHttp(auth, apiOrigin, "4268").get("/rest/v1.0/projects", { params: { page: 1 } })`, "status"],
  };
  for (const [name, [call, status]] of Object.entries(CLIENTS)) {
    const asked = `(async () => { const answer = await ${call}; return { status: answer.${status}, count: answer.data.length }; })()`;

    test(`${name} asks the API, and once more with a new token`, async (t) => {
      const { sandbox } = await signedIn(t);
      const { value } = await message(asked);
      assert.equal(value.status, 200, String(value));
      assert.ok(value.count > 0);
      refuseOnce(sandbox);
      assert.deepEqual(await apps.call(asked), { value });
      assert.equal(renewals(sandbox), 1);
    });
  }

  test("axios, by XMLHttpRequest, hands a second refusal over", async (t) => {
    const { sandbox } = await signedIn(t);
    sandbox.switches.set({ apiStatus: { status: 401, times: 2, headers: {} } });
    const call = `${CLIENTS["axios, by XMLHttpRequest"][0]}.catch((error) => error.response.status)`;
    assert.deepEqual(await apps.call(call), { value: 401 });
    assert.equal(renewals(sandbox), 1);
  });

  test("axios tells of the progress of an upload, and ends with its signal", async (t) => {
    await signedIn(t);
    const post = (also) => `(async () => {
      const seen = [];
      const controller = new AbortController();
      const onUploadProgress = ({ loaded }) => { seen.push(loaded); ${also} };
      const http = clients.axios_xhr.createHttp(auth, apiOrigin, "42");
      const { data } = await http.post("${ECHO}", new Blob(["a".repeat(${SIZE})]), { onUploadProgress, signal: controller.signal });
      return { last: seen.at(-1), sha256: data.sha256, company: data.company_id };
    })()`;
    assert.deepEqual(await apps.call(post("")), { value: { last: SIZE, sha256: SHA, company: "42" } });
    // The error of axios has the whole request in it.
    assert.deepEqual(await apps.call(`${post("controller.abort();")}.catch(({ code }) => code)`), { value: "ERR_CANCELED" });
  });

  test("a picture is shown from what came", async (t) => {
    const { sandbox } = await signedIn(t);
    const failed = await message(`clients.picture.show(auth, "/rest/v1.0/nothing", new Image())`);
    assert.deepEqual(failed, { value: "/rest/v1.0/nothing: 404" });
    await apps.call(`clients.picture.show(auth, "/rest/v1.0/companies", (window.picture = new Image()))`);
    await until("its URL is given back", () => browser.driver.executeScript("return picture.src.startsWith('blob:') && picture.complete"));
    assert.equal(arrived(sandbox, "/rest/v1.0/companies"), 1);
  });
});
