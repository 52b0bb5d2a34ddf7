/**
 * A page in a real browser as a person has it: what is pressed is found by role and accessible name and pressed
 * with a real pointer, and nothing is pressed that a person could not press (absent, disabled, covered).
 *
 * Chromium and Firefox differ in the few abstract members at the end; everything else is here once.
 */

import { sleep } from "./process.mjs";
import { deadline } from "./patience.mjs";

/**
 * @typedef {object} Request what the page asked the network for
 * @property {string} url
 * @property {string} method
 * @property {string} body text of the body, or ""
 * @property {Record<string, string>} headers
 *
 * @typedef {{ level: string, text: string }} Line a console message, or an exception that nobody caught
 *
 * @typedef {object} Spot where an element is
 * @property {number} x centre, CSS pixels of the viewport
 * @property {number} y
 * @property {string} obstacle why a person could not press there now, or ""
 */

/** How long anything on a page may take unless a test says otherwise, in milliseconds. */
export const PATIENCE = 10_000;

/**
 * Runs in the page, with an element as `this`: brings it into view and says whether it can be pressed.
 * @this {Element}
 * @returns {Spot}
 */
function spot() {
  this.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const box = this.getBoundingClientRect();
  const x = box.left + box.width / 2;
  const y = box.top + box.height / 2;
  let obstacle = "";
  const root = /** @type {Document | ShadowRoot} */ (this.getRootNode());
  const hit = root.elementFromPoint(x, y);
  if (box.width === 0 || box.height === 0) obstacle = "it has no size";
  else if (this.matches(":disabled") || this.getAttribute("aria-disabled") === "true") obstacle = "it is disabled";
  else if (!hit) obstacle = "it is outside of the viewport";
  // A label passes the press on to its control, so a switch may be drawn by its label.
  else if (!this.contains(hit) && !hit.contains(this) && hit.closest("label")?.control !== this) {
    obstacle = `it is covered by <${hit.tagName.toLowerCase()} class="${hit.className}" id="${hit.id}">`;
  } else if (hit !== this && hit.contains(this) && !(hit instanceof HTMLLabelElement)) {
    obstacle = `it does not receive presses; <${hit.tagName.toLowerCase()} id="${hit.id}"> does`;
  }
  return { x, y, obstacle };
}

/** Source text for the two kinds. */
export const SPOT = spot.toString();

/** @abstract */
export class Page {
  /** @type {Line[]} */
  console = [];
  /** @type {Request[]} */
  requests = [];
  /** @type {string[]} frames that the page sent to the server, by WebSocket or poll (Chromium only; Firefox does not tell) */
  sent = [];

  /**
   * @param {string} name who sits before it, for messages
   * @param {string} browser "chromium" or "firefox"
   */
  constructor(name, browser) {
    this.name = name;
    this.browser = browser;
  }

  /** Hosts (with port) that the page asked for anything, own origin included. */
  get hosts() {
    return [...new Set(this.requests.map(({ url }) => new URL(url)).filter(({ host }) => host).map(({ host }) => host))];
  }

  /** Console errors and exceptions so far. */
  get errors() {
    return this.console.filter(({ level }) => level === "error").map(({ text }) => text);
  }

  /**
   * Runs a function (or the text of an expression) in the page and returns its result by way of JSON; waits for promises.
   * What JSON cannot say (undefined, a function) comes as null.
   * @template {unknown[]} A
   * @template R
   * @param {((...args: A) => R) | string} what
   * @param {A} args
   * @returns {Promise<Awaited<R>>}
   */
  async evaluate(what, ...args) {
    const call = typeof what === "string" ? `(${what})` : `(${what})(${args.map((arg) => JSON.stringify(arg) ?? "undefined").join(",")})`;
    const text = await this.evaluateText(`(async () => { const result = await ${call}; return JSON.stringify(result) ?? ""; })()`);
    return JSON.parse(text === "" ? "null" : text);
  }

  /**
   * Asks the page until the answer is truthy, and returns that answer.
   * @template {unknown[]} A
   * @template R
   * @param {((...args: A) => R) | string} predicate runs in the page
   * @param {number} timeout milliseconds
   * @param {string} what is waited for, for the message when it does not come
   * @param {A} args
   * @returns {Promise<Awaited<R>>}
   */
  async waitFor(predicate, timeout, what, ...args) {
    const isOver = deadline(timeout);
    /** @type {unknown} */
    let last;
    for (;;) {
      try {
        const answer = await this.evaluate(predicate, ...args);
        if (answer) return answer;
        last = answer;
      } catch (error) {
        // In the middle of a navigation there may be no page to ask.
        last = error instanceof Error ? error.message : error;
      }
      if (isOver()) throw await this.failure(`${what}: not within ${timeout} ms (last answer: ${JSON.stringify(last)})`);
      await sleep(100);
    }
  }

  /**
   * Waits until the page shows an element of this role and accessible name that a person can press.
   * @param {string} name exact accessible name
   * @param {{ role?: string, timeout?: number }} [options]
   */
  async reach(name, { role = "button", timeout = PATIENCE } = {}) {
    const isOver = deadline(timeout);
    let why = "";
    for (;;) {
      try {
        const element = await this.locate(role, name);
        const found = element && (await this.spot(element));
        why = found ? found.obstacle : `there is no ${role} of that name`;
        if (element && found && !why) return { element, x: found.x, y: found.y };
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
      }
      if (isOver()) throw await this.failure(`cannot press ${role} "${name}" within ${timeout} ms: ${why}`);
      await sleep(100);
    }
  }

  /**
   * Presses it, when it can be pressed.
   * @param {string} name exact accessible name
   * @param {{ role?: string, timeout?: number }} [options]
   */
  async click(name, options) {
    const { element, x, y } = await this.reach(name, options);
    await this.press(element, x, y);
  }

  /**
   * Whether the page has such an element now, pressable or not.
   * @param {string} name exact accessible name
   * @param {string} [role]
   */
  async has(name, role = "button") {
    return (await this.locate(role, name)) !== null;
  }

  /**
   * Puts text into the field of that label, in the place of what it holds.
   * @param {string} label exact accessible name
   * @param {string} text
   */
  async fill(label, text) {
    await this.click(label, { role: "textbox" });
    await this.evaluate(() => {
      const field = document.activeElement;
      if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.select();
    });
    await this.type(text);
  }

  /**
   * An error that says who saw what, what the page shows and what its console said.
   * @param {string} problem
   */
  async failure(problem) {
    let shows;
    try {
      const seen = await this.evaluate(() => ({
        url: location.href,
        screen: document.querySelector("[data-screen]")?.getAttribute("data-screen") ?? "none",
        text: (document.body?.innerText ?? "").replace(/\s+/g, " ").slice(0, 600),
        ears: /** @type {any} */ (window).__violations,
      }));
      shows = `at ${seen.url}, screen ${seen.screen}, reading: ${seen.text}\n  policy violations: ${JSON.stringify(seen.ears)}`;
    } catch (error) {
      shows = `cannot be asked (${error instanceof Error ? error.message : error})`;
    }
    const said = this.console.slice(-12).map(({ level, text }) => `\n  ${level}: ${text.slice(0, 500)}`).join("");
    return new Error(`${this.name} (${this.browser}): ${problem}\n  page ${shows}\n  console:${said || " silent"}`);
  }

  /**
   * Loads a link afresh, as in a new tab, and waits for its load event.
   * @param {string} url
   * @returns {Promise<void>}
   */
  async open(url) {
    throw new Error(`abstract: open ${url}`);
  }

  /**
   * Like closing the tab: the page hears of it and may say good-bye.
   * @returns {Promise<void>}
   */
  async close() {
    throw new Error("abstract");
  }

  /**
   * An empty tab of the same browser, with what the browser keeps but a session of its own.
   * @param {string} name who sits before it
   * @returns {Promise<Page>}
   */
  async beside(name) {
    throw new Error(`abstract: beside ${name}`);
  }

  /**
   * A tab at the same address that copies this one's sessionStorage, as a duplicated tab does.
   * @param {string} name who sits before it
   * @returns {Promise<Page>}
   */
  async duplicate(name) {
    throw new Error(`abstract: duplicate ${name}`);
  }

  /**
   * Brings this tab before the others of its browser.
   * @returns {Promise<void>}
   */
  async front() {
    throw new Error("abstract");
  }

  /**
   * Ends the browser's processes at once; nothing of it can say good-bye.
   * @returns {Promise<void>}
   */
  async kill() {
    throw new Error("abstract");
  }

  /**
   * A picture of the page in a viewport of this size, in Chromium also with the few colours of a high contrast theme
   * (`forced`). The size stays until the next picture.
   * @param {string} path .png
   * @param {{ width: number, height: number, dark?: boolean, forced?: boolean }} options
   * @returns {Promise<void>}
   */
  async screenshot(path, options) {
    throw new Error(`abstract: ${path} ${options.width}`);
  }

  /**
   * @protected
   * @param {string} expression of a promise of a string
   * @returns {Promise<string>}
   */
  async evaluateText(expression) {
    throw new Error(`abstract: ${expression}`);
  }

  /**
   * @protected
   * @param {string} role
   * @param {string} name
   * @returns {Promise<string | null>} handle of the first such element
   */
  async locate(role, name) {
    throw new Error(`abstract: ${role} ${name}`);
  }

  /**
   * @protected
   * @param {string} element handle
   * @returns {Promise<Spot>}
   */
  async spot(element) {
    throw new Error(`abstract: ${element}`);
  }

  /**
   * @protected
   * @param {string} element handle
   * @param {number} x
   * @param {number} y
   * @returns {Promise<void>}
   */
  async press(element, x, y) {
    throw new Error(`abstract: ${element} ${x} ${y}`);
  }

  /**
   * Types text into what has the focus.
   * @param {string} text
   * @returns {Promise<void>}
   */
  async type(text) {
    throw new Error(`abstract: ${text}`);
  }
}
