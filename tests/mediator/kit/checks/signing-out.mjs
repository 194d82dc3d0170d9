// Sentences 19 to 22: signing out.

import {
  arrival,
  must,
  mustBe,
  mustBeOver,
  mustHaveTokens,
  mustLeaveCookie,
  mustNotBeSent,
  NotSeen,
  told,
} from "../scene.mjs";
import { random } from "../procore.mjs";

const DOWN = { answer: { status: 503, body: {} }, times: Infinity };

function mustBeRevoked(scene, tokens, what) {
  for (const [name, token] of Object.entries(tokens))
    must(scene.procore.isRevoked(token), `${what}: the ${name} was not revoked by its name`);
}

function mustSayRevoked(answer, what) {
  must(answer.status === 200, `${what}: ${told(answer)} instead of 200`);
  must(answer.json.revoked === true, `${what}: 200 without revoked`);
}

/** Neither renewed nor resumed, by this tab. */
async function mustBeEnded(tab, handle, what) {
  for (const answer of [await tab.renew(handle), await tab.resume()])
    must(answer.status !== 200, `${what}: the session goes on`);
}

export const signingOut = [
  {
    sentence: 19,
    what: "with the handle of a session that a second sign-in has replaced",
    async run(scene) {
      const first = await scene.signedIn();
      const { page } = first;
      const second = await scene.signIn(page);
      const answer = await page.revoke(first.handle, first.access);
      mustSayRevoked(answer, "a sign-out of the session of before");
      mustLeaveCookie(answer, "a sign-out of the session of before");
      mustBeRevoked(scene, { token: first.access }, "a sign-out of the session of before");
      for (const token of [second.access, second.family.refresh, first.family.refresh])
        mustNotBeSent(scene, token, 0, "a sign-out of the session of before");
      const renewed = await page.renew(second.handle);
      mustHaveTokens(renewed, "the session of now, after that");
      must(renewed.json.session_handle === second.handle, "the session of now has another handle");
    },
  },
  {
    sentence: 19,
    what: "with the handle of another user's session, or of none",
    async run(scene) {
      const [mine, theirs] = [await scene.signedIn(), await scene.signedIn()];
      for (const handle of [mine.handle, random()]) {
        const answer = await theirs.page.revoke(handle, mine.access);
        mustSayRevoked(answer, "a sign-out with another handle");
        mustLeaveCookie(answer, "a sign-out with another handle");
      }
      for (const token of [theirs.access, theirs.family.refresh, mine.family.refresh])
        mustNotBeSent(scene, token, 0, "a sign-out with another handle");
      mustHaveTokens(await theirs.page.renew(theirs.handle), "the session, after that");
    },
  },
  {
    sentence: 19,
    what: "without a cookie, and with a token that is not revoked",
    async run(scene) {
      const { handle, access } = await scene.signedIn();
      scene.procore.next(access, { answer: { status: 503, body: {} } });
      mustBe(await scene.page().revoke(handle, access), 503, "temporarily_unavailable", "a token that is not revoked");
      mustSayRevoked(await scene.page().revoke(handle, access), "the same again");
      must((await scene.page().revoke(handle)).status !== 200, "nothing was revoked, and 200 is said");
    },
  },
  {
    sentence: 19,
    what: "with another handle and no token",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn();
      const answer = await page.revoke(random());
      must(answer.status !== 200, "nothing was revoked, and 200 is said");
      mustLeaveCookie(answer, "a sign-out with another handle");
      for (const token of [access, family.refresh]) mustNotBeSent(scene, token, 0, "a sign-out with another handle");
      mustHaveTokens(await page.renew(handle), "the session, after that");
    },
  },
  {
    sentence: 20,
    what: "whatever Procore answers, with the cookie of before and of after",
    async run(scene) {
      for (const order of [
        undefined,
        DOWN,
        { lose: "before", times: Infinity },
        { answer: { status: 403, headers: { "content-type": "text/html" }, body: "no" }, times: Infinity },
      ]) {
        const { page, handle, access, family } = await scene.signedIn();
        const { refresh } = family;
        const old = page.tab();
        for (const token of [access, refresh]) if (order) scene.procore.next(token, order);
        await page.revoke(handle, access);
        for (const tab of [old.tab(), old.tab(), page.tab()]) await mustBeEnded(tab, handle, "after the sign-out");
        must(scene.procore.sent(refresh, "/oauth/token") === 0, "a session that was signed out is renewed at Procore");
      }
    },
  },
  {
    sentence: 20,
    what: "while Procore has not answered yet",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn();
      const { refresh } = family;
      const held = [access, refresh].map((token) => scene.procore.next(token, { hold: true }));
      const signOut = page.tab().revoke(handle, access);
      await arrival({ reached: Promise.race(held.map(({ reached }) => reached)) }, signOut);
      const asked = [page.tab().renew(handle), page.tab().resume()];
      await scene.fence();
      for (const { release } of held) release();
      for (const answer of await Promise.all(asked))
        must(answer.status !== 200, "the session goes on while it is signed out");
      mustSayRevoked(await signOut, "the sign-out");
      must(
        scene.procore.sent(refresh, "/oauth/token") === 0,
        "a session that is being signed out is renewed at Procore",
      );
    },
  },
  {
    sentence: 20,
    what: "and what a renewal brings that was under way",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn();
      const held = scene.procore.next(family.refresh, { hold: true });
      const [renewing, leaving] = [page.tab(), page.tab()];
      const renewal = renewing.renew(handle);
      await arrival(held, renewal);
      const signOut = leaving.revoke(handle, access);
      await scene.fence();
      held.release();
      await renewal;
      mustSayRevoked(await signOut, "the sign-out");
      for (const tab of [renewing, leaving, page]) await mustBeEnded(tab, handle, "after the sign-out");
      mustBeRevoked(scene, { "refresh token": family.refresh, "access token": family.access }, "a renewal under way");
    },
  },
  {
    sentence: 20,
    what: "killed in the middle of a sign-out and started again",
    async run(scene) {
      scene.mustHaveJournal();
      const { page, handle, access, family } = await scene.signedIn();
      const { refresh } = family;
      const held = [access, refresh].map((token) => scene.procore.next(token, { hold: true }));
      const cut = page.tab().revoke(handle, access);
      await arrival({ reached: Promise.race(held.map(({ reached }) => reached)) }, cut);
      await scene.target.restart();
      for (const { release } of held) release();
      await cut.catch(() => {});
      for (const tab of [page.tab(), page.tab()]) await mustBeEnded(tab, handle, "after the sign-out");
      must(scene.procore.sent(refresh, "/oauth/token") === 0, "a session that was signed out is renewed at Procore");
    },
  },
  {
    sentence: 21,
    what: "refresh token and access token, each by its name",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn();
      mustSayRevoked(await page.revoke(handle, access), "the sign-out");
      mustBeRevoked(scene, { "refresh token": family.refresh, "access token": access }, "the sign-out");
    },
  },
  {
    sentence: 21,
    what: "those of now, after renewals, and the one that the page names",
    async run(scene) {
      for (const names of ["the token of before", "the token of now", "no token"]) {
        const { page, handle, access } = await scene.signedIn();
        const { family } = await renewed(page, handle, scene);
        const token = { "the token of before": access, "the token of now": family.access }[names];
        mustSayRevoked(await page.revoke(handle, token), `the sign-out with ${names}`);
        mustBeRevoked(
          scene,
          {
            "refresh token": family.refresh,
            "access token": family.access,
            ...(token ? { "named token": token } : {}),
          },
          `the sign-out with ${names}`,
        );
      }
    },
  },
  {
    sentence: 21,
    what: "with the cookie of before a renewal, those of now too",
    async run(scene) {
      const { page, handle, access } = await scene.signedIn();
      const old = page.tab();
      const { family } = await renewed(page, handle, scene);
      mustSayRevoked(await old.revoke(handle, access), "the sign-out with the cookie of before");
      mustBeRevoked(
        scene,
        { "refresh token": family.refresh, "access token": family.access },
        "the sign-out with the cookie of before",
      );
      await mustBeEnded(page, handle, "after the sign-out");
    },
  },
  {
    sentence: 21,
    what: "a session in doubt, and one whose access token is over",
    async run(scene) {
      const doubted = await scene.signedIn();
      scene.procore.next(doubted.family.refresh, { lose: "before" });
      mustBe(await doubted.page.renew(doubted.handle), 502, "in_doubt", "a lost answer");
      mustSayRevoked(await doubted.page.revoke(doubted.handle), "the sign-out of a session in doubt");
      mustBeRevoked(scene, { "access token": doubted.access }, "the sign-out of a session in doubt");
      const late = await scene.signedIn({ expiresIn: 1 });
      if (scene.target.canAdvance) await scene.advance(10);
      mustSayRevoked(await late.page.revoke(late.handle, late.access), "the sign-out of a session whose token is over");
      // Whoever renews it for the last time has these to revoke, and who does not, those of before.
      const { refresh, access } = late.family;
      mustBeRevoked(
        scene,
        { "refresh token": refresh, "access token": access },
        "the sign-out of a session whose token is over",
      );
    },
  },
  {
    sentence: 22,
    what: "200 removes the cookie",
    async run(scene) {
      const { page, handle, access } = await scene.signedIn();
      mustSayRevoked(await page.revoke(handle, access), "the sign-out");
      must(page.jar.size === 0, "the cookie is still there after the sign-out");
      mustBeOver(await page.resume(), "resuming after the sign-out");
    },
  },
  ...["refresh token", "access token", "retired refresh token", "retired access token", "named token"].flatMap(
    (which) =>
      [
        DOWN,
        { lose: "before", times: Infinity },
        { answer: { status: 429, headers: { "retry-after": "3" }, body: "" }, times: Infinity },
        { answer: { status: 403, headers: { "content-type": "text/html" }, body: "no" }, times: Infinity },
        { answer: { status: 400, body: { error: "unsupported_token_type" } }, times: Infinity },
      ].map((order, index) => ({
        sentence: 22,
        what: `the ${which} is not confirmed (${["503", "a lost answer", "429", "a firewall", "400"][index]})`,
        run: (scene) => mustBeLeft(scene, which, order),
      })),
  ),
  {
    sentence: 22,
    what: "what is left is revoked after a restart, too",
    async run(scene) {
      if (!scene.target.canRestart)
        throw new NotSeen("only a mediator that the kit starts can be started again (--start)");
      const { page, handle, access, family } = await scene.signedIn();
      const { refresh } = family;
      scene.procore.next(refresh, { answer: { status: 503, body: {} } });
      mustBe(await page.revoke(handle, access), 503, "temporarily_unavailable", "the sign-out");
      await scene.target.restart();
      await mustBeEnded(page.tab(), handle, "after the sign-out and a restart");
      mustSayRevoked(await page.revoke(handle), "the next sign-out");
      must(scene.procore.sent(refresh) > 1, "what was left was not revoked");
    },
  },
];

/** A renewal of this page, and the tokens that came of it. */
async function renewed(page, handle, scene) {
  const answer = await page.renew(handle);
  mustHaveTokens(answer, "a renewal");
  return { family: scene.procore.familyOf(answer.json.access_token) };
}

/** One token is not confirmed to be revoked: 503, until it is. */
async function mustBeLeft(scene, which, order) {
  const first = await scene.signedIn();
  const { page } = first;
  const { handle, access, family } = await scene.signIn(page);
  const retired = { ...first.family };
  const named = which === "named token" ? random() : access;
  const token = {
    "refresh token": family.refresh,
    "access token": access,
    "retired refresh token": retired.refresh,
    "retired access token": retired.access,
    "named token": named,
  }[which];
  scene.procore.next(token, order);
  mustBe(await page.revoke(handle, named), 503, "temporarily_unavailable", `the ${which} is not confirmed`);
  must(page.jar.size === 1, `the ${which} is not confirmed, and the cookie is gone`);
  mustBe(await page.revoke(handle), 503, "temporarily_unavailable", `the ${which} is still not confirmed`);
  const before = scene.procore.sent(token);
  must(before >= 2, `the next sign-out did not ask for the ${which}`);
  scene.procore.next(token, {});
  mustSayRevoked(await page.revoke(handle), "the sign-out when it can be confirmed");
  must(scene.procore.sent(token) > before, `the ${which} was never confirmed, and 200 is said`);
  must(page.jar.size === 0, "the cookie is still there after the sign-out");
  mustBeRevoked(
    scene,
    {
      "refresh token": family.refresh,
      "access token": access,
      "retired refresh token": retired.refresh,
      "retired access token": retired.access,
      "named token": named,
    },
    "in the end",
  );
}
