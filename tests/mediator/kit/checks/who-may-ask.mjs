// Sentences 1 to 3: who may ask, and how.

import { must, mustBe, mustHaveTokens, mustLeaveCookie, mustNotBeSent, NotSeen, redeeming, told } from "../scene.mjs";
import { random } from "../procore.mjs";
import { TOKEN_PATH } from "../settings.mjs";

const REVOKE_PATH = TOKEN_PATH.replace("token", "revoke");
const BIG = 16 * 1024;

const foreignOrigins = (origin) => ({
  "no Origin": undefined,
  "the Origin null": "null",
  "an empty Origin": "",
  "an Origin with a slash at the end": `${origin}/`,
  "an Origin with another port": `${origin}:8443`,
  "an Origin with another scheme": origin.replace("https:", "http:"),
  "the Origin of a subdomain": origin.replace("//", "//sub."),
  "an Origin that begins alike": `${origin}.evil.example`,
  "an Origin in capitals": origin.toUpperCase(),
  "an Origin that is only a host": origin.replace("https://", ""),
  "two Origins": `${origin}, ${origin}`,
});

/** A redemption, a renewal and a revocation that would all succeed, sent with these headers. */
async function mustRefuse(scene, headers, what) {
  const { page, handle, access, family } = await scene.signedIn();
  const grant = scene.procore.code({ client: scene.main });
  const before = scene.procore.requests.length;
  for (const answer of [
    await page.redeem(grant, { headers }),
    await page.renew(handle, { headers }),
    await page.resume({ headers }),
    await page.revoke(handle, access, { headers }),
  ]) {
    mustBe(answer, 403, "invalid_request", what);
    mustLeaveCookie(answer, what);
  }
  must(
    scene.procore.requests.length === before && !scene.procore.isRevoked(family.access),
    `${what}: something was sent to Procore`,
  );
}

async function mustRefuseRequest(scene, status, options, what, path = TOKEN_PATH) {
  const before = scene.procore.requests.length;
  const page = scene.page();
  const answer = await page.post(path, redeeming(scene.procore.code({ client: scene.main })), options);
  if (options.method === "HEAD" || status === 404) must(answer.status === status, `${what}: ${told(answer)}`);
  else mustBe(answer, status, "invalid_request", what);
  must(scene.procore.requests.length === before, `${what}: something was sent to Procore`);
}

export const whoMayAsk = [
  {
    sentence: 1,
    what: "another origin is refused",
    async run(scene) {
      for (const [what, origin] of Object.entries(foreignOrigins(scene.main.origin)))
        await mustRefuse(scene, { origin }, what);
    },
  },
  {
    sentence: 1,
    what: "the origin of another application is refused",
    async run(scene) {
      if (!scene.target.hasOther) throw new NotSeen("it knows one application only (--one-application)");
      await mustRefuse(scene, { origin: scene.other.origin }, "the Origin of another application");
    },
  },
  {
    sentence: 1,
    what: "Sec-Fetch-Site is heard",
    async run(scene) {
      for (const site of ["cross-site", "same-site", "none"]) {
        await mustRefuse(scene, { "sec-fetch-site": site }, `Sec-Fetch-Site: ${site}`);
      }
      const { page, handle } = await scene.signedIn();
      mustHaveTokens(
        await page.renew(handle, { headers: { "sec-fetch-site": "same-origin" } }),
        "Sec-Fetch-Site: same-origin",
      );
    },
  },
  {
    sentence: 2,
    what: "other methods, at both paths",
    async run(scene) {
      for (const path of [TOKEN_PATH, REVOKE_PATH]) {
        for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
          const body = method === "GET" || method === "HEAD" ? [] : undefined;
          await mustRefuseRequest(scene, 405, { method, body }, `${method} ${path}`, path);
        }
      }
    },
  },
  {
    sentence: 2,
    what: "other content types",
    async run(scene) {
      const types = [
        undefined,
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded-x",
        "text/plain; application/x-www-form-urlencoded",
      ];
      for (const type of types)
        await mustRefuseRequest(scene, 415, { headers: { "content-type": type } }, `the content type ${type}`);
      for (const type of ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8"]) {
        const grant = scene.procore.code({ client: scene.main });
        mustHaveTokens(
          await scene.page().redeem(grant, { headers: { "content-type": type } }),
          `the content type ${type}`,
        );
      }
    },
  },
  {
    sentence: 2,
    what: "bodies over 16 KiB, with and without a length, and none below",
    async run(scene) {
      const form = (length) =>
        `client_id=${scene.main.clientId}&grant_type=refresh_token&session_handle=`.padEnd(length, "x");
      const long = form(BIG + 1);
      await mustRefuseRequest(scene, 413, { body: long }, "a body of 16 KiB and a byte");
      await mustRefuseRequest(scene, 413, { body: [long] }, "the same in one chunk");
      await mustRefuseRequest(scene, 413, { body: [long.slice(0, 9000), long.slice(9000)] }, "the same in two chunks");
      await mustRefuseRequest(scene, 413, { body: "x".repeat(300_000) }, "a body of 300 KB");
      const answer = await scene.page().post(TOKEN_PATH, {}, { body: form(BIG) });
      must(answer.status !== 413, "a body of 16 KiB is refused with 413");
    },
  },
  {
    sentence: 2,
    what: "other paths",
    async run(scene) {
      for (const path of ["/oauth/other", `${TOKEN_PATH}x`, "/oauth/token/revoke"])
        await mustRefuseRequest(scene, 404, {}, path, path);
    },
  },
  {
    sentence: 2,
    what: "fields that are there twice, and values that are not known",
    async run(scene) {
      const { page, handle } = await scene.signedIn();
      const grant = redeeming(scene.procore.code({ client: scene.main }));
      const redeem = { client_id: scene.main.clientId, ...grant };
      const renew = { client_id: scene.main.clientId, grant_type: "refresh_token", session_handle: handle };
      const text = (fields, more = "") => new URLSearchParams(fields).toString() + more;
      const bodies = {
        ...Object.fromEntries(
          Object.entries(redeem).map(([name, value]) => [
            `${name} twice`,
            text(redeem, `&${new URLSearchParams({ [name]: value })}`),
          ]),
        ),
        "session_handle twice": text(renew, `&session_handle=${handle}`),
        "a code that is there twice, the other one empty": text(redeem, "&code="),
        "an unknown client_id": text({ ...redeem, client_id: random() }),
        "no client_id": text({ ...redeem, client_id: "" }),
        "a client_id as JavaScript objects inherit": text({ ...redeem, client_id: "__proto__" }),
        "the grant_type client_credentials": text({ ...redeem, grant_type: "client_credentials" }),
        "the grant_type password": text({ ...redeem, grant_type: "password" }),
        "the grant_type constructor": text({ ...redeem, grant_type: "constructor" }),
        "no grant_type": text({ ...redeem, grant_type: "" }),
        "another redirect_uri": text({ ...redeem, redirect_uri: "https://evil.example/callback" }),
        "a redirect_uri with a slash at the end": text({ ...redeem, redirect_uri: `${grant.redirect_uri}/` }),
        "a redirect_uri with a query": text({ ...redeem, redirect_uri: `${grant.redirect_uri}?x=1` }),
        "no redirect_uri": text({ ...redeem, redirect_uri: "" }),
        "no body": "",
      };
      const before = scene.procore.requests.length;
      for (const [what, body] of Object.entries(bodies)) {
        const answer = await page.post(TOKEN_PATH, {}, { body });
        mustBe(answer, 400, "invalid_request", what);
        mustLeaveCookie(answer, what);
      }
      must(scene.procore.requests.length === before, "something was sent to Procore");
      mustHaveTokens(await page.renew(handle), "a renewal after all that");
    },
  },
  {
    sentence: 2,
    what: "fields that are there twice, at revoke",
    async run(scene) {
      const { page, handle, access } = await scene.signedIn();
      const fields = new URLSearchParams({ client_id: scene.main.clientId, session_handle: handle, token: access });
      for (const more of [`&token=${access}`, `&session_handle=${handle}`, `&client_id=${scene.main.clientId}`]) {
        mustBe(
          await page.post(REVOKE_PATH, {}, { body: `${fields}${more}` }),
          400,
          "invalid_request",
          more.slice(1).split("=")[0],
        );
      }
      mustNotBeSent(scene, access, 0, "a field twice at revoke");
    },
  },
  {
    sentence: 3,
    what: "no answer to another origin, or to a preflight, has a header of CORS",
    async run(scene) {
      const { page, handle } = await scene.signedIn();
      const asks = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
      for (const origin of ["https://evil.example", scene.main.origin, "null"]) {
        await page.post(TOKEN_PATH, {}, { method: "OPTIONS", body: [], headers: { ...asks, origin } });
        await page.renew(handle, { headers: { origin } });
      }
    },
  },
];
