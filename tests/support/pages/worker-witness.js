// The worker, and what goes wrong in it unheard.

const faults = new BroadcastChannel("worker faults");
addEventListener("unhandledrejection", ({ reason }) => faults.postMessage(`unhandled: ${reason}`));
addEventListener("error", ({ message }) => faults.postMessage(`uncaught: ${message}`));
importScripts("/package/worker-script.js");
