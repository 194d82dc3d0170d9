// Sentences 11 to 16: renewing.

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

const html = (status) => ({ status, headers: { "content-type": "text/html" }, body: "<h1>Request blocked</h1>" });

/** Holds the renewal at Procore while `ask()` asks; then lets it end as `order` says. Answers with all answers. */
async function during(scene, { page, handle, family }, order, ask) {
  const held = scene.procore.next(family.refresh, { ...order, hold: true });
  const first = page.tab().renew(handle);
  await arrival(held, first);
  const others = ask();
  await scene.fence();
  held.release();
  return Promise.all([first, ...others]);
}

function mustBeAlike(answers, what) {
  const [first] = answers;
  for (const answer of answers) {
    must(told(answer) === told(first), `${what}: one is answered with ${told(first)}, another with ${told(answer)}`);
    must(answer.json?.access_token === first.json?.access_token, `${what}: different tokens`);
  }
}

const MISSING = "a renewal of a session in doubt";

/** One renewal that is lost in this way: in doubt, and never sent again. */
async function mustBeDoubted(scene, order, what) {
  const session = await scene.signedIn();
  const { page, handle, family } = session;
  const { refresh } = family;
  const old = page.tab();
  scene.procore.next(refresh, order);
  mustBe(await page.renew(handle), 502, "in_doubt", what);
  mustBeOver(await page.renew(handle), `${MISSING}, ${what}`);
  const late = await old.renew(handle);
  must(late.status !== 200, `${what}: the cookie of before is renewed`);
  mustNotBeSent(scene, refresh, 1, what);
  return { ...session, refresh, old };
}

/** One renewal that is refused in this way: the session is kept, and can be renewed. */
async function mustBeKept(scene, answer, [status, error], what) {
  const { page, handle, access, family } = await scene.signedIn();
  const { refresh } = family;
  scene.procore.next(refresh, { answer });
  mustBe(await page.renew(handle), status, error, what);
  const resumed = await page.resume();
  mustHaveTokens(resumed, `the session is resumed after ${what}`);
  must(resumed.json.session_handle === handle, `${what}: the session has another handle`);
  must(resumed.json.access_token === access, `${what}: the session has another access token`);
  mustHaveTokens(await page.renew(handle), `the session is renewed after ${what}`);
  must(
    scene.procore.sent(refresh) === 2,
    `${what}: the refresh token was sent ${scene.procore.sent(refresh)} times for two renewals`,
  );
}

const handles = [
  {
    sentence: 11,
    what: "a handle of another session, or of none",
    async run(scene) {
      const [mine, theirs] = [await scene.signedIn(), await scene.signedIn()];
      const { page, family } = mine;
      for (const handle of [
        theirs.handle,
        random(),
        mine.handle.slice(0, -1),
        `${mine.handle}A`,
        mine.handle.toLowerCase() === mine.handle ? random() : mine.handle.toLowerCase(),
      ]) {
        const answer = await page.renew(handle);
        mustBe(answer, 409, "session_mismatch", "a renewal with another handle");
        mustLeaveCookie(answer, "a renewal with another handle");
      }
      for (const refresh of [family.refresh, theirs.family.refresh])
        mustNotBeSent(scene, refresh, 0, "a renewal with another handle");
      mustHaveTokens(await page.renew(mine.handle), "a renewal with its own handle");
    },
  },
  {
    sentence: 11,
    what: "no session, and no handle",
    async run(scene) {
      const { page, handle, family } = await scene.signedIn();
      mustBeOver(await scene.page().renew(handle), "a renewal without a cookie");
      for (const without of ["", undefined]) {
        const fields = { grant_type: "refresh_token", ...(without === "" ? { session_handle: "" } : {}) };
        const answer = await page.post("/oauth/token", fields);
        must(answer.status >= 400, "a renewal without a handle is answered");
        mustLeaveCookie(answer, "a renewal without a handle");
      }
      mustNotBeSent(scene, family.refresh, 0, "a renewal without a handle");
    },
  },
  {
    sentence: 11,
    what: "renewed: the same handle, and a new token",
    async run(scene) {
      const { page, handle, access } = await scene.signedIn();
      for (let count = 0; count < 3; count++) {
        const answer = await page.renew(handle);
        mustHaveTokens(answer, "a renewal");
        must(answer.json.session_handle === handle, "a renewal changes the handle");
        must(answer.json.access_token !== access, "a renewal brings the token of before");
      }
    },
  },
  {
    sentence: 11,
    what: "a session that was renewed goes on after a restart",
    async run(scene) {
      const { page, handle } = await scene.signedIn();
      mustHaveTokens(await page.renew(handle), "a renewal");
      await scene.target.restart();
      mustHaveTokens(await page.renew(handle), "a renewal after a restart");
    },
  },
];

const once = [
  {
    sentence: 12,
    what: "ten tabs at once, over all instances, and one that comes with the cookie of before",
    async run(scene) {
      const session = await scene.signedIn();
      const { refresh } = session.family;
      const old = session.page.tab();
      const answers = await during(scene, session, {}, () =>
        Array.from({ length: 9 }, () => session.page.tab().renew(session.handle)),
      );
      for (const answer of answers) mustHaveTokens(answer, "a renewal at the same time");
      const late = await Promise.all([old.tab().renew(session.handle), old.tab().renew(session.handle)]);
      mustBeAlike([...answers, ...late], "renewals at the same time, and with the cookie of before");
      must(scene.procore.sent(refresh) === 1, "the refresh token was sent more than once");
      mustHaveTokens(await old.renew(session.handle), "a renewal with the cookie of before");
      mustHaveTokens(await old.renew(session.handle), "a renewal with the cookie that came of that");
    },
  },
  {
    sentence: 12,
    what: "a tab that hangs up and asks again",
    async run(scene) {
      const session = await scene.signedIn();
      const { page, handle, family } = session;
      const { refresh } = family;
      const held = scene.procore.next(refresh, { hold: true });
      const leave = new AbortController();
      const left = page.tab().renew(handle, { signal: leave.signal });
      await arrival(held, left);
      leave.abort();
      await left.catch(() => {});
      const again = page.tab().renew(handle);
      await scene.fence();
      held.release();
      mustHaveTokens(await again, "the tab that asks again");
      must(scene.procore.sent(refresh) === 1, "the refresh token was sent more than once");
    },
  },
  {
    sentence: 12,
    what: "those who wait for a renewal that is refused or lost are told the same",
    async run(scene) {
      for (const order of [
        { answer: html(403) },
        { lose: "before" },
        { lose: "after" },
        { answer: { status: 500, body: {} } },
        { answer: { status: 400, body: { error: "invalid_grant" } } },
      ]) {
        const session = await scene.signedIn();
        const { refresh } = session.family;
        const answers = await during(scene, session, order, () =>
          Array.from({ length: 4 }, () => session.page.tab().renew(session.handle)),
        );
        mustBeAlike(answers, "renewals at the same time");
        must(scene.procore.sent(refresh) === 1, "the refresh token was sent more than once");
      }
    },
  },
  {
    sentence: 12,
    what: "shared for 60 seconds from the end of a renewal that took 19",
    async run(scene) {
      const session = await scene.signedIn();
      const { page, handle, family } = session;
      const { refresh } = family;
      const old = page.tab();
      const held = scene.procore.next(refresh, { hold: true });
      const first = page.renew(handle);
      await arrival(held, first);
      // A mediator whose clock can't be set may not wait so long.
      if (scene.target.canAdvance) await scene.advance(19);
      const meanwhile = old.tab().renew(handle);
      await scene.fence();
      held.release();
      const answers = [await first, await meanwhile];
      mustHaveTokens(answers[0], "the renewal");
      for (const seconds of [12, 20, 20]) {
        await scene.advance(seconds);
        answers.push(await old.tab().renew(handle));
      }
      mustBeAlike(answers, "renewals with the cookie of before, until 52 seconds after the end");
      must(scene.procore.sent(refresh) === 1, "the refresh token was sent more than once");
    },
  },
];

const doubt = [
  { what: "an answer that is lost before anything was done", order: { lose: "before" } },
  { what: "an answer that is lost after it was done", order: { lose: "after" } },
  { what: "a 500", order: { answer: { status: 500, body: { error: "server_error" } } } },
  { what: "a 502 of a proxy", order: { answer: html(502) } },
  { what: "a 503", order: { answer: { status: 503, headers: { "retry-after": "3" }, body: {} } } },
  { what: "a 503 that says invalid_grant", order: { answer: { status: 503, body: { error: "invalid_grant" } } } },
  { what: "a redirect", order: { answer: { status: 302, headers: { location: "/oauth/authorize" }, body: "" } } },
  { what: "a 200 that is HTML", order: { answer: html(200) } },
  { what: "a 200 without a token", order: { answer: { status: 200, body: { token_type: "Bearer" } } } },
  { what: "a 200 that breaks off", order: { answer: { status: 200, body: '{"access_token":"' } } },
].map(({ what, order }) => ({ sentence: 13, what, run: (scene) => mustBeDoubted(scene, order, what) }));

doubt.push(
  {
    sentence: 13,
    what: "an answer that is late",
    async run(scene) {
      const { page, handle, family } = await scene.signedIn();
      const { refresh } = family;
      await scene.target.restart({ timeoutSeconds: 2 });
      const { release } = scene.procore.next(refresh, { hold: true });
      const answer = await page.renew(handle);
      release();
      await scene.target.restart();
      mustBe(answer, 502, "in_doubt", "an answer that is late");
      mustBeOver(await page.renew(handle), `${MISSING}, late`);
      mustNotBeSent(scene, refresh, 1, "an answer that is late");
    },
  },
  {
    sentence: 13,
    what: "a living access token of a session in doubt can still be resumed",
    async run(scene) {
      const { page, access, handle } = await mustBeDoubted(scene, { lose: "before" }, "a lost answer");
      const answer = await page.resume();
      mustHaveTokens(answer, "a session in doubt is resumed");
      must(answer.json.access_token === access && answer.json.session_handle === handle, "another session is resumed");
    },
  },
  {
    sentence: 13,
    what: "also after a restart",
    async run(scene) {
      const { page, handle, refresh } = await mustBeDoubted(scene, { lose: "before" }, "a lost answer");
      await scene.target.restart();
      mustBeOver(await page.renew(handle), `${MISSING}, after a restart`);
      mustNotBeSent(scene, refresh, 1, "after a restart");
    },
  },
  {
    sentence: 13,
    what: "killed in the middle of a renewal and started again",
    async run(scene) {
      scene.mustHaveJournal();
      const { page, handle, family } = await scene.signedIn();
      const { refresh } = family;
      const held = scene.procore.next(refresh, { hold: true });
      const cut = page.tab().renew(handle);
      await arrival(held, cut);
      await scene.target.restart();
      held.release();
      await cut.catch(() => {});
      must((await page.renew(handle)).status !== 200, "the session is renewed after that");
      mustNotBeSent(scene, refresh, 1, "killed and started again");
    },
  },
);

const json = (status, error) => ({ status, body: { error, error_description: "No." } });

const kept = [
  { what: "a firewall's 403 in HTML", answer: html(403) },
  { what: "a 404 in HTML", answer: html(404) },
  { what: "a 401 in HTML", answer: html(401) },
  { what: "a 400 in HTML", answer: html(400) },
  { what: "a 400 in HTML that speaks of invalid_grant", answer: { ...html(400), body: "<p>invalid_grant</p>" } },
  { what: "a 403 in JSON of somebody else", answer: { status: 403, body: { message: "Forbidden" } } },
  { what: "a 400 with another error", answer: json(400, "invalid_request") },
  { what: "a 408", answer: html(408) },
  { what: "a 400 with an empty body", answer: { status: 400, body: "" } },
].map(({ what, answer }) => ({
  sentence: 14,
  what,
  run: (scene) => mustBeKept(scene, answer, [503, "temporarily_unavailable"], what),
}));

kept.push(
  {
    sentence: 14,
    what: "invalid_client: a fault of the settings, and no end of the session",
    run: (scene) => mustBeKept(scene, json(401, "invalid_client"), [500, "invalid_client"], "a 401 invalid_client"),
  },
  {
    sentence: 14,
    what: "Procore's own invalid_grant",
    async run(scene) {
      const { page, handle, family } = await scene.signedIn();
      const { refresh } = family;
      const old = page.tab();
      scene.procore.next(refresh, { answer: json(400, "invalid_grant") });
      mustBeOver(await page.renew(handle), "Procore's invalid_grant");
      mustBeOver(await page.renew(handle), "a renewal of a session that has ended");
      mustBeOver(await old.renew(handle), "the same, with the cookie of before");
      mustBeOver(await page.resume(), "a session that has ended is resumed");
      mustNotBeSent(scene, refresh, 1, "a session that has ended");
    },
  },
);

/** A renewal that is answered with 429 and these headers: nothing more is sent, whoever asks. */
async function mustPause(scene, headers, what) {
  const { page, handle, family } = await scene.signedIn();
  const { refresh } = family;
  const old = page.tab();
  scene.procore.next(refresh, { answer: { status: 429, headers, body: "" } });
  for (const [tab, when] of [
    [page, "the renewal"],
    [page, "the next renewal"],
    [old, "a renewal with the cookie of before"],
  ]) {
    const answer = await tab.renew(handle);
    mustBe(answer, 429, "rate_limited", `${when}, ${what}`);
    // Less, when the machine was busy meanwhile.
    must(
      answer.json.retry_after >= 25 && answer.json.retry_after <= 41,
      `${what}: Retry-After is ${answer.json.retry_after} instead of 40`,
    );
  }
  mustNotBeSent(scene, refresh, 1, what);
  mustHaveTokens(await page.resume(), "a session that pauses, with a living access token, is resumed");
  return { page, handle, refresh };
}

const paused = [
  { what: "Retry-After in seconds", headers: () => ({ "retry-after": "40" }) },
  { what: "Retry-After as a date", headers: (now) => ({ "retry-after": new Date(now + 40_500).toUTCString() }) },
  { what: "X-Rate-Limit-Reset", headers: (now) => ({ "x-rate-limit-reset": String(Math.round(now / 1000) + 40) }) },
].map(({ what, headers }) => ({
  sentence: 15,
  what,
  run: (scene) => mustPause(scene, headers(scene.procore.now()), what),
}));

paused.push({
  sentence: 15,
  what: "afterwards it is renewed",
  async run(scene) {
    const { page, handle, refresh } = await mustPause(scene, { "retry-after": "40" }, "a 429");
    await scene.advance(30);
    mustBe(await page.renew(handle), 429, "rate_limited", "a renewal before the time is over");
    mustNotBeSent(scene, refresh, 1, "before the time is over");
    await scene.advance(12);
    mustHaveTokens(await page.renew(handle), "a renewal when the time is over");
  },
});

const unrotated = [
  {
    sentence: 16,
    what: "an answer without a refresh token",
    async run(scene) {
      const { page, handle, access, family } = await scene.signedIn();
      const { refresh } = family;
      scene.procore.next(refresh, { keepsRefresh: true });
      const answer = await page.renew(handle);
      mustHaveTokens(answer, "a renewal without a new refresh token");
      must(answer.json.access_token !== access, "a renewal brings the token of before");
      mustHaveTokens(await page.renew(handle), "the renewal after that");
      must(scene.procore.sent(refresh) === 2, "the refresh token of before was not used again");
    },
  },
];

export const renewing = [...handles, ...once, ...doubt, ...kept, ...paused, ...unrotated];
