// Sentences 4 to 6: the cookie.

import { must, mustBeOver, mustHaveTokens, mustNotBeSent, NotSeen } from "../scene.mjs";

/** Another character in its place, in bits that count whatever the alphabet is. */
function damaged(value, at) {
  const index = [...Array(value.length).keys()].find((here) => here >= at && /[A-Za-z]/.test(value[here]));
  const other = value[index] === "q" ? "R" : "q";
  return value.slice(0, index) + other + value.slice(index + 1);
}

/** Neither renewed nor resumed with this header, and nothing sent. */
async function mustBeNone(scene, { page, handle, family }, cookie, what) {
  const tab = page.tab();
  for (const answer of [await tab.renew(handle, { headers: { cookie } }), await tab.resume({ headers: { cookie } })]) {
    mustBeOver(answer, what);
  }
  mustNotBeSent(scene, family.refresh, 0, what);
}

async function mustBeGood(session, cookie, what) {
  const answer = await session.page.tab().resume({ headers: { cookie } });
  mustHaveTokens(answer, what);
  must(answer.json.session_handle === session.handle, `${what}: it is another session`);
}

export const cookie = [
  {
    sentence: 4,
    what: "name, attributes and length, with every answer that sets or removes it",
    async run(scene) {
      const { page, handle, access } = await scene.signedIn();
      mustHaveTokens(await page.renew(handle), "a renewal");
      await page.revoke(handle, access);
      must(page.jar.size === 0, "the cookie is still there after the sign-out");
    },
  },
  {
    sentence: 4,
    what: "it ends with the browser's session",
    async run(scene) {
      const { page, handle, answer } = await scene.signedIn();
      for (const { attributes, isRemoved } of [...answer.cookies, ...(await page.renew(handle)).cookies]) {
        must(
          isRemoved || !(attributes.has("max-age") || attributes.has("expires")),
          "the cookie is kept beyond the browser's session",
        );
      }
    },
  },
  {
    sentence: 4,
    what: "it still fits when many sign-ins are retired in it",
    async run(scene) {
      const page = scene.page();
      for (let count = 0; count < 40; count++) await scene.signIn(page);
      const { handle } = await scene.signIn(page);
      mustHaveTokens(await page.renew(handle), "a renewal after 41 sign-ins");
    },
  },
  {
    sentence: 5,
    what: "a name that is there twice",
    async run(scene) {
      const session = await scene.signedIn();
      const { name, value } = session.page.session;
      const other = (await scene.signedIn()).page.session.value;
      const headers = {
        "the same value twice": `${name}=${value}; ${name}=${value}`,
        "an injected one first": `${name}=x; ${name}=${value}`,
        "an injected one last": `${name}=${value}; ${name}=x`,
        "an empty one beside it": `${name}=${value}; ${name}=`,
        "another user's first": `${name}=${other}; ${name}=${value}`,
        "another user's last": `${name}=${value}; a=b; ${name}=${other}`,
        "no space between": `${name}=${value};${name}=${other}`,
      };
      for (const [what, cookie] of Object.entries(headers)) await mustBeNone(scene, session, cookie, what);
      await mustBeNone(scene, session, [`${name}=${value}`, `${name}=${other}`], "two header lines");
      mustHaveTokens(await session.page.renew(session.handle), "a renewal after all that");
    },
  },
  {
    sentence: 5,
    what: "names that are only alike",
    async run(scene) {
      const session = await scene.signedIn();
      const { name, value } = session.page.session;
      const encoded = name.replace("__Host-", "%5F%5FHost-");
      const headers = {
        "a name that is percent-encoded": `${encoded}=${value}`,
        "one underscore that is percent-encoded": `${name.replace("__", "_%5F")}=${value}`,
        "a name behind &": `a=1&${name}=${value}`,
        "a name behind a comma": `a=1,${name}=${value}`,
        "a name in small letters": `${name.toLowerCase()}=${value}`,
        "a name in a quoted value": `a="; ${name.slice(1)}=${value}"`,
        "a name that ends alike": `x${name}=${value}`,
        "a name that goes on": `${name}x=${value}`,
      };
      for (const [what, cookie] of Object.entries(headers)) await mustBeNone(scene, session, cookie, what);
    },
  },
  {
    sentence: 5,
    what: "what a sibling subdomain can set does not beat the real one",
    async run(scene) {
      const session = await scene.signedIn();
      const { name, value } = session.page.session;
      const other = (await scene.signedIn()).page.session.value;
      for (const bad of [
        `${name.replace("__Host-", "%5F%5FHost-")}=${other}`,
        `a=1&${name}=${other}`,
        `a="b`,
        `${name.toLowerCase()}=${other}`,
        "=",
        "a",
        `=${other}`,
      ]) {
        await mustBeGood(session, `${bad}; ${name}=${value}`, `${bad.slice(0, 12)}… before the real one`);
        await mustBeGood(session, `${name}=${value}; ${bad}`, `${bad.slice(0, 12)}… behind the real one`);
        await mustBeGood(
          session,
          `${bad};${name}=${value}`,
          `${bad.slice(0, 12)}… before the real one, without a space`,
        );
      }
    },
  },
  {
    sentence: 5,
    what: "a cookie that is damaged",
    async run(scene) {
      const session = await scene.signedIn();
      const { name, value } = session.page.session;
      for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
        const at = Math.floor(value.length * part);
        await mustBeNone(scene, session, `${name}=${damaged(value, at)}`, `a wrong character at ${part * 100} %`);
      }
      for (const [what, bad] of Object.entries({
        "cut off": value.slice(0, -8),
        "without its beginning": value.slice(8),
        empty: "",
        "gone on with": `${value}AAAAAAAA`,
        "some text": "x",
        "a session in plain text": Buffer.from(JSON.stringify({ handle: session.handle })).toString("base64url"),
      })) {
        await mustBeNone(scene, session, `${name}=${bad}`, `a cookie ${what}`);
      }
      mustHaveTokens(await session.page.renew(session.handle), "a renewal after all that");
    },
  },
  {
    sentence: 5,
    what: "a cookie of another application",
    async run(scene) {
      if (!scene.target.hasOther) throw new NotSeen("it knows one application only (--one-application)");
      const session = await scene.signedIn();
      const there = await scene.signedIn({ client: scene.other });
      const { name } = session.page.session;
      const answer = await session.page
        .tab()
        .renew(there.handle, { headers: { cookie: `${name}=${there.page.session.value}` } });
      mustBeOver(answer, "the cookie of another application");
      mustBeOver(
        await session.page.tab().resume({ headers: { cookie: `${name}=${there.page.session.value}` } }),
        "the same, resumed",
      );
      mustNotBeSent(scene, there.family.refresh, 0, "the cookie of another application");
      const asItIs = await session.page.tab().renew(there.handle, { headers: { cookie: there.page.cookie } });
      must(asItIs.status !== 200, "the cookie of another application, by its own name, is renewed");
    },
  },
  {
    sentence: 5,
    what: "a cookie of another key",
    async run(scene) {
      const session = await scene.signedIn();
      await scene.target.restart({ cookieKey: scene.otherCookieKey });
      try {
        await mustBeNone(scene, session, session.page.cookie, "a cookie of another key");
      } finally {
        await scene.target.restart();
      }
    },
  },
  {
    sentence: 6,
    what: "no token in it, not in any encoding",
    async run(scene) {
      const { page, handle } = await scene.signedIn();
      await scene.signIn(page);
      must((await page.renew(handle)).status === 409, "the handle of before is taken");
    },
  },
];
