// The stages that are measured in milliseconds. Each takes a contestant's name and answers with its times.

import { answerAtOnce, check, clearStorage, config, load, mustBeSignedIn, times } from "./contestant.js";

const WARM_UP = times(300);
const CALLS = times(200);
/** More of those, for Firefox's clock is coarse. */
const API_CALLS = times(2_000);
/** Fewer, for browsers let a page leave, or change its URL, only so often. */
const SIGN_INS = times(50);
const FIRST_SIGN_INS = times(20);

/** From the import of the script, which is not in any cache, to the first login URL. */
export async function start(contestant) {
  const before = performance.now();
  const { client, isBare } = await load(contestant);
  const url = await (await client(config))();
  const time = performance.now() - before;
  if (!isBare) check(url);
  return { time };
}

/** One login URL, when all is warm. */
export async function loginUrl(contestant) {
  const { client, isBare } = await load(contestant);
  const loginUrl = await client(config);
  let state;
  for (let call = 0; call < WARM_UP; call++) {
    const url = await loginUrl();
    state = isBare ? undefined : check(url, state);
  }
  clearStorage();
  const before = performance.now();
  for (let call = 0; call < CALLS; call++) await loginUrl();
  return { time: (performance.now() - before) / CALLS };
}

/** A response of the login page, from its URL to the code and the verifier that its state has led to. */
export async function callback(contestant) {
  const { client, callback } = await load(contestant);
  const [loginUrl, judge] = [await client(config), await callback(config)];
  const { arrive } = answerAtOnce();
  const refused = await (async () => judge(arrive(await loginUrl(), true)))().then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error("it takes any state");
  let time = 0;
  for (let call = -WARM_UP; call < CALLS; call++) {
    const url = arrive(await loginUrl());
    const before = performance.now();
    const { code, codeVerifier } = await judge(url);
    if (call >= 0) time += performance.now() - before;
    if (code !== "CODE" || !/^[\w.~-]{43,128}$/.test(codeVerifier)) throw new Error("no code");
    if (call % 50 === 0) clearStorage();
  }
  return { time: time / CALLS };
}

/** The same up to the token, where the token endpoint answers at once: redeemed, and the session there. */
export async function redeem(contestant) {
  const { session } = await load(contestant, "session");
  const { arrive } = answerAtOnce();
  const { loginUrl, redeem, token } = await session(config);
  let time = 0;
  for (let call = -FIRST_SIGN_INS; call < SIGN_INS; call++) {
    const url = arrive(await loginUrl());
    const before = performance.now();
    await redeem(url);
    if (call >= 0) time += performance.now() - before;
    if (call % 10 === 0) await mustBeSignedIn({ token });
  }
  return { time: time / SIGN_INS };
}

/** Calls of the API, where `fetch` answers at once. */
export async function calls(contestant) {
  const { api } = await load(contestant, "session");
  const { signIn } = answerAtOnce();
  const call = await api(config, signIn);
  const timed = async (count) => {
    const before = performance.now();
    for (let at = 0; at < count; at++) await call();
    return (performance.now() - before) / count;
  };
  const first = await timed(1);
  await timed(times(994));
  const thousandth = await timed(10);
  return { first, thousandth, warm: await timed(API_CALLS) };
}

/** From createProcoreAuth() to the end of ready(), with the script already there: what a worker costs more. `turn`: what nothing is painted in. */
export async function ready(contestant) {
  if (contestant === "empty") return emptyWorker();
  const [entry, workerUrl] = contestant.split(" ");
  const { createProcoreAuth } = await import(`/package/${entry}.js`);
  const credentials = { production: { clientId: "CID", redirectUris: [config.redirectUri] } };
  const before = performance.now();
  const isReady = createProcoreAuth({ credentials, ...(workerUrl && { workerUrl }) }).ready();
  const turn = performance.now() - before;
  await isReady;
  return { time: performance.now() - before, turn };
}

async function emptyWorker() {
  const before = performance.now();
  const worker = new Worker("/page/empty-worker.js");
  const isThere = new Promise((resolve) => (worker.onmessage = resolve));
  const turn = performance.now() - before;
  await isThere;
  return { time: performance.now() - before, turn };
}
