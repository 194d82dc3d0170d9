// Sentences 23 to 25: what it says. Every other answer is looked at in the same way; these are those that tempt it.

import { must, NotSeen } from "../scene.mjs";
import { hasSecret } from "../answer.mjs";
import { send } from "../client.mjs";

const JSON_TYPE = { "content-type": "application/json" };

/** Everything that was sent, in every place where a server might repeat it. */
const echo = (fields) => {
  const all = new URLSearchParams(fields).toString();
  return {
    error_description: `You sent ${all}`,
    error_uri: `https://login.example.com/?${all}`,
    state: fields.client_secret,
    id_token: fields.client_secret,
    request: fields,
    [fields.client_secret]: all,
  };
};

const WRONG_TYPES = { scope: ["read", "write"], created_at: "yesterday" };

export const whatItSays = [
  {
    sentence: 23,
    what: "a server that repeats what it was sent, with tokens",
    async run(scene) {
      for (const more of [
        echo,
        (fields) => ({ scope: `read ${fields.client_secret}` }),
        (fields) => ({ scope: fields.refresh_token ?? fields.code_verifier }),
        () => WRONG_TYPES,
        (fields) => ({ created_at: { secret: fields.client_secret } }),
      ]) {
        const change = (members, fields) => ({ ...members, ...more(fields) });
        const page = scene.page();
        const grant = scene.procore.code({ client: scene.main });
        scene.procore.next(grant.code, { change });
        const answer = await page.redeem(grant);
        // Whether such an answer counts is the mediator's to say; what it tells is not.
        if (answer.status !== 200) continue;
        scene.procore.next(grant.family.refresh, { change });
        await page.renew(answer.json.session_handle);
        await page.resume();
      }
    },
  },
  {
    sentence: 23,
    what: "the secret, a refresh token, a code or a verifier in the place of the access token",
    async run(scene) {
      for (const name of ["client_secret", "code", "code_verifier"]) {
        const grant = scene.procore.code({ client: scene.main });
        scene.procore.next(grant.code, { change: (members, fields) => ({ ...members, access_token: fields[name] }) });
        await scene.page().redeem(grant);
      }
      for (const place of [
        (members) => members.refresh_token,
        (members, fields) => fields.refresh_token,
        (members, fields) => fields.client_secret,
      ]) {
        const { page, handle, family } = await scene.signedIn();
        scene.procore.next(family.refresh, {
          change: (members, fields) => ({ ...members, access_token: place(members, fields) }),
        });
        await page.renew(handle);
        await page.resume();
      }
    },
  },
  {
    sentence: 23,
    what: "a server that repeats what it was sent, with an error",
    async run(scene) {
      for (const [status, error] of [
        [400, "invalid_grant"],
        [401, "invalid_client"],
        [400, "invalid_request"],
        [400, "secret"],
        [403, "access_denied"],
        [429, "slow_down"],
        [500, "server_error"],
        [418, "secret"],
      ]) {
        const { page, handle, family } = await scene.signedIn();
        const { clientSecret } = scene.main;
        const words = echo({ client_secret: clientSecret, refresh_token: family.refresh });
        const body = { ...words, error: error === "secret" ? clientSecret : error, retry_after: clientSecret };
        const answer = {
          status,
          headers: { ...JSON_TYPE, "retry-after": "40", "x-secret": clientSecret, warning: clientSecret },
          body,
        };
        scene.procore.next(family.refresh, { answer });
        await page.renew(handle);
        await page.resume();
        const grant = scene.procore.code({ client: scene.main });
        scene.procore.next(grant.code, { answer });
        await page.redeem(grant);
      }
    },
  },
  {
    sentence: 23,
    what: "a server that repeats what it was sent, when tokens are revoked",
    async run(scene) {
      for (const status of [200, 400, 503]) {
        const { page, handle, access, family } = await scene.signedIn();
        const body = echo({ client_secret: scene.main.clientSecret, token: family.refresh });
        for (const token of [access, family.refresh])
          scene.procore.next(token, { answer: { status, headers: JSON_TYPE, body } });
        await page.revoke(handle, access);
      }
    },
  },
  {
    sentence: 23,
    what: "a Retry-After that is none",
    async run(scene) {
      for (const value of ["-1", "1e9", "99999999999999999999", "soon", "<b>", scene.main.clientSecret]) {
        const { page, handle, family } = await scene.signedIn();
        scene.procore.next(family.refresh, { answer: { status: 429, headers: { "retry-after": value }, body: "" } });
        const answer = await page.renew(handle);
        must(
          answer.status === 429 && answer.json.retry_after > 0,
          "a 429 without a time is not passed on as one with a time",
        );
      }
    },
  },
  {
    sentence: 24,
    what: "redirects of the token endpoint and of the revocation endpoint",
    async run(scene) {
      for (const status of [301, 302, 303, 307, 308]) {
        const answer = { status, headers: { location: `${scene.procore.trap}/elsewhere` }, body: "" };
        const grant = scene.procore.code({ client: scene.main });
        scene.procore.next(grant.code, { answer });
        must((await scene.page().redeem(grant)).status >= 400, `a redirected code is answered`);
        const { page, handle, access, family } = await scene.signedIn();
        for (const token of [access, family.refresh]) scene.procore.next(token, { answer });
        must((await page.renew(handle)).status >= 400, "a redirected renewal is answered");
        must((await page.revoke(handle, access)).status >= 400, "a redirected revocation is said to be one");
      }
    },
  },
  {
    sentence: 25,
    what: "all that it has logged, and its metrics",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn();
      const { refresh } = family;
      const { value } = page.session;
      scene.procore.next(refresh, { lose: "after" });
      await page.renew(handle);
      await page.renew(handle, { headers: { cookie: `${page.cookie}x` } });
      await page.revoke(handle, access);
      const logs = scene.target.logs();
      const asked = scene.target.addresses().map((url) => send(`${url}/metrics`, { method: "GET" }));
      const metrics = (await Promise.all(asked)).map(({ text }) => text);
      const all = [...metrics, logs ?? ""].join("\n");
      const { secrets, accessTokens } = scene.procore;
      const isOut =
        hasSecret(all, secrets) ||
        hasSecret(all, accessTokens) ||
        [scene.cookieKey, handle, value].some((text) => all.includes(text));
      must(!isOut, "a secret, a token, a code, a verifier, a handle or a cookie is in its logs or metrics");
      if (logs === undefined) throw new NotSeen("its logs are seen only if the kit starts it (--start)");
    },
  },
];
