// Starts one client, as the page's query says, and notes how long that took.

const { mode } = Object.fromEntries(new URLSearchParams(location.search));
const credentials = { production: { clientId: "CID", redirectUris: [`${location.origin}/callback`] } };
const options = { credentials, ...(mode === "served" && { workerUrl: "/package/worker-script.js" }) };

const before = performance.now();
const { createProcoreAuth } = await import(mode === "page" ? "/package/index.js" : "/package/worker.js");
const imported = performance.now();
await createProcoreAuth(options).ready();
const ready = performance.now();

document.body.dataset.times = JSON.stringify({ start: ready - imported, whole: ready - before });
