// What the check-up is to find, and what every finding has to be.

import assert from "node:assert/strict";
import { until } from "../support/browsers.mjs";

const PAGE = {
  secure_context: "ok",
  webassembly: "ok",
  configuration: "ok",
  redirect_uri: "ok",
  random_numbers: "ok",
  session_storage: "ok",
  web_locks: "ok",
  broadcast_channel: "ok",
  clock: "ok",
  framing: "ok",
};

/** What is found where nothing is broken; without a popup, two things can't be told. */
export const HEALTHY = {
  ...PAGE,
  metadata: "ok",
  token_endpoint: "ok",
  revocation_endpoint: "ok",
  token_info_endpoint: "ok",
  api: "ok",
  registration: "not_checked",
  pkce: "not_checked",
};

/** Where the client does not start, its servers are not asked. */
export const NOT_STARTED = Object.fromEntries(
  Object.keys(HEALTHY)
    .filter((check) => !(check in PAGE))
    .map((check) => [check, "not_checked"]),
);

export const UNREACHABLE = {
  metadata: "not_checked",
  token_endpoint: "cors_or_unreachable",
  revocation_endpoint: "cors_or_unreachable",
  token_info_endpoint: "cors_or_unreachable",
  api: "cors_or_unreachable",
};

/** The servers are there, and this page may read nothing. */
export const BLOCKED = Object.fromEntries(
  Object.entries(UNREACHABLE).map(([check, code]) => [check, code.replace("cors_or_unreachable", "cors_blocked")]),
);

export const FORBIDDEN = Object.fromEntries(Object.keys(UNREACHABLE).map((check) => [check, "csp_connect_src"]));

/** What is no reason to worry, or nothing that can be told from here. */
const HARMLESS = new Set(["ok", "not_checked", "rate_limited", "popup_blocked", "opener_severed"]);

/** What the page's last check-up has found. */
export const outcome = (driver) =>
  until("the check-up is over", () => driver.executeScript("return globalThis.outcome ?? false"));

/** That exactly this was found, well said, and nothing that is nobody's business. `found`: what differs from HEALTHY; `says`: words in the findings. */
export function assertFound({ findings, residue, error }, { found, says = /./ }, secrets) {
  assert.equal(error, undefined);
  const codes = {};
  for (const { check, code } of findings) codes[check] = check in codes ? `${codes[check]}, ${code}` : code;
  const text = JSON.stringify(findings, undefined, 1);
  assert.deepEqual(codes, { ...HEALTHY, ...found }, text);
  for (const finding of findings) {
    const { code, severity, seen, advice } = finding;
    const isHarmless = severity === "ok" || severity === "unknown";
    assert.equal(severity === "ok", code === "ok");
    assert.equal(isHarmless, HARMLESS.has(code), JSON.stringify(finding));
    assert.match(seen, /^\S.*[.\]\w]$/);
    assert.ok(advice || isHarmless, `no advice for ${code}`);
  }
  for (const words of [says].flat()) assert.match(text, words);
  for (const secret of secrets) assert.ok(!text.includes(secret), "a secret is told");
  assert.deepEqual(residue, [], "something is left behind");
}
