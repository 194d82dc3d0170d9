// Sentences 7 to 10: signing in.

import { arrival, must, mustBe, mustBeOver, mustHaveTokens, mustLeaveCookie, mustNotBeSent, told } from "../scene.mjs";

const HTML = { status: 403, headers: { "content-type": "text/html" }, body: "<h1>Forbidden</h1>" };

export const signingIn = [
  {
    sentence: 7,
    what: "the code goes to Procore once, as the page has sent it, with the secret",
    async run(scene) {
      const grant = scene.procore.code({ client: scene.main });
      mustHaveTokens(await scene.page().redeem(grant), "a sign-in");
      const [sent, ...more] = scene.procore.requests.filter(({ value }) => value === grant.code);
      must(!more.length, "the code was sent more than once");
      must(sent.fields.code_verifier === grant.verifier, "the code verifier was not passed on");
      must(sent.fields.redirect_uri === grant.redirectUri, "the redirect URI was not passed on");
    },
  },
  {
    sentence: 7,
    what: "200 sets the cookie, with a new handle, of an application with its own secret",
    async run(scene) {
      const page = scene.page();
      const handles = new Set();
      for (let count = 0; count < 3; count++) handles.add((await scene.signIn(page)).handle);
      must(handles.size === 3, "two sessions have one handle");
      if (scene.target.hasOther) await scene.signedIn({ client: scene.other });
    },
  },
  {
    sentence: 7,
    what: "a code that is sent twice by the page is sent once by the mediator",
    async run(scene) {
      const grant = scene.procore.code({ client: scene.main });
      const held = scene.procore.next(grant.code, { hold: true });
      const first = scene.page().redeem(grant);
      await arrival(held, first);
      const second = scene.page().redeem(grant);
      await scene.fence();
      held.release();
      mustHaveTokens(await first, "the first of both");
      await second;
      await scene.page().redeem(grant);
      must(scene.procore.sent(grant.code) === 1, "the code was sent more than once");
    },
  },
  {
    sentence: 7,
    what: "a lost answer to a code leaves it in doubt",
    async run(scene) {
      for (const order of [{ lose: "before" }, { lose: "after" }, { answer: { status: 503, body: {} } }]) {
        const grant = scene.procore.code({ client: scene.main });
        scene.procore.next(grant.code, order);
        const page = scene.page();
        const answer = await page.redeem(grant);
        mustBe(answer, 502, "in_doubt", "a lost answer");
        mustLeaveCookie(answer, "a lost answer");
        await page.redeem(grant);
        must(scene.procore.sent(grant.code) === 1, "a code in doubt was sent again");
      }
    },
  },
  {
    sentence: 7,
    what: "killed in the middle of a sign-in and started again",
    async run(scene) {
      scene.mustHaveJournal();
      const grant = scene.procore.code({ client: scene.main });
      const held = scene.procore.next(grant.code, { hold: true });
      const cut = scene.page().redeem(grant);
      await arrival(held, cut);
      await scene.target.restart();
      held.release();
      await cut.catch(() => {});
      await scene.page().redeem(grant);
      must(scene.procore.sent(grant.code) === 1, "a code in doubt was sent again");
    },
  },
  {
    sentence: 8,
    what: "the tokens of before are not revoked and not used, until the new session is signed out",
    async run(scene) {
      const first = await scene.signedIn();
      const { page } = first;
      const { access, refresh } = first.family;
      const second = await scene.signIn(page);
      for (const token of [access, refresh]) mustNotBeSent(scene, token, 0, "a second sign-in");
      mustHaveTokens(await page.renew(second.handle), "a renewal of the second");
      for (const token of [access, refresh]) mustNotBeSent(scene, token, 0, "a renewal of the second");
      mustBe(await page.revoke(second.handle, second.access), 200, undefined, "the sign-out");
      for (const token of [access, refresh])
        must(scene.procore.isRevoked(token), "a retired token was not revoked with the sign-out");
    },
  },
  {
    sentence: 8,
    what: "nor by a tab that still has the cookie of before",
    async run(scene) {
      const first = await scene.signedIn();
      const tab = first.page.tab();
      await scene.signIn(first.page);
      for (const late of [await tab.renew(first.handle), await tab.resume()]) {
        must(late.status !== 200, "the session of before goes on with the cookie of before");
        mustLeaveCookie(late, "a request with the cookie of before");
      }
      mustNotBeSent(scene, first.family.refresh, 0, "a request with the cookie of before");
    },
  },
  {
    sentence: 8,
    what: "three sign-ins, all tokens of all of them",
    async run(scene) {
      const page = scene.page();
      const sessions = [await scene.signIn(page), await scene.signIn(page), await scene.signIn(page)];
      mustBe(await page.revoke(sessions[2].handle, sessions[2].access), 200, undefined, "the sign-out");
      for (const { family } of sessions)
        for (const token of [family.access, family.refresh])
          must(scene.procore.isRevoked(token), "a token was not revoked with the sign-out");
    },
  },
  {
    sentence: 8,
    what: "a sign-in while the session of before is being renewed retires what comes of that",
    async run(scene) {
      const first = await scene.signedIn();
      const { page, family } = first;
      const held = scene.procore.next(family.refresh, { hold: true });
      const renewal = page.tab().renew(first.handle);
      await arrival(held, renewal);
      const grant = scene.procore.code({ client: scene.main });
      const signIn = page.redeem(grant);
      await scene.fence();
      held.release();
      mustHaveTokens(await renewal, "the renewal");
      const answer = await signIn;
      mustHaveTokens(answer, "the sign-in");
      mustBe(await page.revoke(answer.json.session_handle, answer.json.access_token), 200, undefined, "the sign-out");
      for (const token of [family.access, family.refresh])
        must(scene.procore.isRevoked(token), "a token of the renewal was not revoked with the sign-out");
    },
  },
  {
    sentence: 9,
    what: "a code that is refused, by whomever",
    async run(scene) {
      const { page, handle } = await scene.signedIn();
      const limited = { status: 429, headers: { "retry-after": "7" }, body: {} };
      const client = { status: 401, body: { error: "invalid_client" } };
      const answers = [
        [undefined, 400, "invalid_grant"],
        [HTML, 503, "temporarily_unavailable"],
        [limited, 429, "rate_limited"],
        [client, 500, "invalid_client"],
      ];
      for (const [answer, status, error] of answers) {
        const grant = scene.procore.code({ client: scene.main });
        if (answer) scene.procore.next(grant.code, { answer });
        for (const from of [page, scene.page()]) {
          const refused = await from.redeem({ ...grant, verifier: "x".repeat(43) });
          if (from === page) mustBe(refused, status, error, `Procore's ${answer?.status ?? 400}`);
          mustLeaveCookie(refused, `Procore's ${answer?.status ?? 400}`);
        }
      }
      mustHaveTokens(await page.renew(handle), "a renewal of the session that was there");
    },
  },
  {
    sentence: 10,
    what: "a server that ignores PKCE: what came of it is revoked, and never answered",
    async run(scene) {
      for (const page of [scene.page(), (await scene.signedIn()).page]) {
        const before = page.cookie;
        const grant = scene.procore.code({ client: scene.main, ignoresPkce: true });
        const answer = await page.checkPkce(grant);
        must(answer.status === 200 && answer.json.pkce === "ignored", `the check is answered with ${told(answer)}`);
        mustLeaveCookie(answer, "the check");
        for (const token of [grant.family.access, grant.family.refresh]) {
          must(scene.procore.isRevoked(token), "a token that came of the check was not revoked");
          must(!answer.text.includes(token), "a token that came of the check was answered");
        }
        must(page.cookie === before, "the check changed the cookie");
      }
    },
  },
  {
    sentence: 10,
    what: "the session that is there goes on, handle and all",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn();
      await page.checkPkce(scene.procore.code({ client: scene.main, ignoresPkce: true }));
      for (const token of [access, family.refresh]) mustNotBeSent(scene, token, 0, "the check");
      const resumed = await page.resume();
      mustHaveTokens(resumed, "the session after the check");
      must(resumed.json.session_handle === handle, "the session has another handle after the check");
      mustHaveTokens(await page.renew(handle), "a renewal after the check");
    },
  },
  {
    sentence: 10,
    what: "a server that compares",
    async run(scene) {
      const { page, handle } = await scene.signedIn();
      const answer = await page.checkPkce(scene.procore.code({ client: scene.main }));
      mustBeOver(answer, "the check");
      mustLeaveCookie(answer, "the check");
      mustHaveTokens(await page.renew(handle), "a renewal after the check");
    },
  },
  {
    sentence: 10,
    what: "what is not revoked is not said to be",
    async run(scene) {
      for (const which of ["access", "refresh"]) {
        const grant = scene.procore.code({ client: scene.main, ignoresPkce: true });
        // What will come of it is not known before.
        const change = (members) => {
          scene.procore.next(grant.family[which], { answer: { status: 503, body: {} } });
          return members;
        };
        scene.procore.next(grant.code, { change });
        const answer = await scene.page().checkPkce(grant);
        must(
          answer.status !== 200,
          `the ${which} token was not revoked, and the check is answered with ${told(answer)}`,
        );
        mustLeaveCookie(answer, "the check");
      }
    },
  },
];
