import type { Engine } from "../engine/engine.ts";

/** So long before its end an access token is due to be renewed, the core says: half a minute, or less if it is good for less. */
const AHEAD_SECONDS = 30;
/** A clock that has been set is noticed after so long, and after so long it is tried again what has failed. */
const MAX_WAIT_MS = 60_000;

/**
 * Has the access token renewed before it is over, while the page is looked at. What it returns is to be called after each change
 * of the session. The timer is a hint: whether there is something to renew is for the engine to say.
 */
export const createRenewal = (engine: Engine): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), milliseconds);
  };
  const look = async () => {
    if (globalThis.document?.visibilityState !== "visible") return wait(MAX_WAIT_MS);
    await engine.resume().then(onChange, () => wait(MAX_WAIT_MS));
  };
  const onChange = () => {
    clearTimeout(timer);
    const { signedIn, renewable, expiresAtEpochSeconds } = engine.session();
    if (!signedIn || !renewable || expiresAtEpochSeconds === undefined) return;
    const left = (expiresAtEpochSeconds - AHEAD_SECONDS) * 1000 - Date.now();
    wait(Math.min(Math.max(left, 1000), MAX_WAIT_MS));
  };
  return onChange;
};
