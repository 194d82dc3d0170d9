// The browsers that the tests drive, by WebDriver and by explicit paths: nothing is downloaded.
//
// An engine is used where its driver is found, by variable (CHROMEDRIVER, GECKODRIVER, WEBKITDRIVER) or on the PATH.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Builder } from "selenium-webdriver";
import * as chrome from "selenium-webdriver/chrome.js";
import * as firefox from "selenium-webdriver/firefox.js";
import { findFreePort } from "selenium-webdriver/net/portprober.js";
import { find } from "../../scripts/run.mjs";
import { startSentinel } from "./servers.mjs";

const ENGINES = {
  chromium: {
    driver: program("CHROMEDRIVER", "chromedriver"),
    browser: program("CHROMIUM", "chromium", "chromium-browser", "google-chrome"),
    open: openChromium,
  },
  firefox: {
    driver: program("GECKODRIVER", "geckodriver"),
    browser: program("FIREFOX", "firefox-esr", "firefox"),
    open: openFirefox,
  },
  webkit: {
    driver: program("WEBKITDRIVER", "WebKitWebDriver"),
    browser: process.env.DISPLAY || process.env.WAYLAND_DISPLAY,
    open: openWebkit,
  },
};

/** How long anything may take before it counts as not happening. */
export const DEADLINE = 30_000;

function program(variable, ...names) {
  return process.env[variable] || find(...names);
}

/** Why an engine is not used, or nothing. `ENGINES=firefox,webkit` uses only those. */
function reasonAgainst(name) {
  const { driver, browser } = ENGINES[name];
  const wanted = process.env.ENGINES?.split(",");
  if (wanted && !wanted.includes(name)) return "not among ENGINES";
  if (!driver) return "its WebDriver is not installed";
  if (!browser) return name === "webkit" ? "it needs a display" : "the browser is not installed";
  return undefined;
}

export const engines = Object.keys(ENGINES).map((name) => ({ name, reason: reasonAgainst(name) }));

/**
 * Declares the tests of `body` once for each engine, with one browser for all of them.
 *
 * `body` gets `{ engine, driver, profile, sentinel }`, all but the first once the tests run. `profile`: the folder that the
 * browser keeps its things in.
 */
export function inEveryEngine(title, body) {
  declare(title, body, engines);
}

/** The same, in Chromium and Firefox; in WebKit only by `npm run test:long`. */
export function inTwoEngines(title, body) {
  declare(title, body, engines.filter(({ name }) => isLong || name !== "webkit"));
}

/** The same, in Chromium; elsewhere only by `npm run test:long`: it differs little from engine to engine, or takes long. */
export function inOneEngine(title, body, how) {
  declare(title, body, engines.filter(({ name }) => isLong || name === "chromium"), how);
}

/** Who names the engines wants all of them. */
const isLong = Boolean(process.env.LONG || process.env.ENGINES);

function declare(title, body, engines, how) {
  for (const { name: engine, reason } of engines) {
    if (reason) {
      test(`${title} (${engine})`, { skip: reason }, () => {});
      continue;
    }
    describe(`${title} (${engine})`, () => {
      const context = { engine };
      let browser;
      before(async () => {
        browser = await openBrowser(engine, how);
        Object.assign(context, browser);
      });
      after(() => browser?.close());
      body(context);
    });
  }
}

/**
 * Opens a browser whose every request to another host than localhost ends at a sentinel. `isTrusting`: it takes any certificate,
 * as of a server that has made its own. `isEager`: a page counts as opened before all its scripts are there. In Firefox those
 * that a script has asked for hold it up, too.
 */
export async function openBrowser(engine, how = {}) {
  const sentinel = await startSentinel();
  let opened;
  try {
    opened = await start(engine, sentinel, how);
    await opened.driver.manage().setTimeouts({ script: 240_000, pageLoad: DEADLINE, implicit: 0 });
  } catch (error) {
    await opened?.close().catch(() => {});
    await sentinel.close();
    throw error;
  }
  const close = async () => {
    await opened.close();
    await sentinel.close();
  };
  return { driver: opened.driver, profile: opened.profile, sentinel, close };
}

const strategy = (isEager) => (isEager ? "eager" : "normal");

async function openChromium({ host }, { isTrusting = false, isEager = false }) {
  const options = new chrome.Options()
    .setAcceptInsecureCerts(isTrusting)
    .setPageLoadStrategy(strategy(isEager))
    .setChromeBinaryPath(ENGINES.chromium.browser)
    // Only a user's click may open a window, as for users.
    .excludeSwitches("disable-popup-blocking")
    .addArguments(
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      `--proxy-server=http://${host}`,
    );
  const driver = await new Builder()
    .forBrowser("chrome")
    .setChromeOptions(options)
    .setChromeService(new chrome.ServiceBuilder(ENGINES.chromium.driver))
    .build();
  const { userDataDir: profile } = (await driver.getCapabilities()).get("chrome");
  return { driver, profile, close: () => driver.quit() };
}

async function openFirefox({ host }, { isTrusting = false, isEager = false }) {
  const [address, port] = host.split(":");
  const options = new firefox.Options()
    .setBinary(ENGINES.firefox.browser)
    .addArguments("-headless")
    .setAcceptInsecureCerts(isTrusting)
    .setPageLoadStrategy(strategy(isEager));
  const preferences = {
    "network.proxy.type": 1,
    "network.proxy.http": address,
    "network.proxy.http_port": Number(port),
    "network.proxy.ssl": address,
    "network.proxy.ssl_port": Number(port),
    "network.proxy.no_proxies_on": "localhost,127.0.0.1",
    // Only a user's click may open a window, as for users.
    "dom.disable_open_during_load": true,
    // What the browser does by itself is not what is tested.
    "app.update.enabled": false,
    "browser.safebrowsing.malware.enabled": false,
    "browser.safebrowsing.phishing.enabled": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "extensions.getAddons.cache.enabled": false,
    "services.settings.server": "http://localhost:1/",
  };
  for (const [name, value] of Object.entries(preferences)) options.setPreference(name, value);
  const driver = await new Builder()
    .forBrowser("firefox")
    .setFirefoxOptions(options)
    .setFirefoxService(new firefox.ServiceBuilder(ENGINES.firefox.driver))
    .build();
  const profile = (await driver.getCapabilities()).get("moz:profile");
  return { driver, profile, close: () => driver.quit() };
}

/** How often a browser is started before it counts as broken, and how long each start of WebKit may take. */
const STARTS = 3;
const START = 15_000;

/**
 * Drivers are told their port, and by the time they take it, it may be somebody else's; WebKit's also waits at times
 * without end for a browser that never came up. Only the start is tried again.
 */
async function start(engine, sentinel, how) {
  for (let left = STARTS; ; left -= 1) {
    try {
      return await ENGINES[engine].open(sentinel, how);
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

/** WebKit's driver is a program of its own, which Selenium only knows by its address. */
async function openWebkit({ host }, { isTrusting = false, isEager = false }) {
  const port = await findFreePort();
  const home = mkdtempSync(join(tmpdir(), "webkit-"));
  const environment = { ...process.env, HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };
  const service = spawn(ENGINES.webkit.driver, [`--port=${port}`], { stdio: "ignore", env: environment });
  let hasEnded = false;
  service.once("exit", () => (hasEnded = true));
  const end = async () => {
    service.kill();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  // Its end is what breaks off a session that does not begin.
  const timer = setTimeout(() => service.kill(), START);
  try {
    const address = `http://127.0.0.1:${port}`;
    await until(
      "WebKitWebDriver answers",
      () =>
        hasEnded ||
        fetch(`${address}/status`).then(
          ({ ok }) => ok,
          () => false,
        ),
      START,
    );
    if (hasEnded) throw new Error("WebKitWebDriver did not start");
    const driver = await new Builder()
      .usingServer(address)
      .withCapabilities({
        browserName: "MiniBrowser",
        acceptInsecureCerts: isTrusting,
        pageLoadStrategy: strategy(isEager),
        proxy: { proxyType: "manual", httpProxy: host, sslProxy: host, noProxy: ["localhost", "127.0.0.1"] },
      })
      .build();
    return { driver, profile: home, close: () => driver.quit().finally(end) };
  } catch (error) {
    await end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again until `ask` answers something true, and answers with that. */
export async function until(what, ask, deadline = DEADLINE) {
  const end = performance.now() + deadline;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(performance.now() < end, `waited ${deadline / 1000} s in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}
