/**
 * A meeting in standard mode: what somebody wrote and offered who has left is there for who comes later, without what was taken
 * back; the server has bytes of it and no word, and whoever leaves can save a summary.
 *
 * The tests follow one another and are one story, in one browser.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { atScreen, expectTiles, join, leave, openAndJoin } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const words = "The cake is in the oven until four";
const wrong = "Meant for another window";
const recipe = "Recipe of the cake, 4711";
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
  [server, ada, ben, cy] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.chromium("Ben"), stage.chromium("Cy")]);
});

after(() => stage.clear());

/** @param {Page} page @param {string} text */
function shows(page, text, timeout = 15_000) {
  return page.waitFor((wanted) => (document.querySelector("main")?.innerText ?? "").includes(wanted), timeout, `"${text}"`, text);
}

/** A dialog, which covers the page. @param {Page} page @param {string} text */
function asks(page, text) {
  return page.waitFor((wanted) => (document.querySelector("dialog[open]")?.textContent ?? "").includes(wanted), 15_000, `the question "${text}"`, text);
}

step("a room is made in standard mode, which is said before and inside; Ben writes, and leaves", 90_000, async () => {
  await ada.open(`${server.origin}/`);
  await atScreen(ada, "landing");
  await ada.evaluate(() => {
    const more = document.querySelector("details.more");
    if (more instanceof HTMLDetailsElement) more.open = true;
  });
  await ada.click("Standard", { role: "radio" });
  await shows(ada, "sealed so that it cannot read them");
  await ada.click("Start a room");
  await atScreen(ada, "preview");
  link = await ada.evaluate(() => location.href);
  await join(ada, { name: "Ada" });
  await ben.open(link);
  await shows(ben, "Standard meeting: chat, polls and chosen files are kept on the server until the room ends");
  await join(ben, { name: "Ben" });
  for (const page of [ada, ben]) await expectTiles(page, 1);
  for (const page of [ada, ben]) await page.click("Chat");
  await ben.fill("Message to everyone", words);
  await ben.click("Send");
  await shows(ben, "Delivered");
  await ben.fill("Message to everyone", wrong);
  await ben.click("Send");
  await shows(ada, wrong);
});

step("Ben takes a message back: it is gone from Ada's page; and has the room keep a file", 60_000, async () => {
  await ben.click(`Take back: ${wrong}`);
  await asks(ben, "Whoever has read it has read it.");
  await ben.click("Take back");
  await shows(ada, "Ben took a message back.");
  for (const page of [ada, ben]) assert.ok(!(await page.evaluate(() => document.querySelector(".talk")?.textContent ?? "")).includes(wrong));
  // The picker belongs to the browser; this is what it gives to the page.
  await ben.evaluate((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "recipe.txt", { type: "text/plain" }));
    const input = document.querySelector(".talk-form input[type=file]");
    if (!(input instanceof HTMLInputElement)) throw new Error("no picker");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
  }, recipe);
  await asks(ben, "Sealed on the server until the room ends");
  await ben.click("Offer");
  await shows(ben, "Kept by the room, for who comes later.");
  await leave(ben);
  await expectTiles(ada, 0);
});

step("Cy comes later and reads it; the server was given bytes below /blob/ and no word", 60_000, async () => {
  await openAndJoin(cy, link, { name: "Cy" });
  await expectTiles(cy, 1);
  await cy.click("Chat");
  await shows(cy, words);
  await shows(cy, "recipe.txt");
  await cy.click("Accept recipe.txt");
  await shows(cy, "All here, and the same as was offered.");
  assert.ok(!(await cy.evaluate(() => document.querySelector(".talk")?.textContent ?? "")).includes(wrong));
  const put = ben.requests.filter(({ url }) => url.includes("/blob/"));
  assert.ok(put.length > 0, "Ben's page left something with the server");
  await cy.waitFor(async () => {
    const entries = performance.getEntriesByType("resource").map(({ name }) => name);
    return entries.some((name) => /\/blob\/[\w-]{22}$/.test(name));
  }, 15_000, "that Cy's page fetched it");
  const seen = [server.log, ...ben.sent, ...[ada, ben, cy].flatMap(({ requests }) => requests.map(({ url, body }) => `${url} ${body}`))].join("\n");
  for (const word of [words, wrong, recipe, "recipe.txt"]) {
    assert.ok(!seen.includes(word) && !seen.includes(Buffer.from(word).toString("base64url").slice(0, -2)), word);
  }
});

step("who leaves can save what it was; nothing is sent for it", 60_000, async () => {
  await leave(cy);
  await shows(cy, "Save a summary");
  const before = cy.requests.length;
  // The file is written by the page: what it would be is read where it is made.
  await cy.evaluate(() => {
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      if (blob instanceof Blob) void blob.text().then((text) => (document.body.dataset["saved"] = text));
      return make(blob);
    };
  });
  await cy.click("Save a summary");
  const saved = String(await cy.waitFor(() => document.body.dataset["saved"] ?? "", 10_000, "the summary"));
  for (const line of ["Meeting summary", "- Cy (you)", "- Ada (host)", `Ben`, words, "recipe.txt"]) assert.ok(saved.includes(line), `${line} in ${saved}`);
  assert.equal(cy.requests.slice(before).filter(({ url }) => url.startsWith("http")).length, 0);
  await leave(ada);
});
