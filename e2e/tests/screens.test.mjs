/**
 * Every screen, light and dark, on phones and a desk: a picture of each in e2e/out/, nothing wider than the screen,
 * nothing to press outside of it, nothing that axe finds against it, and no complaint in the console. And the whole way from
 * the landing page into a call and out of it by keys alone.
 *
 * With PARLOUR_WRITE_DOCS=1 a few of the pictures are written into docs/images/ as well, for docs/screens.md.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { axeFindings } from "../lib/axe.mjs";
import { atScreen, expectTile, expectTiles, join, leave, linkToNowhere, startRoom } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { misfits } from "../lib/misfits.mjs";
import { bound } from "../lib/patience.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const OUT = fileURLToPath(new URL("../out/", import.meta.url));
const IMAGES = fileURLToPath(new URL("../../docs/images/", import.meta.url));
/** For docs/screens.md. */
const SHOWN = new Set(["landing-1280-light", "landing-390-dark", "preview-1280-dark", "preview-390-light", "call-two-1280-light", "call-two-390-dark", "call-chat-1280-dark", "call-settings-de-390-light", "call-two-de-rtl-1280-light", "left-390-light"]);
const SIZES = [{ width: 390, height: 844 }, { width: 320, height: 640 }, { width: 1280, height: 800 }];

const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Awaited<ReturnType<Stage["chromium"]>>} */
let ada;
/** @type {Page} */
let ben;

before(async () => {
  mkdirSync(OUT, { recursive: true });
  [server, ada, ben] = await Promise.all([stage.serve(), stage.chromium("Ada", { camera: "two" }), stage.firefox("Ben")]);
});

after(() => stage.clear());

/**
 * @param {Page} page
 * @param {string} screen name of the pictures
 */
async function takePictures(page, screen) {
  /** @type {string[]} */
  const found = [];
  const themes = page.browser === "chromium" ? [false, true] : [false]; // Firefox chooses its theme at the start
  for (const size of SIZES) {
    for (const dark of themes) {
      const picture = `${screen}-${page.browser}-${size.width}x${size.height}-${dark ? "dark" : "light"}`;
      await page.screenshot(`${OUT}${picture}.png`, { ...size, dark });
      found.push(...(await page.evaluate(misfits)).map((misfit) => `${picture}: ${misfit}`));
      await page.screenshot(`${OUT}${picture}.png`, { ...size, dark }); // now that nothing moves
      const shown = `${screen}-${size.width}-${dark ? "dark" : "light"}`;
      if (process.env["PARLOUR_WRITE_DOCS"] === "1" && page.browser === "chromium" && SHOWN.has(shown)) await page.screenshot(`${IMAGES}${shown}.webp`, { ...size, dark });
      // What axe looks at changes with the colours, and hardly with the size.
      if (page.browser === "chromium" && size === SIZES.at(-1)) found.push(...(await axeFindings(page)).map((one) => `${picture}: ${one}`));
    }
  }
  assert.equal(found.join("\n"), "");
}

test("landing", { timeout: bound(40_000) }, async () => {
  for (const page of [ada, ben]) {
    await page.open(`${server.origin}/`);
    await atScreen(page, "landing");
    await takePictures(page, "landing");
  }
});

test("preview, and the call alone and with another", { timeout: bound(90_000) }, async () => {
  const link = await startRoom(ada, server.origin);
  await ada.waitFor(() => document.querySelector("video")?.videoWidth, 10_000, "the own picture");
  await takePictures(ada, "preview");
  await join(ada, { name: "Ada" });
  await expectTiles(ada, 0);
  await takePictures(ada, "call-alone");
  await ben.open(link);
  await ben.waitFor(() => document.querySelector("video")?.videoWidth, 10_000, "the own picture");
  await takePictures(ben, "preview");
  await join(ben, { name: "Benedict with a Name that is Longer than any Tile is Wide" });
  await expectTile(ada, /^Benedict.*Direct/, "Ben's tile");
  await expectTile(ben, /^Ada, Direct/, "Ada's tile");
  await takePictures(ada, "call-two");
  await takePictures(ben, "call-two");
  await ada.click("Settings");
  await takePictures(ada, "call-settings");
  await ada.click("Close");
});

test("habits: a theme of one's own, sound as it is, the other camera, and a word to whoever talks while muted", { timeout: bound(40_000) }, async () => {
  await ada.click("Settings");
  const ink = () => ada.evaluate(() => getComputedStyle(document.querySelector("dialog[open] h2") ?? document.body).color);
  /** @param {string} theme */
  const choose = (theme) => ada.evaluate((/** @type {string} */ value) => {
    const menu = document.getElementById("settings-theme");
    if (!(menu instanceof HTMLSelectElement)) return;
    menu.value = value;
    menu.dispatchEvent(new Event("change"));
  }, theme);
  for (const [theme, colour] of /** @type {const} */ ([["light", "rgb(27, 35, 31)"], ["dark", "rgb(238, 241, 236)"]])) {
    await choose(theme);
    await ada.waitFor((/** @type {string} */ wanted) => document.documentElement.dataset["theme"] === wanted, 5000, `the theme ${theme}`, theme);
    assert.equal(await ink(), colour);
  }
  // The same microphone, opened anew, and sent on.
  await ada.click("Clean up my sound", { role: "switch" });
  await ada.click("Close");
  await expectTile(ben, /^Ada, Direct/, "Ada's tile, not muted");
  /** Which camera the own picture is from, if from another than this one. @param {string} but */
  const camera = (but) => {
    const video = /** @type {HTMLVideoElement | null} */ (document.querySelector("[data-self] video"));
    const [track] = video?.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : [];
    const { deviceId = "" } = track?.readyState === "live" ? track.getSettings() : {};
    return deviceId === but ? "" : deviceId;
  };
  const first = await ada.evaluate(camera, "");
  assert.notEqual(first, "");
  await ada.byTouch(true);
  await ada.click("Mute microphone"); // and drawn anew, as a finger now
  await ada.click("Unmute microphone");
  await ada.click("Use the other camera");
  await ada.waitFor(camera, 5000, "the picture of the other camera", first);
  await takePictures(ada, "call-two-cameras");
  await ada.byTouch(false);
  await expectTile(ben, /^Ada, Direct/, "Ada's tile, with a picture");
  await ada.click("Mute microphone");
  await ada.waitFor(() => document.getElementById("toasts")?.textContent?.includes("You are muted, and seem to be talking."), 10_000, "the word to whoever talks");
  await expectTile(ben, /^Ada, muted/, "Ada's tile, muted");
  await ada.click("Unmute microphone");
  await ada.waitFor(() => !document.getElementById("toasts")?.textContent?.includes("You are muted"), 3000, "the word gone with its cause");
  assert.equal(JSON.parse(await ada.evaluate(() => localStorage.getItem("parlour.preferences") ?? "{}")).habits.theme, "dark", "kept by this browser");
  await choose("");
});

test("the chat, beside the stage and over it", { timeout: bound(60_000) }, async () => {
  await ada.click("Chat");
  await ada.fill("Message to everyone", "Here is the place: https://example.org/a/long/address/that/does/not/fit/into/one/line/of/the/panel");
  await ada.click("Send");
  await ada.waitFor(() => document.querySelectorAll(".talk-item").length > 0, 5000, "the message");
  await takePictures(ada, "call-chat");
  await ada.click("Close chat");
});

test("other words in the middle of a call, in whichever direction they are read: it goes on, and everything fits", { timeout: bound(60_000) }, async () => {
  await ada.click("Settings");
  await speak("de");
  await ada.waitFor(() => document.querySelector("dialog[open]")?.getAttribute("aria-labelledby") === "settings-title" && document.querySelector("dialog[open] h2")?.textContent === "Einstellungen", 5000, "settings in German");
  assert.equal(await ada.evaluate(() => document.activeElement?.id), "settings-language", "the focus stays where it was");
  await takePictures(ada, "call-settings-de");
  await ada.click("Schließen");
  await expectTile(ada, /^Benedict.*Direkt/, "Ben's tile, which never left");
  await ada.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
  await ada.click("Personen, 2 Personen");
  // What the panel scrolls away lies under the controls by right; nothing may be wider than it.
  await ada.screenshot(`${OUT}call-people-de-rtl-chromium-320x640-light.png`, { width: 320, height: 640, dark: false });
  assert.deepEqual(await ada.evaluate(() => [...document.querySelectorAll(".panel:not([hidden]), .panel:not([hidden]) *")].filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1).map((one) => one.className)), []);
  await ada.click("Personen schließen");
  await takePictures(ada, "call-two-de-rtl");
  await ada.evaluate(() => document.documentElement.setAttribute("dir", "ltr"));
  await ada.click("Einstellungen");
  await speak("en");
  await ada.waitFor(() => document.querySelector("dialog[open] h2")?.textContent === "Settings", 5000, "settings in English");
  await ada.click("Close");

  /** @param {string} language */
  async function speak(language) {
    await ada.evaluate(`(() => {
      const menu = document.getElementById("settings-language");
      menu.focus();
      menu.value = ${JSON.stringify(language)};
      menu.dispatchEvent(new Event("change"));
    })()`);
  }
});

test("left, and the last to leave", { timeout: bound(40_000) }, async () => {
  await leave(ada);
  await takePictures(ada, "left");
  await leave(ben);
  await takePictures(ben, "left-last");
});

test("problem: a damaged link", { timeout: bound(40_000) }, async () => {
  for (const page of [ada, ben]) {
    await page.open(`${server.origin}/#1damaged`);
    await atScreen(page, "problem");
    await takePictures(page, "problem");
  }
});

test("by keys alone: from the landing page into a call, muted, a message, and out", { timeout: bound(60_000) }, async () => {
  await ada.open(`${server.origin}/`);
  await atScreen(ada, "landing");
  await tabTo("Start a room");
  await ada.key("Enter");
  await atScreen(ada, "preview");
  await tabTo("Your name optional");
  await ada.key("a"); // behind the name that was remembered
  await tabTo("Hide my address");
  await tabTo("Join");
  await ada.key("Enter");
  await atScreen(ada, "call", 15_000);
  await tabTo("Mute microphone");
  await ada.key("Space");
  await ada.reach("Unmute microphone");
  await ada.key("m");
  await ada.reach("Mute microphone");
  await ada.key("c");
  await ada.waitFor(() => document.activeElement?.closest(".panel, .talk") !== null && document.activeElement?.matches("textarea"), 5000, "the focus in the message");
  await ada.key("m"); // a letter there, and no shortcut
  await ada.key("Enter");
  await ada.waitFor(() => document.querySelector(".talk-item") !== null, 5000, "the message");
  await ada.reach("Mute microphone");
  await ada.key("Escape");
  await ada.waitFor(() => document.activeElement?.id === "chat-button", 5000, "the focus back where it came from");
  await tabTo("Leave");
  await ada.key("Enter");
  await atScreen(ada, "left");
  assert.deepEqual(lost, [], "wherever the focus was, it could be seen");
});

/** Stops of the focus that nobody could see. @type {string[]} */
const lost = [];

/**
 * Presses Tab until what has that name has the focus, and looks at each stop whether it can be seen (WCAG 2.4.7, 2.4.11).
 * @param {string} name accessible name
 */
async function tabTo(name) {
  for (let stops = 0; stops < 40; stops += 1) {
    await ada.key("Tab");
    const { label, trouble } = await ada.evaluate(() => {
      const focus = document.activeElement ?? document.body;
      const input = focus instanceof HTMLInputElement ? focus : null;
      const named = document.getElementById(focus.getAttribute("aria-labelledby") ?? "")?.textContent ?? focus.getAttribute("aria-label") ?? input?.labels?.[0]?.innerText ?? focus.textContent ?? "";
      const box = focus.getBoundingClientRect();
      const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      const { outlineStyle, boxShadow } = getComputedStyle(focus);
      const isDrawn = outlineStyle !== "none" || boxShadow !== "none" || box.width <= 1;
      const isCovered = box.width > 1 && !(at && (focus.contains(at) || at.contains(focus)));
      const trouble = focus === document.body ? "" : [!isDrawn && "no ring", isCovered && `covered by ${at?.className}`].filter(Boolean).join(", ");
      return { label: named.replace(/\s+/gu, " ").trim(), trouble };
    });
    if (trouble) lost.push(`${label}: ${trouble}`);
    if (label === name) return;
  }
  throw await ada.failure(`40 presses of Tab do not come to "${name}"`);
}

test("by a link, before the rest of the page is here: a picture, a name, other words, and Join, which is done when it has come", { timeout: bound(60_000) }, async () => {
  const link = await startRoom(ada, server.origin);
  const letCome = await ada.holdBack("/sdk/meeting.js");
  // Not by open(), which waits until everything has come.
  await ada.evaluate((url) => Object.assign(location, { href: `${url.split("#")[0]}?again${url.slice(url.indexOf("#"))}` }), link);
  await ada.waitFor(() => document.querySelector("video")?.videoWidth, 10_000, "the own picture");
  await ada.fill("Your name optional", "Früh");
  await ada.evaluate(() => document.getElementById("preview-language")?.focus());
  await ada.evaluate(`(() => {
    const menu = document.getElementById("preview-language");
    menu.value = "de";
    menu.dispatchEvent(new Event("change"));
  })()`);
  await ada.waitFor(() => document.documentElement.lang === "de", 5000, "German");
  assert.deepEqual(await ada.evaluate(() => [document.activeElement?.id, /** @type {HTMLInputElement} */ (document.getElementById("name")).value]), ["preview-language", "Früh"]);
  await ada.waitFor(() => document.querySelector("video")?.videoWidth, 5000, "the same picture");
  assert.equal(await ada.evaluate(() => /** @type {any} */ (window).__captured.length), 2, "one camera and one microphone, asked for once");
  await ada.click("Teilnehmen");
  await ada.waitFor(() => document.querySelector(".preview-join [aria-busy=true]") !== null, 5000, "Join that waits");
  assert.equal(await ada.evaluate(() => performance.getEntriesByName("parlour: everything").length), 0);
  await letCome();
  await atScreen(ada, "call", 15_000);
  assert.deepEqual(await ada.evaluate(() => [document.documentElement.lang, /** @type {any} */ (window).__captured.length]), ["de", 2]);
  await ada.waitFor(() => /** @type {HTMLVideoElement | null} */ (document.querySelector("[data-self] video"))?.videoWidth, 10_000, "the own picture in the call");
  await ada.click("Gehen");
  await atScreen(ada, "left");
  await ada.evaluate(() => localStorage.clear());
});

test("pages beside the call: /check, /security, /privacy", { timeout: bound(60_000) }, async () => {
  await ada.open(`${server.origin}/check`);
  await ada.waitFor(() => document.querySelector(".check-verdict[data-tone=good]") !== null, 30_000, "a good verdict");
  await takePictures(ada, "check");
  for (const name of ["security", "privacy"]) {
    await ada.open(`${server.origin}/${name}`);
    assert.deepEqual(await axeFindings(ada), [], name);
  }
});

test("preview without devices, and before a room that is not there", { timeout: bound(60_000) }, async () => {
  const eve = await stage.chromium("Eve", { camera: "denied" });
  await startRoom(eve, server.origin);
  await eve.waitFor(() => /blocking/.test(document.querySelector("main")?.innerText ?? ""), 10_000, "the sentence about the camera");
  await takePictures(eve, "preview-no-camera");
  await eve.open(await linkToNowhere(eve));
  await eve.waitFor(() => /no such room yet/i.test(document.querySelector("main")?.innerText ?? ""), 10_000, "the sentence that there is no such room");
  await takePictures(eve, "preview-no-room");
  assert.deepEqual(eve.errors, []);
});

test("nobody's console complained", () => {
  for (const page of [ada, ben]) assert.deepEqual(page.errors, [], page.name);
});
