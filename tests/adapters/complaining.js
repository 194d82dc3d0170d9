// Keeps what the pages of this origin complain about, for the test: in the console, or by their policy. A page that writes a code into its
// URL counts, too.

{
  // What was still being loaded fails when the page is left.
  let isLeaving = false;
  addEventListener("beforeunload", () => (isLeaving = true));
  const keep = (text) => isLeaving || localStorage.setItem("complaints", `${localStorage.getItem("complaints") ?? ""}${text}\n`);
  for (const name of ["error", "warn"]) {
    const say = console[name];
    console[name] = (...parts) => {
      keep(`${location.pathname} console.${name}: ${parts.join(" ")}`);
      say(...parts);
    };
  }
  for (const name of ["pushState", "replaceState"]) {
    const write = history[name].bind(history);
    history[name] = (state, title, url) => {
      if (/[?&]code=/.test(url)) keep(`${name}: ${url}`);
      write(state, title, url);
    };
  }
  addEventListener("error", ({ message }) => message && keep(message));
  addEventListener("unhandledrejection", ({ reason }) => keep(String(reason)));
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) =>
    keep(`${effectiveDirective} ${blockedURI} ${sample}`),
  );
}
