// The small app of tests/support/pages, with a button that signs in by a popup, with the options in `next`.
// What came of it is in `popup`, and of all of them in `popups`.

import "/support/polls.js";
import { start } from "/support/app.js";

const { entry = "index" } = JSON.parse(localStorage.getItem("app") ?? "{}");
const sdk = await import(`/package/${entry}.js`);

window.popups = [];
document.getElementById("sign-in").onclick = () => {
  window.popup = undefined;
  let isSameTurn = true;
  const { open } = window;
  window.open = (...args) => {
    window.openedInTurn = isSameTurn;
    return open.apply(window, args);
  };
  void attempt(() => auth.signInWithPopup(window.next)).then((outcome) => {
    window.open = open;
    window.popup = outcome;
    window.popups.push(outcome);
  });
  isSameTurn = false;
  window.storedMeanwhile = JSON.stringify({ ...sessionStorage, ...localStorage, app: undefined });
};

await start(sdk);
// As the README has it: whoever is not signed in is sent to sign in. In the popup, this must not be reached.
if (location.pathname === "/callback" && !auth.session.signedIn && !outcome.error) void auth.signIn();
