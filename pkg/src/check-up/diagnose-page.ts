import { type Checks, type Subject, redirectUriOf } from "./checks.ts";
import { type Found, notChecked, ok, problem } from "./finding.ts";
import { type Reached, reach } from "./reach.ts";
import { sandboxLacks } from "../page/sandbox.ts";

/** A clock that is off by less is no cause of trouble: pending sign-ins live for ten minutes. */
const CLOCK_TOLERANCE_S = 300;

/** What the page and its browser can tell by themselves, and one request to the page's own server. */
export const pageChecks = async ({ facts, isPersistent }: Subject): Promise<Checks> => {
  const here = facts && redirectUriOf(facts);
  // Never with the page's own query, which may hold a code.
  const [server, database, hasLocks] = await Promise.all([
    // With cookies, as the browser will ask for it after the login.
    reach(here ?? location.origin + location.pathname, { accept: "text/html" }, "same-origin"),
    isPersistent ? openDatabase() : undefined,
    // Firefox has them in frames of another site, too, and refuses them there.
    Promise.resolve(navigator.locks?.query()).then(Boolean, () => false),
  ]);
  return {
    secure_context: secureContext,
    webassembly,
    configuration: () => (facts ? ok("The configuration is sound.") : notChecked("The client did not start.")),
    redirect_uri: () => redirectUri(here, server),
    random_numbers: randomNumbers,
    session_storage: sessionStorageWorks,
    indexed_db: () => indexedDb(database),
    web_locks: () => webLocks(hasLocks),
    broadcast_channel: broadcastChannel,
    // Only the start itself can tell.
    worker: () => undefined,
    clock: () => clock(server),
    framing: () => framing(server),
  };
};

const secureContext = (): Found =>
  isSecureContext
    ? ok(`${location.origin} is a secure context.`)
    : problem(
        "insecure_context",
        `${location.origin} is no secure context.`,
        "Serve the page by https, or from http://localhost.",
      );

const webassembly = (): Found => {
  try {
    // The smallest module: a magic number and a version.
    new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)));
    return ok("WebAssembly may run here.");
  } catch {
    return typeof WebAssembly === "undefined"
      ? problem("wasm_blocked", "This browser has no WebAssembly, or it is switched off.", "Use another browser.")
      : problem(
          "wasm_blocked",
          "The page's policy forbids WebAssembly.",
          "Add 'wasm-unsafe-eval' to script-src of the Content-Security-Policy.",
        );
  }
};

const randomNumbers = (): Found => {
  const [one, other] = [0, 0].map(() => String(crypto.getRandomValues(new Uint8Array(16))));
  return one !== other
    ? ok("The browser gives random numbers.")
    : problem("rng_unavailable", "crypto.getRandomValues gives no random numbers.", "Use another browser.");
};

const sessionStorageWorks = (): Found => {
  try {
    const key = "procore-spa-auth-diagnosis";
    sessionStorage.setItem(key, key);
    const isKept = sessionStorage.getItem(key) === key;
    sessionStorage.removeItem(key);
    if (isKept) return ok("sessionStorage can be used.");
  } catch {
    // Said below.
  }
  return problem(
    "storage_unavailable",
    "sessionStorage is blocked or full, so a sign-in could not be finished after the redirect.",
    "Allow site data for this page.",
  );
};

const indexedDb = (database: boolean | undefined): Found | undefined =>
  database === undefined
    ? undefined
    : database
      ? ok("IndexedDB can be used.")
      : problem(
          "indexed_db_unavailable",
          "IndexedDB is blocked, so no session outlives a reload, whatever persist says.",
          "Allow site data for this page; private windows may have none.",
          "warning",
        );

const webLocks = (hasLocks: boolean): Found =>
  !isSecureContext
    ? notChecked("Browsers have Web Locks in secure contexts only.")
    : hasLocks
      ? ok("The browser has Web Locks.")
      : problem(
          "web_locks_missing",
          "The browser has no Web Locks for this page, so its tabs can't share a session.",
          "Use a browser of 2022 or later; in a frame of another site, sign in anew in each tab.",
          "warning",
        );

const broadcastChannel = (): Found =>
  typeof BroadcastChannel === "function"
    ? ok("The browser has BroadcastChannel.")
    : problem(
        "broadcast_channel_missing",
        "The browser has no BroadcastChannel, so other tabs do not hear of a sign-out.",
        "Use a browser of 2022 or later.",
        "warning",
      );

const redirectUri = (here: string | undefined, { status, outcome }: Reached): Found =>
  here === undefined
    ? notChecked("The client did not start, so it has no redirect URI.")
    : outcome === "redirected"
    ? problem(
        "redirect_uri_redirected",
        `${here} is on this page's origin, but its server redirects from there: the response may arrive elsewhere, or be lost on the way.`,
        "Serve the app there without a redirect, or register the URL where it ends, and use that.",
        "warning",
      )
    : status >= 400
      ? problem(
          "redirect_uri_not_served",
          `${here} is on this page's origin, but its server answers ${status}.`,
          "Serve the app there, too: after the login the browser loads exactly this URL.",
          "warning",
        )
      : ok(`${here} is on this page's origin.`);

const clock = ({ headers }: Reached): Found => {
  const date = Date.parse(headers?.get("date") ?? "");
  if (Number.isNaN(date)) {
    return notChecked("The page's server does not tell the time, redirects, or is not in connect-src.");
  }
  // A cache tells how long ago the server said so (RFC 9111 §5.1).
  const server = date / 1000 + Number(headers?.get("age") ?? 0);
  const off = Math.round(Date.now() / 1000 - server);
  return Math.abs(off) <= CLOCK_TOLERANCE_S
    ? ok("This device's clock agrees with the page's server.")
    : problem(
        "clock_wrong",
        `This device's clock is ${Math.round(Math.abs(off) / 60)} minutes ${off > 0 ? "ahead of" : "behind"} the page's server.`,
        "Set the device's clock, or the server's.",
        "warning",
      );
};

const framing = ({ headers }: Reached): Found => {
  if (globalThis.top === globalThis.self) return ok("The page is not framed.");
  const lacking = sandboxLacks().join(" and ");
  if (lacking) {
    return problem(
      "framed_in_sandbox",
      `The sandbox of the frame that this page is in lacks ${lacking}, so no login window can be used.`,
      `Add ${lacking} to the frame's sandbox, in the page around this one.`,
    );
  }
  const policy = headers?.get("content-security-policy") ?? "";
  return /\bframe-ancestors\b/i.test(policy) || headers?.has("x-frame-options")
    ? ok("The page is framed, and its policy says by whom it may be. Procore's login opens in a popup only.")
    : problem(
        "framed",
        "The page is framed, and nothing was seen that says who may frame it.",
        "Name those who may by frame-ancestors of the Content-Security-Policy. Sign in by popup: Procore's login page refuses to be framed.",
        "warning",
      );
};

/** Whether a database can be made here. It is removed at once. */
const openDatabase = async (): Promise<boolean> => {
  const name = "procore-spa-auth-diagnosis";
  try {
    const opening = indexedDB.open(name);
    await new Promise((resolve, reject) => {
      opening.onsuccess = resolve;
      opening.onerror = opening.onblocked = reject;
    });
    opening.result.close();
    indexedDB.deleteDatabase(name);
    return true;
  } catch {
    return false;
  }
};
