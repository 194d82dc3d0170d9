// Plays a login server for a check of the contestants: it signs in at once, and compares what its token endpoint is given. It
// can send another state back than it was given, as somebody does who wants a page to take a code that is not its own.

import { createHash, randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { jwt, responseTo, tokensFor } from "./page/server.js";

/** `answer`: for `startSite`. `forge(isForging)`: begins anew. `seen()`: what the token endpoint was asked since then. */
export function createLoginServer() {
  const codes = new Map();
  let isForging = false;
  let redemptions = [];

  const authorize = (url, response) => {
    const code = randomUUID();
    codes.set(code, url);
    response.writeHead(302, { location: responseTo(url.href, code, isForging) }).end();
  };

  const redeem = async (url, request, response) => {
    const form = new URLSearchParams(await text(request));
    const asked = codes.get(form.get("code"));
    codes.delete(form.get("code"));
    const isVerified = asked && createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url") === asked.searchParams.get("code_challenge");
    const accessToken = jwt({ sub: randomUUID() });
    redemptions.push({ isVerified: Boolean(isVerified), method: asked?.searchParams.get("code_challenge_method"), accessToken });
    response.writeHead(isVerified ? 200 : 400, { "content-type": "application/json", "cache-control": "no-store" });
    const tokens = { access_token: accessToken, refresh_token: jwt({ sub: randomUUID() }) };
    response.end(JSON.stringify(isVerified ? tokensFor(asked.href, `${url.origin}/`, tokens) : { error: "invalid_grant" }));
  };

  return {
    seen: () => redemptions,
    forge: (now) => {
      isForging = now;
      redemptions = [];
    },
    answer: async (request, response) => {
      const url = new URL(request.url, `https://${request.headers.host}`);
      // Wherever a library expects them.
      if (/\/(authorize|auth)$/.test(url.pathname)) authorize(url, response);
      else if (url.pathname.endsWith("/token")) await redeem(url, request, response);
      else return false;
      return true;
    },
  };
}
