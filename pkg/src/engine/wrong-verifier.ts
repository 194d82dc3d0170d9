import { json, own, parse } from "../boundary/boundary.ts";
import type { open } from "./core.ts";
import type { Probe } from "./engine.ts";
import type { Exchange } from "./send.ts";

type Call = ReturnType<typeof open>;

/**
 * Redeems the code that a URL brings, for the pending sign-in of `record`, with a verifier that belongs to another one. Rejects
 * where the server refuses it, as it has to; else what has come of it is revoked. Loaded for the check-up alone.
 */
export const redeemWrongly = async (
  call: Call,
  exchange: <T>(call: Call, first: Partial<Exchange> & T) => Promise<T>,
  url: string,
  record: string,
): Promise<Probe> => {
  const { record: other } = call<{ record: string }>("signIn", { options: "{}", isPopup: true });
  const { verifier } = parse<{ verifier: string }>(other);
  const wrong = json({ ...parse<object>(record), verifier });
  const redeeming = call<Partial<Exchange>>("redeem", { url, record: wrong });
  // A token mediator keeps nothing of a check-up, and answers no token (docs/token-mediator.md).
  const body = redeeming.isSameOrigin ? `${redeeming.body}&purpose=check` : redeeming.body;
  await exchange(call, own({ ...redeeming, body }) as Partial<Exchange>);
  return exchange<Probe>(call, call("signOut"));
};
