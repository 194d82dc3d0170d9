// Whether what is measured does its work: each contestant signs in over https at a server that compares its verifier with its
// challenge, and refuses a response with another state before it sends anything.

import assert from "node:assert/strict";

/** `{ contestant: what it says of another state }`, where all is well. */
export async function checkContestants({ driver, until }, { origin, login }, contestants) {
  const said = {};
  for (const contestant of contestants) {
    const signIn = async (isForging) => {
      login.forge(isForging);
      await driver.get("about:blank");
      await driver.get(`${origin}/callback/${contestant}`);
      const text = await until(`${contestant} signs in`, () => driver.executeScript("return document.body?.dataset.result"));
      return JSON.parse(text);
    };
    const { token, error } = await signIn(false);
    const [redemption, ...more] = login.seen();
    assert.ok(redemption && !more.length, `${contestant} asks the token endpoint ${login.seen().length} times: ${error}`);
    assert.ok(redemption.isVerified && redemption.method === "S256", `${contestant} sends no verifier of its challenge`);
    assert.equal(token, redemption.accessToken, `${contestant} has not the token: ${error}`);
    const forged = await signIn(true);
    assert.equal(login.seen().length, 0, `${contestant} redeems a code that came with another state`);
    assert.ok(!forged.token || forged.token === token, `${contestant} takes any state`);
    said[contestant] = forged.error ?? "nobody is signed in";
  }
  return said;
}
