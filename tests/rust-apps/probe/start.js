// What the tests go by: `probe`, `outcome` of what the page begins with, `events`, `popups`, and `attempt`. A page begins with
// `handleRedirect`, or with what `starting` in storage says.
import "/support/polls.js";
import start, { Probe } from "./app.js";

// A database that is broken, for the test that wants one.
if (sessionStorage.getItem("is-database-broken")) IDBFactory.prototype.open = () => { throw new DOMException("broken", "UnknownError"); };

await start();
const attempt = async (call) => {
  try {
    return { value: await call() };
  } catch (error) {
    const { code, phase, retryable, message: text, returnTo } = error;
    return { error: code ?? String(error), phase, retryable, text, returnTo };
  }
};
const probe = new Probe(document.getElementById("options").textContent);
const events = [];
const popups = [];
const listening = probe.subscribe((news, { status }) => events.push([news, status]));
Object.assign(globalThis, { Probe, probe, attempt, events, popups, listening, statusAtOnce: probe.session.status });

// With `milliseconds`, and `isHeld` where the test itself ends it.
document.getElementById("popup").onclick = () => {
  const { open } = window;
  window.open = (...args) => {
    [globalThis.loginUrl] = args;
    return open.apply(window, args);
  };
  globalThis.popup = probe.openPopup(globalThis.milliseconds);
  window.open = open;
  globalThis.storedMeanwhile = JSON.stringify({ ...sessionStorage, ...localStorage, starting: undefined });
  if (!globalThis.isHeld) attempt(() => globalThis.popup.ended()).then((outcome) => popups.push(outcome));
};

const states = (globalThis.states = []);
const begin = {
  auto: () => probe.start(false),
  manual: () => probe.start(true),
  follow: () => {
    const page = (globalThis.page = probe.follow());
    globalThis.stateAtOnce = page.state;
    page.subscribe((state) => states.push(state));
    return page.known().then(() => page.state);
  },
};
const beginning = (begin[localStorage.getItem("starting")] ?? (() => probe.handleRedirect()))();
globalThis.atOnce = location.href;
globalThis.outcome = await attempt(() => beginning);
document.getElementById("status").textContent = "known";
