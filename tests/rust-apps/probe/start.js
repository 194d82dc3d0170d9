// What the tests go by: `probe`, `outcome` of the redirect, `events`, and `attempt`.
import start, { Probe } from "./app.js";

// A database that is broken, for the test that wants one.
if (sessionStorage.getItem("is-database-broken")) IDBFactory.prototype.open = () => { throw new DOMException("broken", "UnknownError"); };

await start();
const attempt = async (call) => {
  try {
    return { value: await call() };
  } catch (error) {
    return { error: error.code ?? String(error), phase: error.phase, retryable: error.retryable, text: error.message };
  }
};
const probe = new Probe(document.getElementById("options").textContent);
const events = [];
const listening = probe.subscribe((news, { status }) => events.push([news, status]));
Object.assign(globalThis, { Probe, probe, attempt, events, listening, statusAtOnce: probe.session.status });
const handling = probe.handleRedirect();
globalThis.atOnce = location.href;
globalThis.outcome = await attempt(() => handling);
document.getElementById("status").textContent = "known";
