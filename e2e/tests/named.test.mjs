/**
 * Named rooms in Chromium and Firefox, by the page's own buttons: made from the front page, found by saying the name, the code that
 * comes by itself, another name, a password, a reload, a restarted server, and the name that is free again.
 *
 * The tests follow one another and are one story.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { atScreen, expectTile, expectTiles, join, leave } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

/** Long enough for a page to notice that the server is back, and for calls to be made again on a busy machine. */
const RESTART = 60_000;

const step = story();
const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;

before(async () => {
  [server, ada, ben] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.firefox("Ben")]);
});

after(() => stage.clear());

step("the front page makes a room by name, and says what a name is", 60_000, async () => {
  await ada.open(`${server.origin}/`);
  await atScreen(ada, "landing");
  await ada.evaluate(() => document.querySelector("details.more")?.setAttribute("open", ""));
  assert.match(await textOf(ada, "#start-name-hint"), /anybody can guess it.*password.*knock.*code/u);
  await ada.fill("Name of the room optional", "Choir");
  await ada.click("Start a room");
  await atScreen(ada, "preview");
  assert.equal(await ada.evaluate("location.href"), `${server.origin}/r/choir`);
  await join(ada, { name: "Ada" });
});

step("whoever opens the address with the name comes in; the code comes by itself and is the same", 90_000, async () => {
  await ben.open(`${server.origin}/r/Choir`);
  await atScreen(ben, "preview");
  await ben.waitFor("location.pathname === '/r/choir'", 5000, "the name as it is written");
  await ben.waitFor(() => document.querySelector(".preview-head [role=status]")?.textContent === "One person is in the room.", 10_000, "who is in");
  assert.match(await textOf(ben, "form"), /Anybody can guess a name/u);
  await join(ben, { name: "Ben" });
  await together();
  await Promise.all([ada, ben].map((page) => page.waitFor(() => document.querySelector("#toasts")?.textContent?.includes("A code is ready"), 20_000, "the code")));
  const codes = [];
  for (const page of [ada, ben]) {
    await page.click("People, 2 people");
    assert.match(await page.evaluate(() => document.querySelector(".panel-body > :first-child")?.textContent ?? ""), /met by a name/u, "the code stands first");
    await page.click("Check that nobody is in between");
    await page.waitFor(() => document.querySelectorAll(".code-pictures li").length === 6, 5000, "six pictures");
    codes.push(await textOf(page, ".code-numbers"));
    await page.evaluate(() => /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog[open]"))?.close());
    await page.click("Close people");
  }
  assert.equal(codes[0], codes[1]);
});

step("another name is another room, and no name is said so", 60_000, async () => {
  await leave(ben);
  await ben.open(`${server.origin}/r/quire`);
  await ben.waitFor(() => document.querySelector(".preview-head [role=status]")?.textContent?.includes("Nobody is in “quire” yet"), 10_000, "a vacant room");
  await ben.open(`${server.origin}/r/ch%C3%B6r`);
  await atScreen(ben, "problem");
  assert.match(await textOf(ben, "main"), /letters from a to z, digits and hyphens/u);
});

step("a password that nobody set is not left out in silence", 60_000, async () => {
  await ben.open(`${server.origin}/r/choir`);
  await atScreen(ben, "preview");
  await ben.fill("Password optional", "correct horse");
  await ben.click("Join");
  await refused(ben, /This room has no password/u);
  assert.equal(await ada.evaluate(() => document.querySelectorAll("[data-person]").length), 0);
});

step("a password is asked for by the link, a wrong one is refused, the right one opens", 120_000, async () => {
  await ada.click("People, 1 person");
  await ada.click("Set a password");
  await ada.fill("New password", "correct horse");
  await ada.click("Set");
  await ada.waitFor("location.href.endsWith('/r/choir#p')", 10_000, "#p in the address");
  await ada.click("Close people");
  await ben.open(`${server.origin}/r/choir#p`);
  await atScreen(ben, "preview");
  await ben.click("Join");
  await refused(ben, /has a password/u);
  await ben.fill("Password", "battery staple");
  await ben.click("Join");
  await refused(ben, /Wrong password/u);
  await ben.fill("Password", "correct horse");
  await ben.click("Join");
  await atScreen(ben, "call", 30_000);
  await together();
});

step("a reload is the same person and host, and no password is asked for", 90_000, async () => {
  const person = await ben.evaluate(() => document.querySelector("[data-person]")?.getAttribute("data-person"));
  await ada.open(`${server.origin}/r/choir#p`);
  await atScreen(ada, "preview");
  await ada.click("Join");
  await atScreen(ada, "call", 20_000);
  await together();
  assert.equal(await ben.evaluate(() => document.querySelector("[data-person]")?.getAttribute("data-person")), person);
  await ada.click("People, 2 people");
  await ada.reach("End for everyone…"); // still host
  await ada.click("Close people");
});

step("a restarted server is given the room back, password and all", 150_000, async () => {
  await server.kill();
  await ada.waitFor(() => document.querySelector(".banner:not([hidden])") !== null, 20_000, "the server is away");
  server = await stage.serve();
  await Promise.all([ada, ben].map((page) => page.waitFor(() => document.querySelector(".banner:not([hidden])") === null, RESTART, "the server is back")));
  await leave(ben);
  await ben.open(`${server.origin}/r/choir`);
  await ben.waitFor(() => document.querySelector(".preview-head [role=status]")?.textContent === "One person is in the room.", 20_000, "the room is known again");
  await ben.fill("Password", "correct horse");
  await ben.click("Join");
  await atScreen(ben, "call", 30_000);
  await together();
});

step("with the last one the room is gone, and its name is free", 60_000, async () => {
  await leave(ben);
  await leave(ada);
  await ben.open(`${server.origin}/r/choir`);
  await ben.waitFor(() => document.querySelector(".preview-head [role=status]")?.textContent?.includes("Nobody is in “choir” yet"), 15_000, "a vacant room");
  await join(ben, { name: "Ben" });
  await ben.click("People, 1 person");
  await ben.reach("End for everyone…"); // the first one in is host
});

step("the server's log has no name of a room, and nobody's console complained", 10_000, () => {
  assert.doesNotMatch(server.log, /choir|quire/iu);
  // While the server was away, the browser itself says so of each attempt.
  for (const page of [ada, ben]) assert.deepEqual(page.errors.filter((text) => !/WebSocket connection to .* failed|can.t establish a connection/u.test(text)), [], page.name);
});

/** Both see each other, connected. */
async function together() {
  await Promise.all([expectTiles(ada, 1, 30_000), expectTiles(ben, 1, 30_000)]);
  await Promise.all([expectTile(ada, /Direct|Relayed/u, "a route to Ben", 40_000), expectTile(ben, /Direct|Relayed/u, "a route to Ada", 40_000)]);
}

/** @param {Page} page @param {string} selector @returns {Promise<string>} */
function textOf(page, selector) {
  return page.evaluate((where) => document.querySelector(where)?.textContent ?? "", selector);
}

/** @param {Page} page @param {RegExp} sentence */
function refused(page, sentence) {
  return page.waitFor((source) => new RegExp(source, "u").test(document.querySelector(".preview-join")?.textContent ?? ""), 30_000, `the refusal ${sentence}`, sentence.source);
}
