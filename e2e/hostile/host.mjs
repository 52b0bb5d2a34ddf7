/**
 * What a host does before the app, in the words on its buttons. Each ends when the page shows that it was done.
 */

import { atScreen } from "../lib/meeting.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

/**
 * From the landing page into a room of one's own.
 * @param {Page} page @param {string} origin @param {{password?: string}} [choices]
 * @returns {Promise<void>} at the preview
 */
export async function startRoomWith(page, origin, { password = "" } = {}) {
  await page.open(`${origin}/`);
  await atScreen(page, "landing");
  if (password !== "") {
    await page.evaluate(() => document.querySelectorAll("details.more").forEach((details) => details.setAttribute("open", "")));
    await page.fill("Password optional", password);
  }
  await page.click("Start a room");
  await atScreen(page, "preview");
}

/** @param {Page} page */
export function openPanel(page) {
  return page.evaluate(() => {
    if (document.querySelector("aside.panel")?.hasAttribute("hidden")) document.getElementById("people-button")?.click();
  });
}

/** @param {Page} page @param {"Open" | "Knock" | "Invited" | "Locked"} door */
export async function setDoor(page, door) {
  await openPanel(page);
  await page.click(door);
  await page.waitFor(
    (name) => [...document.querySelectorAll(".segment")].some((one) => one.textContent === name && one.getAttribute("aria-pressed") === "true"),
    8000,
    `the door is ${door}`,
    door,
  );
}

/** @param {Page} page @param {string} password */
export async function setPassword(page, password) {
  await openPanel(page);
  const before = await page.evaluate(logged);
  await page.click((await page.has("Change the password")) ? "Change the password" : "Set a password");
  await page.fill("New password", password);
  await page.click("Set");
  await page.waitFor(logged, 8000, "the password is set");
  await page.waitFor((old) => [...document.querySelectorAll(".log li")].length > old, 8000, "the log tells of the password", before);
}

/** @param {Page} page @returns {Promise<string>} the new fragment */
export async function newLink(page) {
  await openPanel(page);
  const old = await page.evaluate(() => location.hash);
  await page.click("New link…");
  await page.click("Make a new link");
  return page.waitFor((was) => (location.hash === was ? "" : location.hash), 8000, "another link in the address bar", old);
}

/** @param {Page} page @param {string} name */
export async function remove(page, name) {
  await openPanel(page);
  await page.click(`More for ${name}`);
  await page.click(`Remove ${name}`);
  await page.waitFor(() => document.querySelector("dialog#question[open]") !== null, 3000, "the question");
  await page.click(`Remove ${name}`);
  // That the tile is gone may have other reasons.
  await page.waitFor((who) => document.querySelector(".log")?.textContent?.includes(`You removed ${who}.`), 12_000, `${name} is removed`, name);
  await page.waitFor((who) => [...document.querySelectorAll("[data-person]")].every((tile) => !tile.getAttribute("aria-label")?.startsWith(who)), 8000, `${name} has no tile`, name);
}

/** Makes a personal invitation and copies it. @param {Page} page @param {string} label @returns {Promise<string>} `#1i…` */
export async function invite(page, label) {
  await openPanel(page);
  await page.evaluate(() => {
    const w = /** @type {any} */ (window);
    navigator.clipboard.writeText = async (text) => void (w.copied = text);
    w.copied = "";
    document.querySelectorAll("aside details.more").forEach((details) => details.setAttribute("open", ""));
  });
  await page.fill("For whom", label);
  await page.click("Make invitation");
  await page.click(`Copy the invitation for ${label}`);
  const whole = await page.waitFor(() => /** @type {any} */ (window).copied, 5000, "the copied invitation");
  return `${new URL(whole).hash}`;
}

/** How many lines the log of "who did what" has. */
function logged() {
  return document.querySelectorAll(".log li").length;
}

/** What the page reads, whatever part of it. @param {Page} page @param {RegExp} text @param {number} [timeout] ms */
export function reads(page, text, timeout = 8000) {
  return page.waitFor((source) => new RegExp(source, "im").test(document.body.innerText), timeout, `the words ${text}`, text.source);
}

/** What "who did what" tells, also while it is folded. @param {Page} page @param {RegExp} text */
export function logTells(page, text) {
  return page.waitFor((source) => new RegExp(source).test(document.querySelector(".log")?.textContent ?? ""), 8000, `the log tells ${text}`, text.source);
}
