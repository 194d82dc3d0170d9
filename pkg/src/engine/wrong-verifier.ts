import { json, parse } from "../boundary/boundary.ts";
import type { Driver } from "./driver.ts";
import type { Probe } from "./engine.ts";
import type { Exchange } from "./send.ts";

/**
 * Redeems the code that a URL brings, for the pending sign-in of `record`, with a verifier that belongs to another one. Rejects
 * where the server refuses it, as it has to; else what has come of it is revoked. `makeDriver`: of another client of the same
 * configuration, whose session is nobody's. Loaded for the check-up alone.
 */
export const redeemWrongly = async (
  makeDriver: (adapt: (exchange: Exchange) => Exchange) => Driver,
  url: string,
  record: string,
): Promise<Probe> => {
  let isRedeeming = true;
  const { started, step, ask, outcomes, close } = makeDriver((exchange) =>
    // A token mediator keeps nothing of a check-up, and answers no token (docs/token-mediator.md).
    isRedeeming && exchange.isSameOrigin ? { ...exchange, body: `${exchange.body}&purpose=check` } : exchange,
  );
  try {
    await started();
    const { record: other } = step<{ record: string }>("signIn", { options: "{}", isPopup: true });
    const { verifier } = parse<{ verifier: string }>(other);
    const wrong = json({ ...parse<object>(record), verifier });
    const call = outcomes.nextCall();
    await outcomes.of(call, () => step("redeem", { url, record: wrong, call }));
    isRedeeming = false;
    return await ask<Probe>("signOut");
  } finally {
    close();
  }
};
