/**
 * What people do in Parlour, in the words that stand on its buttons, and what they then see.
 *
 * The names here are the page's accessible names: whoever changes one there changes it for people with screen
 * readers, and so here as well.
 */

import { PATIENCE } from "./page.mjs";

/** @typedef {import("./page.mjs").Page} Page */

/**
 * @typedef {object} Tile what a page shows of one other person
 * @property {string} person their id
 * @property {string} label accessible name, such as "Ada, muted, Direct"
 * @property {boolean} moving whether its picture is playing
 */

/**
 * Waits until the page is at one of these screens.
 * @param {Page} page
 * @param {string} screens one or more of landing, preview, call, left, problem; separated by "|"
 * @param {number} [timeout] milliseconds
 * @returns {Promise<string>} which
 */
export function atScreen(page, screens, timeout = PATIENCE) {
  return page.waitFor(
    (names) => {
      const shown = document.querySelector("main")?.dataset["screen"] ?? "";
      return names.split("|").includes(shown) ? shown : "";
    },
    timeout,
    `the screen ${screens}`,
    screens,
  );
}

/**
 * Opens the landing page and starts a room; ends at the preview.
 * @param {Page} page
 * @param {string} origin
 * @returns {Promise<string>} the link to give to others
 */
export async function startRoom(page, origin) {
  await page.open(`${origin}/`);
  await atScreen(page, "landing");
  await page.click("Start a room");
  await atScreen(page, "preview");
  return page.evaluate(() => location.href);
}

/**
 * A good link to a room that nobody ever opened: made by the page's own code from 16 bytes of chance.
 * @param {Page} page at any screen
 * @returns {Promise<string>}
 */
export function linkToNowhere(page) {
  return page.evaluate(async () => {
    const { roomLink } = await import(`${location.origin}/sdk/seal/link.js`);
    return `${location.origin}/${await roomLink(crypto.getRandomValues(new Uint8Array(16)))}`;
  });
}

/**
 * From the preview into the call.
 * @param {Page} page
 * @param {{ hide?: boolean, name?: string }} [options] `hide`: with "Hide my address" on
 */
export async function join(page, { hide = false, name } = {}) {
  await atScreen(page, "preview");
  if (name !== undefined) await page.fill("Your name optional", name);
  if (hide) await page.click("Hide my address", { role: "switch" });
  // A room that keeps something is read about before it is joined.
  await page.waitFor(() => document.querySelector("form[data-looking]") === null, 15_000, "what kind of room it is");
  await page.click("Join");
  await atScreen(page, "call", 15_000);
}

/**
 * Opens a link and joins.
 * @param {Page} page
 * @param {string} link
 * @param {{ hide?: boolean, name?: string }} [options]
 */
export async function openAndJoin(page, link, options) {
  await page.open(link);
  await join(page, options);
}

/**
 * Leaves by the button and waits for the screen that says so. A host with company is asked how the others go on.
 * @param {Page} page
 */
export async function leave(page) {
  await page.click("Leave");
  await page.waitFor(
    () => document.querySelector("dialog#leaving[open]") !== null || document.querySelector('[data-screen="left"]') !== null,
    5000,
    "the screen that says so, or the question to a host",
  );
  const asked = await page.evaluate(() => document.querySelector("dialog#leaving[open]") !== null);
  if (asked) await page.click("Leave things as they are");
  await atScreen(page, "left", 5000);
}

/**
 * The tiles of others that a page shows.
 * @param {Page} page
 * @returns {Promise<Tile[]>}
 */
export function tilesOf(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("[data-person]")].map((tile) => {
      const video = tile.querySelector("video");
      return {
        person: tile.getAttribute("data-person") ?? "",
        label: tile.getAttribute("aria-label") ?? "",
        moving: Boolean(video && !video.paused && video.videoWidth > 0),
      };
    }),
  );
}

/**
 * Waits until the page shows its own tile and exactly `count` others.
 * @param {Page} page
 * @param {number} count
 * @param {number} [timeout] milliseconds
 */
export async function expectTiles(page, count, timeout = PATIENCE) {
  await page.waitFor(
    (wanted) => {
      const others = document.querySelectorAll("[data-person]").length;
      const own = document.querySelectorAll("[data-self]").length;
      return others === wanted && own === 1;
    },
    timeout,
    `own tile and ${count} of others`,
    count,
  );
}

/**
 * Waits until a tile of somebody else has an accessible name that matches.
 * @param {Page} page
 * @param {RegExp} pattern
 * @param {string} what
 * @param {number} [timeout] milliseconds
 */
export async function expectTile(page, pattern, what, timeout = PATIENCE) {
  await page.waitFor(
    (source) => [...document.querySelectorAll("[data-person]")].some((tile) => new RegExp(source).test(tile.getAttribute("aria-label") ?? "")),
    timeout,
    what,
    pattern.source,
  );
}
