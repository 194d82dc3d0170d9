// The mediator under test: a program that the kit starts, or one that somebody else has started.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
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
});

const advanceOf = (isSlow) =>
  isSlow ? (seconds) => wait(seconds * 1000) : notSeen("it takes time, and is checked with --slow");

/** Settles when a mediator answers there; `isOver` says why nobody will. */
export async function answering(urls, isOver = () => undefined) {
  for (const url of urls) {
    for (let tries = 0; ; tries++) {
      const answer = await send(url + TOKEN_PATH, { method: "GET" }).catch(() => undefined);
      if (answer) break;
      const reason = isOver() ?? (tries > 600 ? `nothing answers at ${url}` : undefined);
      if (reason) throw new Error(reason);
      await wait(100);
    }
  }
}

/**
 * Starts `command` in a shell, with the settings in its environment. It says by itself where it listens: the first address of
 * loopback that it writes, unless `urls` are known.
 *
 * @returns {Promise<Target & { stop: () => Promise<void> }>}
 */
export async function started({ command, settings, loginOrigin, urls, isSlow, hasOther, hasJournal }) {
  let output = "";
  let child;

  const begin = async (change) => {
    const env = { ...process.env, ...environment({ ...settings, ...change }, loginOrigin) };
    child = spawn(command, { shell: true, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const from = output.length;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    const isOver = () =>
      (child.exitCode ?? child.signalCode) !== null ? `it has ended:\n${output.slice(from)}` : undefined;
    if (!urls) target.urls = [await listening(child, () => output.slice(from), loginOrigin, isOver)];
    await answering(target.urls, isOver);
  };

  const stop = async () => {
    if ((child.exitCode ?? child.signalCode) !== null) return;
    const ended = once(child, "exit");
    // The whole group: the shell's child is the mediator.
    process.kill(-child.pid, "SIGKILL");
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
    stop,
  };
  await begin();
  return target;
}

async function listening(child, output, loginOrigin, isOver) {
  const own = new URL(loginOrigin).port;
  for (let tries = 0; ; tries++) {
    const ports = [...output().matchAll(/(?:127\.0\.0\.1|localhost):(\d+)/g)].map(([, port]) => port);
    const port = ports.find((found) => found !== own && found !== "0");
    if (port) return `http://127.0.0.1:${port}`;
    const reason = isOver() ?? (tries > 600 ? "it does not say where it listens; give --url" : undefined);
    if (reason) throw new Error(`the mediator can't be checked: ${reason}`);
    await wait(100);
  }
}
