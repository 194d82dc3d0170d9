// A page in a frame plays a situation; in a window of its own it is what a sign-in by popup has come back to.

// Not awaited: a frame that is removed while one of its modules still awaits another leaves WebKit's loader in a loop.
void import(parent === window ? "/attacks/attacks-popup.js" : "/attacks/attacks-frame.js");
