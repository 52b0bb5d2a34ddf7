/**
 * What people say and send each other, between Chromium and Firefox: chat, a newcomer who is told of it, hands, reactions,
 * polls. Files, and a server that is gone, are in content-files.test.mjs.
 *
 * The tests follow one another and are one story.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { expectTile, expectTiles, join, leave, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";
import { deadline } from "../lib/patience.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const step = story();
const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;
/** @type {Page} */
let cy;
let link = "";

before(async () => {
  [server, ada, ben, cy] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.firefox("Ben"), stage.chromium("Cy")]);
});

after(() => stage.clear());

/** @param {Page} page @param {string} text */
async function say(page, text) {
  await page.fill("Message to everyone", text);
  await page.click("Send");
}

/** What stands in the chat: "who: text" and, behind it, the note. @param {Page} page */
function said(page) {
  return page.evaluate(() => [...document.querySelectorAll(".talk-item:not(.talk-card)")].map((item) => {
    const part = (/** @type {string} */ of) => item.querySelector(of)?.textContent ?? "";
    const note = item.querySelector(".talk-note");
    return `${part(".talk-name")}: ${part(".talk-text")}${note instanceof HTMLElement && !note.hidden && !item.hasAttribute("data-own") ? ` (${note.textContent})` : ""}`;
  }));
}

/** @param {Page} page @param {string[]} wanted @param {number} [timeout] */
async function reads(page, wanted, timeout = 10_000) {
  const isOver = deadline(timeout);
  let found;
  do {
    found = await said(page);
    if (found.join("\n") === wanted.join("\n")) return;
    await sleep(100);
  } while (!isOver());
  assert.deepEqual(found, wanted, `${page.name} reads within ${timeout} ms`);
}

/** @param {Page} page @param {string} text of a card @param {number} [timeout] */
function card(page, text, timeout = 10_000) {
  return page.waitFor((wanted) => [...document.querySelectorAll(".talk-card")].some((one) => one instanceof HTMLElement && one.innerText.includes(wanted)), timeout, `a card with "${text}"`, text);
}

step("two people meet; what one writes, the other reads, as text", 90_000, async () => {
  link = await startRoom(ada, server.origin);
  await join(ada, { name: "Ada" });
  await openAndJoin(ben, link, { name: "Ben" });
  for (const page of [ada, ben]) await expectTiles(page, 1);
  await ada.click("Chat");
  await say(ada, "Hello Ben, see https://example.org/x?y=1, or <img src=x onerror=document.title=1>");
  await ben.reach("Chat, 1 new");
  assert.match(await ben.evaluate(() => document.title), /^\(1\) In a room/);
  await ben.click("Chat, 1 new");
  await reads(ben, ["Ada: Hello Ben, see https://example.org/x?y=1, or <img src=x onerror=document.title=1>"]);
  const anchors = await ben.evaluate(() => [...document.querySelectorAll(".talk-text a")].map((anchor) => [anchor.getAttribute("href"), anchor.getAttribute("rel"), anchor.getAttribute("target")].join(" ")));
  assert.deepEqual(anchors, ["https://example.org/x?y=1 noopener noreferrer _blank"]);
  assert.equal(await ben.evaluate(() => document.querySelectorAll(".talk img").length), 0);
  await say(ben, "Grüße aus Firefox 🦊");
  await reads(ada, ["You: Hello Ben, see https://example.org/x?y=1, or <img src=x onerror=document.title=1>", "Ben: Grüße aus Firefox 🦊"]);
  await ada.waitFor(() => /Delivered/.test(document.querySelector(".talk")?.textContent ?? ""), 5000, "that it was delivered");
});

step("somebody who comes later reads what was said; who reloads when its author has left reads on whose word", 90_000, async () => {
  const hello = "Ada: Hello Ben, see https://example.org/x?y=1, or <img src=x onerror=document.title=1>";
  await openAndJoin(cy, link, { name: "Cy" });
  await expectTiles(cy, 2);
  await cy.click("Chat");
  await reads(cy, [hello, "Ben: Grüße aus Firefox 🦊"]);
  await leave(ben);
  await expectTiles(cy, 1);
  await openAndJoin(cy, link);
  await expectTiles(cy, 1);
  await cy.click("Chat");
  await reads(cy, [hello, "Ben: Grüße aus Firefox 🦊 (as told by Ada)"]);
  await openAndJoin(ben, link);
  await expectTiles(ben, 2);
});

step("a hand goes up and is lowered by the host; a reaction flies", 60_000, async () => {
  await ben.click("React");
  await ben.click("Raise hand");
  await expectTile(ada, /^Ben, .*Hand up, 1st/, "Ben's hand");
  await ada.click("React");
  await ada.click("Raise hand");
  await expectTile(cy, /^Ada, .*Hand up, 2nd/, "Ada's hand, after Ben's");
  await ada.click("People, 3 people");
  await ada.click("Lower all hands");
  await ben.waitFor(() => document.querySelectorAll(".tile-hand:not([hidden])").length === 0, 5000, "no hand");
  await cy.click("React");
  await cy.click("Applause");
  for (const page of [ada, ben]) await page.waitFor(() => document.querySelector(".tile-reaction")?.textContent === "👏", 5000, "the reaction over Cy's picture");
  await ada.waitFor(() => document.querySelector(".tile-reaction") === null, 8000, "its end");
});

step("the host asks to mute: a question that is answered by the one who is asked, once with no and once with yes", 60_000, async () => {
  await ada.click("More for Ben");
  await ada.click("Ask to mute: Ben");
  await ben.reach("Not now");
  await ben.click("Not now");
  await ada.click("Ask to mute: Ben");
  await ben.click("Mute");
  await expectTile(ada, /^Ben, muted/, "Ben's tile says that he is muted, which he was not after the first question");
  const told = () => [...document.querySelectorAll(".log li span")].filter(({ textContent }) => textContent === "You asked Ben to mute.").length;
  assert.equal(await ada.evaluate(told), 2);
  await ben.click("Unmute microphone");
  await expectTile(ada, /^Ben, (?!muted)/, "Ben speaks again");
});

step("a poll: everybody votes, everybody sees the same, the host closes it", 60_000, async () => {
  await cy.click("Ask everyone");
  await cy.fill("Question", "Tea or coffee?");
  await cy.fill("Choice 1", "Tea");
  await cy.fill("Choice 2", "Coffee");
  await cy.click("Ask");
  for (const page of [ada, ben]) await page.click("Chat, 1 new");
  for (const page of [ada, ben]) await card(page, "Tea or coffee?");
  await ada.click("Tea, 0 votes");
  await cy.reach("Tea, 1 vote: Ada");
  await ben.click("Coffee, 0 votes");
  await ada.reach("Coffee, 1 vote: Ben");
  await ada.click("Close the poll");
  for (const page of [ben, cy]) await card(page, "Closed. 2 votes");
});

step("nobody's page asked anybody else for anything, and no policy was broken", 10_000, async () => {
  for (const page of [ada, ben, cy]) {
    assert.deepEqual(page.hosts.filter((host) => host !== new URL(server.origin).host), [], page.name);
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).__violations), [], page.name);
  }
});
