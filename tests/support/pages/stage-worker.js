// The package's worker, on a stage.

"use strict";

const createScriptURL = (url) => url;
const policy = globalThis.trustedTypes?.createPolicy("procore-spa-auth", { createScriptURL });
for (const url of ["/support/stage.js", "/package/worker-script.js"]) {
  importScripts(policy ? policy.createScriptURL(url) : url);
}
