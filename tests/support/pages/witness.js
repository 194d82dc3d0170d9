// Runs before everything else in the page: knows every code, token and verifier of this page, and what is said and refused.

"use strict";

globalThis.witness = (() => {
  const secrets = new Set();
  const said = [];
  const faults = [];
  const sent = [];
  const realFetch = fetch.bind(globalThis);
  const NAMES = ["code", "code_verifier", "access_token", "refresh_token", "token"];

  const note = (entries) => {
    for (const [name, value] of entries)
      if (NAMES.includes(name) && typeof value === "string" && value) secrets.add(value);
  };
  note(new URLSearchParams(location.search));
  note(new URLSearchParams(location.hash.slice(1)));

  globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(input.url ?? input, location.href);
    if (!pathname.startsWith("/oauth/")) return realFetch(input, init);
    sent.push(pathname);
    note(new URLSearchParams(typeof init.body === "string" ? init.body : ""));
    const response = await realFetch(input, init);
    if (response.type !== "opaqueredirect") {
      note(
        Object.entries(
          await response
            .clone()
            .json()
            .catch(() => ({})),
        ),
      );
    }
    // The server has answered, and the answer never arrives.
    if (globalThis.witness.loses === pathname) throw new TypeError("Failed to fetch");
    return response;
  };

  const shown = (value) =>
    value instanceof Error
      ? [
          String(value),
          value.stack,
          JSON.stringify(value),
          JSON.stringify(Object.getOwnPropertyNames(value).map((name) => String(value[name]))),
          shown(value.cause),
        ].join("\n")
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  for (const level of ["debug", "log", "info", "warn", "error"])
    console[level] = (...parts) => said.push(parts.map(shown).join(" "));
  addEventListener("error", ({ message, error }) => faults.push(`uncaught: ${message} ${shown(error)}`));
  addEventListener("unhandledrejection", ({ reason }) => faults.push(`unhandled: ${shown(reason)}`));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    faults.push(`policy: ${violatedDirective} ${blockedURI}`),
  );

  const places = async () => ({
    url: location.href,
    "history.state": JSON.stringify(history.state),
    title: document.title,
    "window.name": name,
    cookies: document.cookie,
    DOM: document.documentElement.outerHTML,
    sessionStorage: JSON.stringify({ ...sessionStorage }),
    localStorage: JSON.stringify({ ...localStorage }),
    databases: JSON.stringify((await indexedDB.databases?.()) ?? []),
    caches: JSON.stringify((await globalThis.caches?.keys()) ?? []),
    console: said.join("\n"),
    faults: faults.join("\n"),
  });

  return {
    secrets,
    said,
    faults,
    sent,
    shown,
    realFetch,
    loses: undefined,
    /** Where a secret is still to be read: `["localStorage", …]`. `more` is further text to look through. */
    leaks: async (more = "") =>
      Object.entries({ ...(await places()), more })
        .filter(([, text]) => [...secrets].some((secret) => text.includes(secret)))
        .map(([place]) => place),
  };
})();
