// One app in several tabs of one browser, on stage: see pages/stage.js. Its token requests go over a line of the test's.

import assert from "node:assert/strict";
import { join } from "node:path";
import { pass } from "../../scripts/pass.mjs";
import { Browser } from "../server/agent.mjs";
import { startServer } from "../../www/server/index.mjs";
import { until } from "./browsers.mjs";
import { Visitor } from "./demo.mjs";
import { startLine } from "./line.mjs";
import { POLICY, openDoor, pages, startPages } from "./servers.mjs";

/** What the worker needs beside the rest of the policy. */
const WORKER_POLICY = POLICY.replace("trusted-types 'none'", "trusted-types procore-spa-auth") + "; worker-src 'self'";

/** JavaScript that hands a response in, as an app does that got it elsewhere. */
export const handIn = (response) => `auth.handleRedirect(location.origin + ${JSON.stringify(response)})`;

/** One tab. Whatever is asked of it, the driver goes there first. */
export class Tab extends Visitor {
  constructor(app, handle) {
    super(app.driver, app.page);
    this.app = app;
    this.handle = handle;
  }

  async focus() {
    if (this.app.focused === this.handle) return;
    await this.driver.switchTo().window(this.handle);
    this.app.focused = this.handle;
  }

  async ask(script, ...args) {
    await this.focus();
    return super.ask(script, ...args);
  }

  async open(path = `/${this.app.way}/start`) {
    await this.focus();
    await super.open(path);
  }

  async reload() {
    await this.focus();
    await this.driver.navigate().refresh();
    await this.arrived();
  }

  async back() {
    await this.focus();
    await this.driver.navigate().back();
    await this.arrived();
  }

  /** A page of this origin without the app. */
  async leave() {
    await this.focus();
    await this.driver.get(`${this.page}/support/blank.html`);
  }

  /** The same for the last tab: until the browser has let go of what the page held, which takes its time. */
  async leaveAsTheLast() {
    await this.leave();
    const isHeld = `
      const done = arguments[arguments.length - 1];
      navigator.locks.query().then(({ held }) => done(held.some(({ name }) => name.endsWith(" here"))));
    `;
    await until("no tab has tokens any more", async () => !(await this.driver.executeAsyncScript(isHeld)));
  }

  /** Calls something of the app's client. `expression` is JavaScript. */
  async call(expression) {
    await this.begin(expression);
    return this.outcome();
  }

  /** The same, without waiting for it. */
  begin(expression) {
    return this.ask(`window.underWay = attempt(async () => ${expression}); return true`);
  }

  async outcome() {
    await this.focus();
    return this.driver.executeAsyncScript("window.underWay.then(arguments[arguments.length - 1])");
  }

  async set(settings) {
    await this.focus();
    await this.driver.executeAsyncScript("const [settings, done] = arguments; stage.set(settings).then(done)", settings);
  }

  /** Loads the app on a stage that is set from the start. */
  async openOn(stage, path) {
    await this.beginOn(stage, path);
    await this.arrived();
  }

  /** The same, and the app need not get far. */
  async beginOn(stage, path = `/${this.app.way}/start`) {
    await this.leave();
    await this.ask("localStorage.stage = arguments[0]", JSON.stringify(stage));
    await this.driver.get(this.page + path);
  }

  async reaches(step) {
    await until(`the tab reaches ${step}`, () => this.ask("return stage.reached.includes(arguments[0])", step));
  }

  /** Waits until the session has that status. */
  async becomes(status) {
    let seen;
    await until(`the session is ${status}`, async () => (seen = await this.status()) === status).catch((error) => {
      throw new Error(`${error.message}; it is ${seen}`);
    });
  }

  status() {
    return this.ask("return auth.session.status");
  }

  events() {
    return this.ask("return events");
  }

  /** Waits until the latest that the app was told is this. */
  async hears(event) {
    let events;
    await until(`the app hears ${event}`, async () => (events = await this.events())?.at(-1) === event).catch((error) => {
      throw new Error(`${error.message}; it has heard ${events}`);
    });
  }

  async me() {
    const { value, error } = await this.call("(await auth.fetch('/rest/v1.0/me')).status");
    return value ?? error;
  }

  /**
   * The session, what a call to the API comes to, and how many hold or want the lock of a renewal: `locks` of them, as
   * soon as that is so, for a browser takes its time to release one.
   */
  async look({ locks = 0 } = {}) {
    const { value } = await this.call(`(async () => {
      const me = await attempt(async () => (await auth.fetch("/rest/v1.0/me")).status);
      return { status: auth.session.status, me: me.value ?? me.error };
    })()`);
    let seen;
    await until(`${locks} hold or want the lock`, async () => (seen = await this.locks()) === locks).catch(() => {});
    return { ...value, locks: seen };
  }

  async locks() {
    const { value } = await this.call(`(async () => {
      const { held = [], pending = [] } = (await navigator.locks?.query()) ?? {};
      return [...held, ...pending].filter(({ name }) => name.endsWith(" renewal")).length;
    })()`);
    return value;
  }

  /** From `signIn()` to the response: its path and query. The login page is left to an agent. */
  async signInThere() {
    await this.begin("auth.signIn()");
    return this.isSentBack();
  }

  /** From when the page leaves for the login page. */
  async isSentBack() {
    const { line, sandbox } = this.app;
    const query = await until("the page leaves for the login page", () => line.departures.shift());
    const { left } = await new Browser().authorize(`${sandbox.origin}/oauth/authorize${query}`);
    return left.pathname + left.search;
  }

  /** The whole way. Answers with what came of the redirect. */
  async signIn(stage) {
    const response = await this.signInThere();
    await (stage ? this.openOn(stage, response) : this.open(response));
    return this.ask("return outcome");
  }

  /** The whole way without leaving the page: the response is handed in. Answers with what came of it. */
  async signInHere() {
    return this.call(handIn(await this.signInThere()));
  }

  async close() {
    await this.focus();
    await this.driver.close();
    this.app.focused = undefined;
  }
}

/**
 * An app with its server, in a first tab, signed out. `way`: `page` or `worker`. `mediate`: makes the listener of a token mediator
 * on the page's own origin; the server then demands the secret.
 */
export async function startApp(t, { driver }, packed, { way = "page", options = { persist: "tab" }, switches = {}, mediate, starting } = {}) {
  const door = await openDoor();
  t.after(door.close);
  const { origin: page } = door;
  const redirectUri = `${page}/${way}/callback`;
  const server = await startServer({
    ports: { sandbox: 0, production: 0 },
    pageOrigins: [page],
    redirectUris: { sandbox: [redirectUri] },
  });
  t.after(() => server.close());
  const { sandbox } = server.environments;
  sandbox.switches.set({ secretRequired: mediate !== undefined, ...switches });
  const line = await startLine(sandbox.origin);
  t.after(() => line.close());
  const site = await startPages({
    ...(mediate ? {} : { door }),
    folders: { "/package/": packed.dist, "/support/": pages },
    fallback: (path) => join(pages, `tabs-${path.split("/")[1]}.html`),
    policy: way === "worker" ? WORKER_POLICY : POLICY,
  });

  const app = { driver, page, way, sandbox, line, server, focused: undefined };
  if (mediate) {
    t.after(() => site.close());
    app.mediator = await mediate({
      origin: page,
      redirectUris: [redirectUri],
      clientId: sandbox.clientId,
      clientSecret: sandbox.resetClientSecret(),
      loginOrigin: line.origin,
    });
    /** The paths and forms of what has come to the mediator. */
    app.mediated = [];
    door.answer((request, response) => {
      if (!request.url.startsWith("/oauth/")) return pass(request, response, site.origin);
      app.mediated.push(request.url);
      return app.mediator(request, response);
    });
  }
  const config = {
    credentials: { sandbox: { clientId: sandbox.clientId, redirectUris: [redirectUri] } },
    servers: {
      sandbox: {
        customAuthorizationServer: true,
        issuer: sandbox.origin,
        authorizationEndpoint: `${line.origin}/oauth/authorize`,
        tokenEndpoint: `${line.origin}/oauth/token`,
        revocationEndpoint: `${sandbox.origin}/oauth/revoke`,
        tokenInfoEndpoint: `${sandbox.origin}/oauth/token/info`,
        apiOrigin: sandbox.origin,
      },
    },
    ...(mediate && { tokenMediator: "/oauth/token" }),
    ...options,
  };
  app.first = new Tab(app, await driver.getWindowHandle());
  t.after(() => closeOthers(app));
  app.newTab = async (path) => {
    await app.first.focus();
    await driver.switchTo().newWindow("tab");
    const tab = new Tab(app, await driver.getWindowHandle());
    app.focused = tab.handle;
    if (path !== null) await tab.open(path);
    return tab;
  };
  await app.first.leave();
  await app.first.ask("localStorage.setItem('app', arguments[0])", JSON.stringify({ config, starting }));
  await app.first.open();
  return app;
}

/** The same, with `count` tabs that are signed in. */
export async function startSignedIn(t, browser, packed, { count = 1, ...more } = {}) {
  const app = await startApp(t, browser, packed, more);
  const outcome = await app.first.signIn();
  assert.equal(outcome?.value?.handled, true, JSON.stringify(outcome));
  app.tabs = [app.first];
  while (app.tabs.length < count) app.tabs.push(await app.newTab());
  return app;
}

async function closeOthers({ driver, first }) {
  for (const handle of await driver.getAllWindowHandles()) {
    if (handle === first.handle) continue;
    await driver.switchTo().window(handle);
    await driver.close();
  }
  await driver.switchTo().window(first.handle);
}
