/**
 * One person in several tabs: a second one that takes over, one that is loaded again, a duplicated one, in both browsers.
 *
 * The tests follow one another and are one story.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { atScreen, expectTile, expectTiles, join, openAndJoin, startRoom, tilesOf } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const OUT = fileURLToPath(new URL("../out/", import.meta.url));
const step = story();
const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let second;
/** @type {Page} */
let ben;
let link = "";
let person = "";

before(async () => {
  mkdirSync(OUT, { recursive: true });
  [server, ada, ben] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.firefox("Ben")]);
});

after(() => stage.clear());

step("a second tab asks, and moves the person over: the same tile at the others, the first tab stops", 90_000, async () => {
  link = await startRoom(ada, server.origin);
  await join(ada, { name: "Ada" });
  await openAndJoin(ben, link, { name: "Ben" });
  await Promise.all([expectTile(ada, /^Ben.*Direct/, "Ben", 25_000), expectTile(ben, /^Ada.*Direct/, "Ada", 25_000)]);
  person = (await tilesOf(ben))[0]?.person ?? "";
  await watchTiles(ben);

  second = await ada.beside("Ada's second tab");
  await second.front();
  await second.open(link);
  await atScreen(second, "preview");
  await second.click("Join");
  await second.reach("Move here");
  await second.screenshot(`${OUT}elsewhere.png`, { width: 1280, height: 800 });
  await second.click("Move here");
  await atScreen(second, "call", 15_000);
  await expectTile(second, /^Ben.*Direct/, "Ben in the second tab", 25_000);
  await atScreen(ada, "problem", 15_000);
  assert.match(await ada.evaluate(() => document.querySelector("main")?.innerText ?? ""), /another tab/);
  assert.deepEqual((await tilesOf(ben)).map((tile) => tile.person), [person], "the same person to Ben");
  assert.deepEqual(await tilesSeen(ben), { most: 1, fewest: 1 }, "never two of her, never none");
});

step("loaded again, the tab is still that person, and still host", 60_000, async () => {
  await second.open(link);
  await join(second);
  await expectTile(second, /^Ben.*Direct/, "Ben after the reload", 25_000);
  await ben.waitFor((id) => document.querySelectorAll(`[data-person="${id}"]`).length === 1, 20_000, "the same person to Ben", person);
  await expectTiles(ben, 1, 40_000);
  await second.click("People, 2 people");
  await second.reach("End for everyone…");
});

step("a duplicated tab copies the session and is somebody else if it joins besides", 60_000, async () => {
  const copy = await second.duplicate("Ada's duplicate");
  await copy.front();
  await atScreen(copy, "preview", 15_000);
  await copy.click("Join");
  await copy.click("Join a second time");
  await atScreen(copy, "call", 15_000);
  await expectTiles(ben, 2, 25_000);
  const people = (await tilesOf(ben)).map((tile) => tile.person);
  assert.ok(people.includes(person) && new Set(people).size === 2);
  await expectTiles(copy, 2, 25_000);
  await second.front();
  assert.deepEqual(await second.evaluate(() => document.querySelector("main")?.dataset["screen"]), "call", "the tab that was copied goes on");
  assert.deepEqual([...second.errors, ...copy.errors], []);
});

step("Firefox: a second tab moves as well", 60_000, async () => {
  const other = await ben.beside("Ben's second tab");
  const id = await second.evaluate(() => [...document.querySelectorAll("[data-person]")].find((tile) => tile.getAttribute("aria-label")?.startsWith("Ben"))?.getAttribute("data-person"));
  await other.front();
  await other.open(link);
  await atScreen(other, "preview");
  await other.click("Join");
  await other.click("Move here");
  await atScreen(other, "call", 15_000);
  await atScreen(ben, "problem", 20_000);
  await second.waitFor((spk) => document.querySelectorAll(`[data-person="${spk}"]`).length === 1, 20_000, "the same Ben", id);
  assert.deepEqual([...ben.errors, ...other.errors], []);
});

test("nobody's console complained", () => {
  for (const page of [ada, ben]) assert.deepEqual(page.errors, [], page.name);
});

/** Begins to count tiles at every change. @param {Page} page */
async function watchTiles(page) {
  await page.evaluate(() => {
    const count = () => document.querySelectorAll("[data-person]").length;
    const seen = (/** @type {any} */ (window).tilesSeen = { most: count(), fewest: count() });
    new MutationObserver(() => {
      seen.most = Math.max(seen.most, count());
      seen.fewest = Math.min(seen.fewest, count());
    }).observe(document.body, { subtree: true, childList: true });
  });
}

/** @param {Page} page @returns {Promise<{most: number, fewest: number}>} */
function tilesSeen(page) {
  return page.evaluate("window.tilesSeen");
}
