// Judges what a browser made of a row: the outcome that the row expects, its effects, and what must hold on every row.

import { CLIENT_ID, KEY } from "./app.mjs";
import { CANARY } from "./situations.mjs";

const PROCORE = "https://login.procore.com";
const API = "https://api.procore.com";

const RESPONSE_NAMES = [
  "code",
  "state",
  "error",
  "error_description",
  "error_uri",
  "iss",
  "response",
  "access_token",
  "token_type",
  "expires_in",
  "scope",
  "refresh_token",
  "id_token",
  "token",
  "session_state",
];

/** In the words of `expected`. */
function outcomeOf({ do: what }, { value, error }) {
  if (error) return `err:${error.code ?? error.name}`;
  if (what === "signOut" && value.outcome !== "revoked") return `err:${value.outcome}`;
  if (["handleRedirect", "comeBackAgain", "ended", "isSignedIn"].includes(what)) return value.handled ? "ok" : "none";
  if (what === "isPending") return value.isPending ? "none" : "ok";
  if (what === "parseRedirect") return value.kind === "none" ? "none" : "ok";
  return "ok";
}

/** `ok:…` is an `ok` that an effect says more of; `a|b` leaves the choice. */
function meets(expected, outcome) {
  const words = expected.split("|").map((word) =>
    word
      .replace(/^ok:.*/, "ok")
      .replace(/ \(.*\)$/, "")
      .replace(/^ignored$/, "none"),
  );
  return words.includes(outcome);
}

/**
 * What is wrong with a `result`, in sentences; none if the row holds.
 *
 * `elsewhere` are the requests that arrived where no token may go.
 */
export function problems(row, plan, result, { page, elsewhere }) {
  if (result.hung) return ["it hung, or the page was left"];
  const wrong = [];
  const say = (is, sentence) => is || wrong.push(sentence);
  const steps = plan.steps.map((step, index) => ({ ...step, outcome: result.steps[index] }));
  const ofKind = (kind) => result.requests.filter((request) => request.kind === kind);

  judgeOutcomes(row, plan, steps, say);
  const look = steps.findLast((step) => step.do === "look")?.outcome.value;
  if (!look) return [...wrong, `the page could not be looked at: ${JSON.stringify(steps.at(-1)?.outcome)}`];
  const main = steps.find((step) => step.isJudged || step.isArrival);
  const facts = { row, plan, result, steps, look, say, ofKind, page, main };
  if (plan.most) say(look.keys.length <= plan.most, `${look.keys.length} sign-ins are stored`);
  if (plan.isTaken) say(!look.keys.length, "the record is still there");
  // A popup's sign-in is in no storage: it is still there if the true response is good afterwards.
  const isConsumed = plan.isPopup
    ? !steps.some((step) => step.do === "ended" && step.isAfterwards && step.outcome.value?.handled)
    : !look.keys.some((key) => key.startsWith(KEY));

  judgeCounts(facts);
  judgeUrl(facts, isConsumed);
  judgeRequests(facts);
  judgeResidue(facts, isConsumed);
  judgeSession(facts);
  if (plan.isApi) judgeApi(facts, elsewhere);
  for (const effect of row.effects.split(";").map((text) => text.trim())) judgeEffect(effect, facts, isConsumed);
  return wrong;
}

function judgeOutcomes(row, plan, steps, say) {
  const parts = row.expected.split(",");
  const judged = steps.filter((step) => step.isJudged);
  judged.forEach((step, index) => {
    const expected = parts[Math.min(index, parts.length - 1)];
    const got = outcomeOf(step, step.outcome);
    if (step.isWarning) {
      const { warnings = [] } = step.outcome.value ?? {};
      return say(
        warnings.includes(expected.replace("err:", "")),
        `expected a warning ${expected}, got ${got} ${warnings}`,
      );
    }
    say(
      meets(expected, got),
      `expected ${expected}, got ${got}${step.outcome.error ? ` (${step.outcome.error.message})` : ""}`,
    );
  });
  for (const step of steps) {
    const got = outcomeOf(step, step.outcome);
    if (step.isSecondOpinion) say(meets(row.expected, got), `expected ${row.expected} of ${step.do}, too, got ${got}`);
    if (step.isVariant) say(meets(step.isVariant, got), `expected ${step.isVariant} of the variant, got ${got}`);
    if (step.isSetUp || step.isAfterwards) {
      const when = step.isSetUp ? "to set the row up" : "afterwards";
      // Signing out while a renewal is under way can't promise that the server has forgotten all.
      const isDone = got === "ok" || (plan.users && step.do === "signOut" && got === "err:revoke_pending");
      say(isDone, `${step.do} has to work ${when}, got ${got} ${step.outcome.error?.message ?? ""}`);
    }
    if (step.isRefused) say(got.startsWith("err:"), `${step.do} has to be refused, got ${got}`);
    if (step.redirectUri && got === "ok") {
      const sent = new URL(step.outcome.value.url).searchParams.get("redirect_uri");
      say(sent === step.redirectUri, `expected redirect_uri=${step.redirectUri} byte for byte, got ${sent}`);
    }
    if (step.isOnProcore)
      say(step.outcome.value?.url.startsWith(`${PROCORE}/oauth/authorize?`), "the login URL is not Procore's");
    if (step.isOnce) say(step.outcome.value.count === 1, `read ${step.outcome.value.count} times, not once`);
    if (step.isShifty)
      say(step.outcome.value?.stringified === 1, `made a string ${step.outcome.value?.stringified} times`);
    const { error } = step.outcome;
    if (!error) continue;
    say(error.isTyped, `${step.do} threw something untyped: ${error.residue}`);
    say(error.code !== "instance_poisoned", `${step.do} trapped: ${error.residue}`);
    say(!CANARY.test(error.residue), `the error of ${step.do} holds a ${CANARY.exec(error.residue)}: ${error.residue}`);
  }
}

/** How often the token endpoint was asked, and the page left. */
function judgeCounts({ row, plan, look, say, ofKind, result, main }) {
  const before = result.requests.slice(0, look.sent).filter(({ kind }) => kind === "token").length;
  const said = /\btok=(\d+)/.exec(row.effects)?.[1];
  const got = main?.outcome && outcomeOf(main, main.outcome);
  const isExchanging = plan.steps.some((step) => step.do === "handleRedirect" && !step.isAfterwards);
  const expected =
    plan.tokens ??
    (said === undefined ? Number(isExchanging && got === "ok" && plan.entry !== "implicit") : Number(said));
  const counted = plan.isExchange ? ofKind("token").length : before;
  if (!plan.users) say(counted === expected, `expected ${expected} token requests, got ${counted}`);
  const navigations = /\bnav=(\d+)/.exec(row.effects)?.[1] ?? (plan.departs ? 1 : 0);
  say(look.departures === Number(navigations), `expected ${navigations} navigations, got ${look.departures}`);
}

/** Scrubbed if the response was ours, and otherwise left exactly as it was. */
function judgeUrl({ plan, look, say, page }, isConsumed) {
  if (!plan.isLoaded || !plan.hasRecord) return;
  const { search, hash, href } = new URL(plan.here, page);
  const rest = (part) =>
    part
      .slice(1)
      .split("&")
      .filter((pair) => !RESPONSE_NAMES.includes([...new URLSearchParams(pair).keys()][0] ?? ""))
      .join("&");
  const left = [rest(search) && `?${rest(search)}`, rest(hash) && `#${rest(hash)}`].join("");
  const expected = isConsumed ? new URL(new URL(plan.here, page).pathname + left, page).href : href;
  say(look.url === expected, `expected the page at ${expected}, got ${look.url}`);
}

function judgeRequests({ plan, result, say, ofKind, page }) {
  const allowed = [PROCORE, API, ...(plan.origins ?? [])];
  for (const { kind, method, url } of result.requests) {
    say(
      kind !== "other" && allowed.includes(new URL(url, page).origin),
      `a request that is not allowed: ${method} ${url}`,
    );
  }
  for (const request of [...ofKind("token"), ...ofKind("revoke")]) {
    const { method, headers, credentials, redirect, cache, referrerPolicy, body, url } = request;
    const seen = `${method} ${headers["content-type"]} ${credentials} ${redirect} ${cache} ${referrerPolicy}`;
    const isRight = /^POST application\/x-www-form-urlencoded omit (error|manual) no-store no-referrer$/.test(seen);
    say(isRight && !headers.authorization, `${url} was asked in the wrong way: ${seen} ${JSON.stringify(headers)}`);
    const form = new URLSearchParams(body);
    const names = [...form.keys()];
    const unknown = names.filter((name) => !FORM_NAMES[request.kind].includes(name));
    say(!unknown.length && new Set(names).size === names.length, `${url} was sent ${names}`);
    if (!plan.entry) say(form.get("client_id") === CLIENT_ID, `${url} was sent client_id=${form.get("client_id")}`);
  }
  for (const { method, headers, credentials, redirect } of ofKind("info")) {
    say(
      method === "GET" &&
        credentials === "omit" &&
        redirect !== "follow" &&
        headers.authorization?.startsWith("Bearer "),
      "the token was checked in the wrong way",
    );
  }
}

const FORM_NAMES = {
  token: ["grant_type", "code", "redirect_uri", "client_id", "code_verifier", "refresh_token"],
  revoke: ["token", "token_type_hint", "client_id"],
};

/** That nothing confidential is left where another could find it, and nothing broke in silence. */
function judgeResidue({ result, look, say }, isConsumed) {
  for (const fault of result.faults) say(false, fault);
  const places = {
    console: JSON.stringify(result.said),
    DOM: look.dom + result.end.dom,
    title: look.title + result.end.title,
    "window.name": look.name,
    "history.state": look.historyState + result.end.historyState,
  };
  for (const [place, text] of Object.entries(places)) say(!CANARY.test(text), `${place} holds a ${CANARY.exec(text)}`);
  const lasting = /canary(?:code|access|refresh|secret)/;
  for (const text of [look.storage, result.end.storage, JSON.stringify(result.stored)]) {
    say(!lasting.test(text), `storage holds a ${lasting.exec(text)}`);
  }
  for (const news of result.told) {
    // A word, and the session's name, which is made up and opens nothing.
    say(/^{"v":2,"news":"[a-z_]+","id":\d{1,16}}$/.test(JSON.stringify(news)), `told other tabs ${JSON.stringify(news)}`);
  }
  if (isConsumed) say(!CANARY.test(look.storage), `storage still holds a ${CANARY.exec(look.storage)}`);
  say(
    ![...look.databases, ...look.caches].length,
    `databases or caches were made: ${[...look.databases, ...look.caches]}`,
  );
  say(result.others === "untouched", "another app's storage was touched");
}

function judgePopup({ plan, look, say, main, result }) {
  const isOk = main.do === "ended" && outcomeOf(main, main.outcome) === "ok";
  say(look.session.signedIn === isOk, `expected signedIn=${isOk}, got ${JSON.stringify(look.session)}`);
  say(!look.keys.length && !result.stored.some(([key]) => key.startsWith(KEY)), "a popup's sign-in was stored");
  if (plan.around) say(!result.seesFirstParty, "the frame's storage is not partitioned, so the row shows nothing");
}

function judgeSession({ row, plan, look, say, main, ofKind, result }) {
  if (plan.renewals) {
    const sent = ofKind("token").map(({ body }) => new URLSearchParams(body).get("refresh_token"));
    say(
      sent.slice(1).every((token) => token === "R1-canaryrefresh"),
      `renewed with ${sent}`,
    );
    if (row.expected === "ok") say(look.session.status === "fresh", `got ${JSON.stringify(look.session)}`);
    else say(!look.session.renewable, `it could be renewed again: ${JSON.stringify(look.session)}`);
  }
  if (plan.isPopup) return judgePopup({ plan, look, say, main, result });
  if (!look.session || !main || main.do !== "handleRedirect" || plan.users) return;
  const isOk = outcomeOf(main, main.outcome) === "ok" && !/expired at once/.test(row.effects);
  const got = look.session.signedIn;
  if (row.setup !== "tx_consumed" && !plan.pollution)
    say(got === isOk, `expected signedIn=${isOk}, got ${JSON.stringify(look.session)}`);
}

function judgeApi({ plan, steps, say, ofKind, row }, elsewhere) {
  const calls = ofKind("api");
  const judged = steps.filter((step) => step.isJudged);
  if (row.expected.startsWith("err:")) return say(!calls.length, `a request left: ${calls.map(({ url }) => url)}`);
  if (plan.users) {
    const mixed = calls.filter(
      ({ url, headers }) => !headers.authorization.startsWith(/second/.test(url) ? "Bearer Tuser2-" : "Bearer Tuser1-"),
    );
    return say(!mixed.length, `a request of one user carried the token of another: ${JSON.stringify(mixed)}`);
  }
  for (const { url, headers, credentials } of calls) {
    say(/^Bearer T\S*canaryaccess$/.test(headers.authorization), `${url} was sent without the token`);
    say(credentials === "omit", `${url} was sent with credentials: ${credentials}`);
    if (!plan.landing) say(new URL(url).origin === API, `the token went to ${url}`);
  }
  if (plan.landing) {
    const landed = elsewhere.filter(({ url, method }) => url === plan.landing && method !== "OPTIONS");
    say(landed.length === 1, `expected the redirect to be followed once, got ${landed.length}`);
    const text = JSON.stringify(elsewhere);
    say(!CANARY.test(text) && landed.every(({ headers }) => !headers.authorization), "the token followed the redirect");
  } else if (judged.length) {
    say(calls.length === judged.length, `expected ${judged.length} requests to the API, got ${calls.length}`);
  }
}

/** The effects that say more than what holds on every row, by their words. */
const EFFECTS = [
  [
    /^tx=(kept|consumed)$/,
    ({ say }, [, what], isConsumed) =>
      say(isConsumed === (what === "consumed"), `expected tx=${what}, got ${isConsumed ? "consumed" : "kept"}`),
  ],
  [/^tx consumed$/, ({ say }, _, isConsumed) => say(isConsumed, "expected tx=consumed, got kept")],
  [/^tx=kept \(/, ({ say }, _, isConsumed) => say(!isConsumed, "expected tx=kept, got consumed")],
  [
    /^url=scrubbed$/,
    ({ say, look }) => say(!/[?#&](code|state|access_token|error)=/.test(look.url), `not scrubbed: ${look.url}`),
  ],
  [
    /^warn=(\w+)$/,
    ({ say, result }, [, word]) =>
      say(
        result.said.some(({ level, text }) => level === "warn" && text.includes(word)),
        `no warning about ${word}`,
      ),
  ],
  [/^(token_not_stored|no token stored)$/, ({ say, look }) => say(!look.session.signedIn, "the token is in use")],
  [
    /^code='(.*)' re-encoded$/,
    ({ say, ofKind }, [, code]) => {
      const sent = new URLSearchParams(ofKind("token")[0]?.body).get("code");
      say(sent === code, `expected the code ${code}, got ${sent}`);
    },
  ],
  [
    /^each_own_verifier$/,
    ({ say, ofKind, plan }) => {
      const sent = ofKind("token").map(({ body }) => new URLSearchParams(body).get("code_verifier"));
      say(String(sent) === String(plan.verifiers), `expected each its own verifier, got ${sent}`);
    },
  ],
  [
    /^<(\d+)ms$/,
    ({ say, steps }, [, limit]) => {
      const { milliseconds } = steps.find((step) => step.do === "timeParsing").outcome.value;
      say(milliseconds < Number(limit), `took ${milliseconds} ms`);
    },
  ],
  [/^refresh_token_discarded$/, ({ say, look }) => say(look.session.renewable === false, "the refresh token was kept")],
  [
    /\blength<=(\d+)$/,
    ({ say, main }, [, limit]) => {
      const { oauthErrorDescription = "" } = main.outcome.error;
      say(oauthErrorDescription.length <= Number(limit), "the description is too long");
    },
  ],
  [
    /^error_uri dropped/,
    ({ say, main }) => say(!/javascript:/i.test(main.outcome.error.residue), "error_uri is in the error"),
  ],
  [
    /never innerHTML/,
    ({ say, result, main }) => {
      say(!/<img/i.test(result.end.dom), "markup got into the page");
      say(!/<img/i.test(main.outcome.error.message), "markup got into the message");
    },
  ],
  [
    /^error not attributed to AS$/,
    ({ say, main }) => say(main.outcome.error.oauthError === undefined, "oauthError is set"),
  ],
  [
    /^retryable=false/,
    ({ say, main }) =>
      say(main.outcome.error.retryable === false, "retryable is true, though the same call can only fail again"),
  ],
  [
    /^new state\+verifier$/,
    ({ say, steps }) => {
      const { pending } = steps.findLast((step) => step.do === "buildLoginUrl").outcome.value;
      say(!CANARY.test(JSON.stringify(pending)), "state or verifier was used again");
    },
  ],
  [
    /^falls back to default$/,
    ({ say, steps, result }) => {
      const arrival = steps.find((step) => step.isArrival).outcome.value;
      say(arrival?.returnTo === "/", `expected to go on to /, got ${JSON.stringify(arrival)}`);
      say(
        result.said.some(({ level, text }) => level === "warn" && /returnto_rejected/.test(text)),
        "no warning with the code",
      );
    },
  ],
  [
    /^nav target stays same-origin/,
    ({ say, steps, page, row, result }) => {
      const { returnTo = "" } = steps.find((step) => step.isArrival).outcome.value ?? {};
      say(/^\/(?!\/)/.test(returnTo) && new URL(returnTo, page).origin === page, `goes on to ${returnTo}`);
      say(!result.said.length, `said ${JSON.stringify(result.said)}`);
      if (row.input.startsWith("/")) say(returnTo === row.input, `expected ${row.input}, got ${returnTo}`);
    },
  ],
  [/policy default, no infinite|clamped to policy max/, (facts) => lifetime(facts, 1, 86_400)],
  [/^(floor|'.*' rejected)$/, (facts) => lifetime(facts, 5400, 5400)],
  [
    /^treated expired at once$/,
    ({ say, look }) => say(look.session.status === "expired", `got ${look.session.status}`),
  ],
  [
    /\.isAdmin===undefined$/,
    ({ say, steps }) =>
      say(
        steps.find((step) => step.do === "isPolluted").outcome.value.value === "undefined",
        "Object.prototype was changed",
      ),
  ],
  [
    /^message says: app must be public$/,
    ({ say, main }) => say(/public/.test(main.outcome.error.message), "it does not say so"),
  ],
  [
    /^never asks for secret$/,
    ({ say, main }) => say(!ASKING.test(main.outcome.error.message), "it asks for a secret"),
  ],
  [
    /^targetOrigin explicit; never '\*'$|^targetOrigin explicit$/,
    ({ say, steps, page }) => {
      const { posted } = steps.find((step) => step.do === "windows").outcome.value;
      say(posted.length === 1 && posted[0] === page, `the relay's messages were for ${posted}`);
    },
  ],
  [
    /^targetOrigin=own origin so attacker gets nothing$/,
    ({ say, steps }) => {
      const { overheard } = steps.find((step) => step.do === "lure").outcome.value;
      say(overheard.length === 0, `the stranger heard ${overheard}`);
    },
  ],
  [
    /^random per-tx window name$/,
    ({ say, steps }) => {
      // No name at all, and always a new window, which is what the random name is for.
      const { names, areFrames } = steps.find((step) => step.do === "windows").outcome.value;
      say(names.length && names.every((name) => name === "_blank"), `windows had the names ${names}`);
      say(!areFrames.includes(true), "the login page was shown in somebody else's frame");
    },
  ],
  [
    /^first wins$/,
    ({ say, ofKind }) => {
      const code = new URLSearchParams(ofKind("token")[0]?.body).get("code");
      say(code === "C1-canarycode", `the code of the second was redeemed: ${code}`);
    },
  ],
  [
    /^opener stays null for good$/,
    ({ say, result, plan }) => {
      say(result.leftovers.length === plan.leftovers, `${result.leftovers.length} windows are left`);
      say(!result.leftovers.some(({ hasOpener }) => hasOpener), "a window has an opener");
    },
  ],
  [
    /^callback shows 'return to app'/,
    ({ say, result, page }) => {
      for (const { url, text } of result.leftovers) {
        say(url === `${page}/cb`, `the window is left at ${url}`);
        say(/close it/i.test(text), `the window says ${text}`);
      }
    },
  ],
  [
    /^stream aborted at cap$/,
    ({ say, ofKind }) => {
      const [{ isCancelled, pulled }] = ofKind("token");
      say(isCancelled && pulled <= 128 * 1024, `${pulled} bytes were read, cancelled: ${isCancelled}`);
    },
  ],
];

/** What a message would say to somebody who is to hand over a secret. */
const ASKING = /\b(enter|provide|add|set|send|pass|supply|configure|give|need)\b[^.]*\bsecret/i;

function lifetime({ say, look, result }, least, most) {
  const left = look.session.expiresAtEpochSeconds - Date.now() / 1000;
  say(Number.isFinite(left) && left > least - 300 && left <= most + 5, `expires in ${left} s`);
  say(!result.faults.length, "there were faults");
}

function judgeEffect(effect, facts, isConsumed) {
  for (const [words, judge] of EFFECTS) {
    const found = words.exec(effect);
    if (found) judge(facts, found, isConsumed);
  }
}
