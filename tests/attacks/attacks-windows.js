// The steps of situations with windows. What takes a user's click is asked for in `data-wants`, and waits for it.

const opened = [];
const heard = [];
const ended = {};
let ticks = 0;
let overheard;

/** For whom the relay in the window has said that its message is. */
window.posted = [];

/** Before the package is loaded: sees what it opens, what arrives, and how often it has looked after its window. */
export function watch() {
  const { open, setInterval } = window;
  window.open = (url, name, features) => {
    const popup = open.call(window, url, name, features);
    opened.push({ popup, name, state: new URL(url).searchParams.get("state") });
    return popup;
  };
  window.setInterval = (call, milliseconds) =>
    setInterval.call(
      window,
      () => {
        call();
        ticks += 1;
      },
      milliseconds,
    );
  addEventListener("message", ({ data, isTrusted }) => {
    // What the page makes up itself may throw when it is read.
    if (!isTrusted) return;
    if (data?.overheard) overheard = data.overheard;
    else heard.push(data);
  });
}

const turn = () => new Promise((next) => setTimeout(next, 0));

async function until(isSo) {
  while (!isSo()) await turn();
}

/** Asks for a user's click: here, or at the button of the page in the newest window. */
function wants(where, act = () => {}) {
  const { dataset } = document.documentElement;
  dataset.wants = where;
  const button = document.createElement("button");
  button.id = "gesture";
  // In sight, whatever else the page holds.
  document.body.prepend(button);
  return new Promise((done) => {
    button.onclick = () => {
      button.remove();
      delete dataset.wants;
      act();
      done();
    };
  });
}

const withState = (text) => text.replaceAll("{state}", opened.at(-1).state);

/** A page of the strangers', told what to do. */
const posterUrl = (origin, orders) =>
  `${origin}/attacks/poster.html#${encodeURIComponent(withState(JSON.stringify(orders)))}`;

export const windowSteps = (clients, sdk) => ({
  /** Begins a sign-in by popup, in a click unless nobody clicks. */
  popup: async ({ as = "main", options, isUnclicked }) => {
    const begin = () => {
      ended[as] = { promise: clients[as].signInWithPopup(options) };
      const over = () => (ended[as].isOver = true);
      ended[as].promise.then(over, over);
    };
    if (isUnclicked) begin();
    else await wants("click", begin);
  },
  ended: ({ as = "main" }) => ended[as].promise,
  isPending: async ({ as = "main" }) => {
    await turn();
    return { isPending: !ended[as].isOver };
  },
  /** The window, or a frame of this page, shows a page of `origin` that says something; all of it has arrived. */
  say: async ({ origin, via = "popup", say }) => {
    const count = heard.length + say.length;
    const url = posterUrl(origin, { say });
    if (via === "popup") opened.at(-1).popup.location = url;
    // Not as an attribute, which would put what is said into this page.
    else document.body.appendChild(document.createElement("iframe")).contentWindow.location = url;
    await until(() => heard.length >= count);
    await turn();
    return { heard: heard.length - count };
  },
  /** The page around this one says something. */
  askParent: async ({ data }) => {
    const count = heard.length + 1;
    parent.postMessage({ forge: JSON.parse(withState(JSON.stringify(data))) }, "*");
    await until(() => heard.length >= count);
  },
  /** The page itself makes up a message that throws when it is read. */
  forge: () => {
    const throws = () => {
      throw new Error("not to be read");
    };
    const data = new Proxy({}, { get: throws, ownKeys: throws, getPrototypeOf: throws, has: throws });
    const { popup: source } = opened.at(-1);
    dispatchEvent(new MessageEvent("message", { data, origin: location.origin, source }));
  },
  /** The login page comes back. */
  comeBack: ({ url }) => {
    opened.at(-1).popup.location = withState(url);
  },
  /** The response is handed over once more, by hand. */
  comeBackAgain: ({ as = "main", url }) => clients[as].handleRedirect(withState(url)),
  /** The window shows a page whose button opens another. The user clicks there; `overheard` is what that page heard. */
  lure: async ({ origin, opens }) => {
    opened.at(-1).popup.location = posterUrl(origin, { opens });
    overheard = undefined;
    document.documentElement.dataset.wants = "click in the window";
    await until(() => overheard);
    delete document.documentElement.dataset.wants;
    return { overheard };
  },
  /** The package has looked after its window often enough since the page in it came. */
  isWatched: async () => {
    await until(() => heard.includes("here"));
    heard.length = 0;
    const before = ticks;
    await until(() => ticks >= before + 4);
  },
  /** Keeps the window from being closed, while it is still this origin's. */
  holdOpen: () => {
    opened.at(-1).popup.close = () => {};
  },
  isSignedIn: ({ as = "main" }) => ({ handled: clients[as].session.signedIn }),
  closeWindow: () => opened.at(-1).popup.close(),
  /** Frames of the names that a window might have. */
  takeNames: ({ names }) => {
    for (const name of names) document.body.appendChild(document.createElement("iframe")).name = name;
  },
  windows: () => ({
    names: opened.map(({ name }) => name),
    areFrames: opened.map(({ popup }) => [...document.querySelectorAll("iframe")].some((frame) => frame.contentWindow === popup)),
    posted,
  }),
  embeddedContext: ({ options }) => sdk.embeddedContext(options),
});
