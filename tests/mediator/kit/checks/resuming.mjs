// Sentences 17 and 18: resuming.

import { arrival, must, mustBe, mustBeOver, mustHaveTokens, mustLeaveCookie, mustNotBeSent } from "../scene.mjs";

/** Less than what a resumed access token has to live for. */
const SHORT = { expiresIn: 20 };

function mustBeRemoved(page, answer, what) {
  mustBeOver(answer, what);
  must(page.jar.size === 0, `${what}: the cookie is still there`);
}

export const resuming = [
  {
    sentence: 17,
    what: "the session of the cookie, the same handle and token, and nothing sent",
    async run(scene) {
      const { page, handle, access, family, answer } = await scene.signedIn();
      const { expires_in: before } = answer.json;
      must(
        before > 5300 && before <= 5400,
        `a sign-in says that the token lives for ${before} seconds instead of 5400`,
      );
      for (const tab of [page, page.tab(), page]) {
        const resumed = await tab.resume();
        mustHaveTokens(resumed, "a session is resumed");
        must(resumed.json.session_handle === handle, "a session is resumed with another handle");
        must(resumed.json.access_token === access, "a session is resumed with another token");
        must(
          resumed.json.expires_in <= before && resumed.json.expires_in > before - 60,
          "a resumed token lives for another time",
        );
      }
      mustNotBeSent(scene, family.refresh, 0, "resuming with a living token");
      mustHaveTokens(await page.renew(handle), "a session that was resumed is renewed");
    },
  },
  {
    sentence: 17,
    what: "an access token that lives for a minute is not renewed",
    async run(scene) {
      const { page, access, family } = await scene.signedIn({ expiresIn: 60 });
      const answer = await page.resume();
      mustHaveTokens(answer, "a session is resumed");
      must(answer.json.access_token === access, "a session is resumed with another token");
      mustNotBeSent(scene, family.refresh, 0, "resuming with a living token");
    },
  },
  {
    sentence: 17,
    what: "the seconds that are left",
    async run(scene) {
      const { page, answer } = await scene.signedIn();
      await scene.advance(5);
      const [before, after] = [answer.json.expires_in, (await page.resume()).json.expires_in];
      must(after <= before - 5, `the token lives for ${after} seconds, 5 seconds after it lived for ${before}`);
    },
  },
  {
    sentence: 17,
    what: "no cookie, no session",
    async run(scene) {
      const answer = await scene.page().resume();
      mustBeOver(answer, "resuming without a cookie");
      mustLeaveCookie(answer, "resuming without a cookie");
    },
  },
  {
    sentence: 17,
    what: "an access token that lives for less than 30 seconds is renewed first, once",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn(SHORT);
      const { refresh } = family;
      family.expiresIn = 5400;
      const held = scene.procore.next(refresh, { hold: true });
      const first = page.resume();
      await arrival(held, first);
      const others = [page.tab().resume(), page.tab().renew(handle), page.tab().resume()];
      await scene.fence();
      held.release();
      const answers = await Promise.all([first, ...others]);
      for (const answer of answers) {
        mustHaveTokens(answer, "a session is resumed");
        must(answer.json.session_handle === handle, "a session is resumed with another handle");
        must(answer.json.access_token === answers[0].json.access_token, "different tokens");
      }
      must(answers[0].json.access_token !== access, "a token that is nearly over is resumed");
      must(scene.procore.sent(refresh) === 1, "the refresh token was not sent once");
    },
  },
  {
    sentence: 17,
    what: "a renewal for that, which is lost, refused or paused",
    async run(scene) {
      const cases = [
        [{ lose: "after" }, 502, "in_doubt"],
        [
          { answer: { status: 403, headers: { "content-type": "text/html" }, body: "no" } },
          503,
          "temporarily_unavailable",
        ],
        [{ answer: { status: 429, headers: { "retry-after": "40" }, body: "" } }, 429, "rate_limited"],
        [{ answer: { status: 400, body: { error: "invalid_grant" } } }, 400, "invalid_grant"],
      ];
      for (const [order, status, error] of cases) {
        const { page, family } = await scene.signedIn(SHORT);
        const { refresh } = family;
        scene.procore.next(refresh, order);
        mustBe(await page.resume(), status, error, "a session is resumed");
        mustNotBeSent(scene, refresh, 1, "resuming");
      }
    },
  },
  {
    sentence: 17,
    what: "a token that is over by the clock",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn({ expiresIn: 60 });
      const { refresh } = family;
      family.expiresIn = 5400;
      await scene.advance(40);
      const answer = await page.resume();
      mustHaveTokens(answer, "a session is resumed");
      must(
        answer.json.access_token !== access && answer.json.session_handle === handle,
        "a token that is nearly over is resumed",
      );
      must(answer.json.expires_in > 5300, "the new token is said to be nearly over");
      must(scene.procore.sent(refresh) === 1, "the refresh token was not sent once");
    },
  },
  {
    sentence: 18,
    what: "a session that Procore has ended",
    async run(scene) {
      const { page, handle, family } = await scene.signedIn();
      scene.procore.next(family.refresh, { answer: { status: 400, body: { error: "invalid_grant" } } });
      mustBeOver(await page.renew(handle), "Procore's invalid_grant");
      mustBeRemoved(page, await page.resume(), "a session that has ended is resumed");
    },
  },
  {
    sentence: 18,
    what: "a session in doubt without a living access token",
    async run(scene) {
      const { page, handle, family } = await scene.signedIn(SHORT);
      const { refresh } = family;
      const old = page.tab();
      scene.procore.next(refresh, { lose: "after" });
      mustBe(await page.renew(handle), 502, "in_doubt", "a lost answer");
      mustBeRemoved(page, await page.resume(), "a session in doubt is resumed");
      must((await old.resume()).status !== 200, "a session in doubt is resumed with the cookie of before");
      mustNotBeSent(scene, refresh, 1, "a session in doubt");
    },
  },
  {
    sentence: 18,
    what: "the idle lifetime, from the last use",
    run: (scene) =>
      withLifetimes(scene, { idleSeconds: 20 }, async () => {
        const sessions = await twoSessions(scene);
        for (let count = 0; count < 3; count++) {
          await scene.advance(12);
          for (const { page } of sessions) mustHaveTokens(await page.resume(), "a session that is in use");
        }
        await scene.advance(21);
        await mustHaveEnded(scene, sessions, "a session that nobody has used");
      }),
  },
  {
    sentence: 18,
    what: "the absolute lifetime, however much it is used",
    run: (scene) =>
      withLifetimes(scene, { idleSeconds: 60, absoluteSeconds: 60 }, async () => {
        const sessions = await twoSessions(scene);
        for (let count = 0; count < 3; count++) {
          await scene.advance(12);
          for (const { page, handle } of sessions) {
            const answer = count % 2 ? await page.resume() : await page.renew(handle);
            mustHaveTokens(answer, "a session that is in use");
          }
        }
        await scene.advance(25);
        await mustHaveEnded(scene, sessions, "a session whose time is over");
      }),
  },
];

/** One to be renewed when it is over, and one to be resumed: whichever comes first may end it for good. */
async function twoSessions(scene) {
  const options = { expiresIn: 86_400 };
  return [await scene.signedIn(options), await scene.signedIn(options)];
}

async function withLifetimes(scene, change, run) {
  // Whoever has no time need not be started again for it.
  await scene.advance(0);
  await scene.target.restart(change);
  try {
    await run();
  } finally {
    await scene.target.restart();
  }
}

async function mustHaveEnded(scene, [first, second], what) {
  const refreshTokens = [first.family.refresh, second.family.refresh];
  mustBeOver(await first.page.renew(first.handle), `${what} is renewed`);
  mustBeRemoved(second.page, await second.page.resume(), `${what} is resumed`);
  // To revoke it then is more than is asked for, and no fault.
  for (const refresh of refreshTokens) {
    must(scene.procore.sent(refresh, "/oauth/token") === 0, `${what}: the refresh token was sent`);
  }
}
