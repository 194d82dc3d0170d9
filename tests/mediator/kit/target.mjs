// The mediator under test: a program that the kit starts, or one that somebody else has started.

import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { start, stop as kill } from "../../../scripts/run.mjs";
import { send } from "./client.mjs";
import { NotSeen } from "./scene.mjs";
import { TOKEN_PATH, environment } from "./settings.mjs";

/**
 * @typedef {object} Target
 * @property {string[]} urls Origins of its instances, without a slash at the end.
 * @property {boolean} hasOther Whether it knows the second application.
 * @property {(seconds: number) => Promise<void>} advance Lets the mediator's time go by.
 * @property {boolean} canAdvance Whether that takes no time.
 * @property {boolean} canRestart
 * @property {boolean} hasJournal Whether it knows after a restart what was under way.
 * @property {(change?: object) => Promise<void>} restart Kills it and starts it again, with other settings if that is said.
 * @property {() => string | undefined} logs All that it has written. Nothing, where nobody can tell.
 * @property {() => string[]} addresses Where it listens, for pages and for its operator.
 */

const notSeen = (why) => async () => {
  throw new NotSeen(why);
};

/** @returns {Target} */
export const foreign = ({ urls, isSlow, hasOther }) => ({
  urls,
  hasOther,
  hasJournal: false,
  canRestart: false,
  canAdvance: false,
  advance: advanceOf(isSlow),
  restart: notSeen("only a mediator that the kit starts can be started again (--start)"),
  logs: () => undefined,
  addresses: () => urls,
});

const advanceOf = (isSlow) =>
  isSlow ? (seconds) => wait(seconds * 1000) : notSeen("it takes time, and is checked with --slow");

/** Settles when a mediator answers at all of them; `isOver` says why nobody will. */
export const answering = (urls, isOver) => found(urls.length, () => urls, isOver);

/** So many of these origins as have a token path. They may become more. */
async function found(count, origins, isOver = () => undefined) {
  for (let tries = 0; ; tries++) {
    const urls = [];
    for (const url of origins()) {
      const answer = await send(url + TOKEN_PATH, {}).catch(() => undefined);
      if (answer && answer.status !== 404) urls.push(url);
    }
    if (urls.length >= count) return urls;
    const reason = isOver() ?? (tries > 600 ? "nobody answers" : undefined);
    if (reason) throw new Error(`the mediator can't be checked: ${reason}`);
    await wait(100);
  }
}

/**
 * Starts `command` in a shell, with the settings in its environment. It says by itself where it listens: by addresses of
 * loopback that it writes, `instances` of them with a token path, unless `urls` are known.
 *
 * @returns {Promise<Target & { stop: () => Promise<void> }>}
 */
export async function started({ command, settings, loginOrigin, urls, instances, isSlow, hasOther, hasJournal }) {
  let output = "";
  let child;
  let from = 0;

  const isOver = () =>
    (child.exitCode ?? child.signalCode) !== null ? `it has ended:\n${output.slice(from)}` : undefined;

  const addresses = () => {
    const written = output.slice(from).matchAll(/\b(?:127\.0\.0\.1|localhost):[1-9]\d*/g);
    return [...new Set([...written].map(([address]) => `http://${address}`))].filter((url) => url !== loginOrigin);
  };

  const begin = async (change) => {
    const env = { ...process.env, ...environment({ ...settings, ...change }, loginOrigin) };
    child = start("/bin/sh", ["-c", command], { env });
    from = output.length;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    if (urls) await answering(urls, isOver);
    else target.urls = await found(instances, addresses, isOver);
  };

  const stop = async () => {
    if ((child.exitCode ?? child.signalCode) !== null) return;
    const ended = once(child, "exit");
    kill(child, "SIGKILL");
    await ended;
  };

  const target = {
    urls,
    hasOther,
    hasJournal,
    canRestart: true,
    canAdvance: false,
    advance: advanceOf(isSlow),
    async restart(change) {
      await stop();
      await begin(change);
    },
    logs: () => output,
    addresses,
    stop,
  };
  try {
    await begin();
  } catch (error) {
    await stop();
    throw error;
  }
  return target;
}
