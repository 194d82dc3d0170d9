import { own } from "../boundary/boundary.ts";
import { isProcoreAuthError, startError } from "../boundary/errors.ts";
import { loaded } from "../boundary/loaded.ts";

export const REFUSED =
  "The worker could not start. Allow blob: in the page's worker-src; or serve worker-script.js, of the same version " +
  "of this package, from this origin, and give its address as workerUrl.";

const NO_WORKER =
  "There is no Worker here, as in Node and in most environments for tests. On a server, call nothing but what renders; in " +
  "tests, use procore-spa-auth/testing.";

/** The worker's script as this package carries it, once it is loaded. */
let script: string | undefined;

/** Whether a worker can't be started in this turn: its script has to be loaded first. */
export const needsScript = (workerUrl?: unknown): boolean =>
  workerUrl === undefined && script === undefined && typeof Worker !== "undefined";

export const loadScript = async (): Promise<void> => {
  ({ default: script } = await loaded(import("./worker-text.js")));
};

/**
 * Starts the worker: from `workerUrl`, or from the script that this package carries (see `needsScript`). `release` gives back what it needs
 * only until it runs.
 *
 * @throws `config_invalid` where `workerUrl` is no URL of this origin, `worker_blocked` where the browser refuses, or is none
 */
export const startWorker = (workerUrl?: unknown): { worker: Worker; release: () => void } => {
  if (typeof Worker === "undefined") throw startError("worker_blocked", NO_WORKER);
  const blobUrl = workerUrl === undefined && URL.createObjectURL(new Blob([script!], own({ type: "text/javascript" })));
  const release = () => blobUrl && URL.revokeObjectURL(blobUrl);
  try {
    const worker = new Worker(trusted(blobUrl || absolute(workerUrl)) as string, own({ name: "procore-spa-auth" }));
    return { worker, release };
  } catch (cause) {
    release();
    if (isProcoreAuthError(cause)) throw cause;
    throw startError("worker_blocked", REFUSED, cause);
  }
};

/** Resolved once: what is judged is what is loaded. */
const absolute = (url: unknown): string => {
  const base = document.baseURI;
  if (typeof url === "string" && URL.canParse(url, base)) return new URL(url, base).href;
  throw notOwn();
};

const notOwn = () => startError("config_invalid", "workerUrl: a worker's script must be on this page's own origin.");

const onlyOwn = (url: string): string => {
  if (new URL(url).origin !== location.origin) throw notOwn();
  return url;
};

interface Policy {
  createScriptURL(url: string): unknown;
}

let policy: Policy | undefined;

/** Trusted Types: by a policy of our own, for a worker of this very origin and nothing else. */
const trusted = (url: string): unknown => {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): Policy } };
  try {
    policy ??= trustedTypes?.createPolicy("procore-spa-auth", own({ createScriptURL: onlyOwn }));
  } catch (cause) {
    const message =
      "The page's Trusted Types forbid the worker's policy. Add procore-spa-auth to trusted-types in its CSP; " +
      "'allow-duplicates' too, where this package is loaded twice.";
    throw startError("worker_blocked", message, cause);
  }
  return policy ? policy.createScriptURL(url) : onlyOwn(url);
};
