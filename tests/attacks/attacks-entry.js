// A page in a frame plays a situation; in a window of its own it is what a sign-in by popup has come back to.

await import(parent === window ? "/attacks/attacks-popup.js" : "/attacks/attacks-frame.js");
