// A user with several windows: opens one by a click, works in it, comes back.

import { By } from "selenium-webdriver";
import { until } from "../support/browsers.mjs";

export class Windows {
  /** `main` is the window that the driver is in now. */
  static async of(driver) {
    return new Windows(driver, await driver.getWindowHandle());
  }

  constructor(driver, main) {
    this.driver = driver;
    this.main = main;
  }

  /** Runs a script in the page; nothing, while the page is just being left or closed. */
  ask(script, ...args) {
    return this.driver.executeScript(script, ...args).catch(() => undefined);
  }

  /** A click of the user's own, with all that it entitles a page to. */
  async click(id) {
    // At once, where the page's style would have it glide.
    await this.ask("document.getElementById(arguments[0]).scrollIntoView({ block: 'center', behavior: 'instant' })", id);
    await this.driver.findElement(By.id(id)).click();
  }

  async goTo(url, title) {
    await this.driver.get(url);
    await this.shows(title);
  }

  /** Waits for the page of this title in the present window, loaded. */
  async shows(title) {
    const script = "return { title: document.title, url: location.href, isLoaded: document.readyState === 'complete' }";
    let seen;
    await until(`the page "${title}" is there`, async () => {
      seen = await this.ask(script);
      return seen?.title === title && seen.isLoaded;
    }).catch(({ message }) => {
      throw new Error(`${message}; it shows ${seen?.title} ${seen?.url}`);
    });
  }

  async handles() {
    return this.driver.getAllWindowHandles();
  }

  /** Clicks, and goes over to the window that opens by it. */
  async openByClick(id) {
    const before = await this.handles();
    await this.click(id);
    const opened = await until("a window opens", async () =>
      (await this.handles()).find((handle) => !before.includes(handle)),
    );
    await this.driver.switchTo().window(opened);
    return opened;
  }

  async backToMain() {
    await this.driver.switchTo().window(this.main);
  }

  /** The main window has looked after its popup so often that it knows the page that is there. */
  async popupIsSeen() {
    const present = await this.driver.getWindowHandle();
    await this.backToMain();
    const before = await this.ask("return polls");
    await until("the opener has looked", () => this.ask("return polls >= arguments[0] + 4", before));
    await this.driver.switchTo().window(present);
  }

  async isOpen(handle) {
    return (await this.handles()).includes(handle);
  }

  /** Closes the present window, as its user would. */
  async close() {
    await this.driver.close();
    await this.backToMain();
  }

  /** Until none is left: one may be about to open, or to close by itself. */
  async closeOthers() {
    await until("only one window is left", async () => {
      const others = (await this.handles()).filter((handle) => handle !== this.main);
      for (const handle of others) {
        const isThere = await this.driver.switchTo().window(handle).then(() => true, () => false);
        if (isThere) await this.driver.close().catch(() => {});
      }
      return !others.length;
    });
    await this.backToMain();
  }
}
