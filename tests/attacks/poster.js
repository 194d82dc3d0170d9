// A stranger's page, or the login page. Says to whoever opened or framed it what its fragment has, to any origin, and opens
// at a click what the fragment names; then says what it has heard itself.

const { pathname, search, hash } = location;
const target = opener ?? (parent === window ? undefined : parent);

/** What no JSON can be. */
const MAKE = {
  cyclic: (url) => {
    const data = { type: "procore:auth", url };
    data.more = data;
    return data;
  },
  huge: (url) => ({ type: "procore:auth", url: `${url}&a=${"a".repeat(4 * 1024 * 1024)}` }),
  many: () => Array.from({ length: 100_000 }, (_, index) => ({ index })),
};

if (pathname === "/return/oauth/authorize") {
  const request = new URLSearchParams(search);
  location.replace(`${request.get("redirect_uri")}?code=C1-canarycode&state=${request.get("state")}`);
} else if (pathname === "/stay/oauth/authorize") {
  target?.postMessage("here", "*");
} else if (hash) {
  const { say = [], opens } = JSON.parse(decodeURIComponent(hash.slice(1)));
  const heard = [];
  addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)));
  for (const { data, make, url } of say) target.postMessage(make ? MAKE[make](url) : data, "*");
  document.getElementById("open").onclick = () => {
    const opened = open(opens);
    const timer = setInterval(() => {
      if (!opened.closed) return;
      clearInterval(timer);
      // Whatever it was sent has been delivered before this.
      addEventListener("message", () => target.postMessage({ overheard: heard.slice(0, -1) }, "*"), { once: true });
      postMessage("last", location.origin);
    }, 50);
  };
  if (opens) document.title = "lure";
}
