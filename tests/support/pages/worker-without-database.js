// The worker, in a browser that has no database for this page.

Object.defineProperty(globalThis, "indexedDB", { get: () => { throw new DOMException("blocked", "SecurityError"); } });
importScripts("/package/worker-script.js");
