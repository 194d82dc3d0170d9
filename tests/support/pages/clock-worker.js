// The worker, with a clock that the page can stop, and itself (`clock-page.js`).

"use strict";

{
  // Where the page's policy asks for Trusted Types.
  const trusted = globalThis.trustedTypes?.createPolicy("procore-spa-auth", { createScriptURL: (url) => url });
  const load = (url) => importScripts(trusted?.createScriptURL(url) ?? url);
  load("/support/clock.js");
  const page = new BroadcastChannel("clock");
  page.addEventListener("message", ({ data: { id, name, values } }) => {
    if (name === "die") close();
    else page.postMessage({ id, answer: clock[name](...values) });
  });
  load("/package/worker-script.js");
}
