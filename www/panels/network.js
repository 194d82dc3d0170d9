// The requests that the SDK really sent, as the browser measured them. Paths and times; no bodies, no queries.

import { allOrigins } from "../base/demo-server.js";
import { note } from "../base/timeline.js";

const MEANING = {
  "/oauth/token": "Token endpoint asked",
  "/oauth/token/info": "Token checked against the server",
  "/oauth/revoke": "Revocation sent",
};

export function startNetworkLog() {
  const seen = new PerformanceObserver((list) => list.getEntries().forEach(record));
  seen.observe({ type: "resource", buffered: true });
}

function record({ name, initiatorType, startTime, duration, responseStatus }) {
  const { origin, pathname } = new URL(name);
  if (initiatorType !== "fetch" || !MEANING[pathname] || !Object.values(allOrigins()).includes(origin)) return;
  const status = responseStatus ? `, status ${responseStatus}` : "";
  note("network", MEANING[pathname], {
    details: [`${origin}${pathname}: ${Math.round(duration)} ms${status}`],
    at: Math.round(performance.timeOrigin + startTime),
  });
}
