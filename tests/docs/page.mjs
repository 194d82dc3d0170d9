// As much of a browser page as the package needs, in Node: an address, a history, a storage for the tab, and cookies.

const network = globalThis.fetch;

/** Makes this process a page at `href`. `left` is where it went by `location.assign`; cookies go to its origin only. */
export function becomePage(href) {
  const page = { url: new URL(href), left: undefined, sent: [], cookies: new Map() };
  const location = { assign: (url) => void (page.left = url) };
  for (const name of ["href", "origin", "pathname", "search", "hash"]) {
    Object.defineProperty(location, name, { get: () => page.url[name] });
  }
  const stored = new Map();
  const sessionStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
    removeItem: (key) => void stored.delete(key),
    key: (index) => [...stored.keys()][index] ?? null,
  };
  const replaceState = (state, title, url) => void (page.url = new URL(url, page.url));

  const fetch = async (input, init = {}) => {
    // The servers of the test are in this process, too. Only the package says what is to be done with cookies.
    if (!init.credentials) return network(input, init);
    const url = new URL(input, page.url);
    const headers = new Headers(init.headers);
    headers.set("origin", page.url.origin);
    const isOwn = url.origin === page.url.origin && init.credentials === "same-origin";
    if (isOwn) headers.set("cookie", [...page.cookies].map((pair) => pair.join("=")).join("; "));
    page.sent.push({ url: url.href, body: init.body, cookie: headers.get("cookie") });
    const response = await network(url, { ...init, headers });
    for (const line of isOwn ? response.headers.getSetCookie() : []) {
      const [name, value] = line.split(";", 1)[0].split("=");
      if (value) page.cookies.set(name, value);
      else page.cookies.delete(name);
    }
    return response;
  };
  const globals = { location, sessionStorage, history: { state: null, replaceState }, fetch, isSecureContext: true };
  Object.assign(globalThis, globals);
  // Node 21 has a navigator of its own, which can't be assigned to.
  if (typeof navigator === "undefined") globalThis.navigator = { onLine: true };
  return page;
}
