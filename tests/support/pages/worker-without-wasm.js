// The worker, in a browser that has no WebAssembly: Safari's Lockdown Mode, say.

delete globalThis.WebAssembly;
importScripts("/package/worker-script.js");
