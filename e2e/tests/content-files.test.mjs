/**
 * Files between Chromium and Firefox: five megabytes each way with the connection lost in the middle, saved by the browser
 * and the same; and chat, hands and files while the server is gone, which has seen nothing of any of it.
 *
 * The tests follow one another and are one story.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { after, before } from "node:test";
import { expectTile, expectTiles, join, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";
import { deadline } from "../lib/patience.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const MEGABYTES = 5;

const step = story();
const stage = new Stage();
const downloads = mkdtempSync(path(tmpdir(), "parlour-downloads-"));
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;

before(async () => {
  [server, ada, ben] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.firefox("Ben")]);
});

after(async () => {
  await stage.clear();
  rmSync(downloads, { recursive: true, force: true });
});

/** @param {Page} page @param {string} text */
async function say(page, text) {
  await page.fill("Message to everyone", text);
  await page.click("Send");
}

/** @param {Page} page @param {string} text of a card @param {number} [timeout] */
function card(page, text, timeout = 10_000) {
  return page.waitFor((wanted) => [...document.querySelectorAll(".talk-card")].some((one) => one instanceof HTMLElement && one.innerText.includes(wanted)), timeout, `a card with "${text}"`, text);
}

step("two people meet, with the chat open", 90_000, async () => {
  const link = await startRoom(ada, server.origin);
  await join(ada, { name: "Ada" });
  await openAndJoin(ben, link, { name: "Ben" });
  for (const page of [ada, ben]) {
    await expectTiles(page, 1);
    await page.click("Chat");
  }
});

/** The picker belongs to the browser; this is what it gives to the page. @param {Page} page @param {string} name @returns {Promise<string>} SHA-256 */
function choose(page, name) {
  return page.evaluate(async (called, size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], called, { type: "application/zip" }));
    const input = document.querySelector(".talk-form input[type=file]");
    if (!(input instanceof HTMLInputElement)) throw new Error("no picker");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }, name, MEGABYTES * 1_000_000);
}

/**
 * Closes every connection of the page as soon as some of the file has come.
 * @param {Page} page
 * @returns {Promise<number>} bytes that had come over the channels of files
 */
function loseInTheMiddle(page) {
  return page.evaluate(async () => {
    /** @type {RTCPeerConnection[]} */
    const pcs = /** @type {any} */ (window).__pcs;
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      for (const pc of pcs) {
        if (pc.connectionState !== "connected") continue;
        const came = [...(await pc.getStats()).values()].filter(({ type, dataChannelIdentifier }) => type === "data-channel" && dataChannelIdentifier >= 2)
          .reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
        if (came < 100_000) continue;
        for (const one of pcs) one.close();
        return came;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error("nothing of the file came");
  });
}

/** @param {string} folder @param {string} name */
async function downloaded(folder, name) {
  const isOver = deadline(10_000);
  while (!readdirSync(folder).includes(name)) {
    if (isOver()) assert.fail(`${name} is not in ${readdirSync(folder)}`);
    await sleep(100);
  }
  for (let size = -1; ;) {
    const bytes = readFileSync(path(folder, name));
    if (bytes.length === size && size > 0) return createHash("sha256").update(bytes).digest("hex");
    size = bytes.length;
    await sleep(200);
  }
}

step("five megabytes from Chromium to Firefox: accepted first, the connection lost in the middle, saved whole", 120_000, async () => {
  const hash = await choose(ada, "../to Ben.zip");
  await card(ben, "to Ben.zip");
  await sleep(1000);
  assert.equal(await ben.evaluate(() => document.querySelector(".file-bar:not([hidden])")), null, "nothing comes before it is accepted");
  await ben.click("Accept to Ben.zip");
  const came = await loseInTheMiddle(ben);
  assert.ok(came < MEGABYTES * 1_000_000, `lost after ${came} bytes`);
  // Not by asking for the button: Firefox looks through all of its page for that, and does nothing else meanwhile.
  await card(ben, "All here, and the same as was offered.", 60_000);
  await card(ada, "Ben has it");
  await ben.click("Save to Ben.zip");
  const { profile } = /** @type {any} */ (ben);
  assert.equal(await downloaded(path(profile.path, "Downloads"), "to Ben.zip"), hash);
});

step("and from Firefox to Chromium", 120_000, async () => {
  await /** @type {any} */ (ada).channel.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
  const hash = await choose(ben, "to Ada.zip");
  await card(ada, "to Ada.zip");
  await ada.click("Accept to Ada.zip");
  const came = await loseInTheMiddle(ada);
  assert.ok(came < MEGABYTES * 1_000_000, `lost after ${came} bytes`);
  await card(ada, "All here, and the same as was offered.", 60_000);
  await ada.click("Save to Ada.zip");
  assert.equal(await downloaded(downloads, "to Ada.zip"), hash);
});

step("the server has no place for content, and saw none", 30_000, async () => {
  await say(ada, "Hello Ben");
  await ben.waitFor(() => /Hello Ben/.test(document.querySelector(".talk")?.textContent ?? ""), 10_000, "Ada's words");
  const answers = await ada.evaluate(() => Promise.all(["chat", "content", "files", "blob", "blobs", "upload", "polls", "api/chat"].map(async (name) => {
    const { status } = await fetch(`/${name}`, { method: "POST", body: "x" });
    return `${name} ${status}`;
  })));
  for (const answer of answers) assert.match(answer, / (404|405)$/);
  const frames = ada.sent.join("\n");
  assert.ok(frames.includes("\"signal\""), "the server's frames were recorded");
  const seen = [frames, server.log, ...[ada, ben].flatMap(({ requests }) => requests.map(({ url, body }) => `${url} ${body}`))].join("\n");
  for (const word of ["Hello Ben", "to Ben.zip", "to Ada.zip", "application/zip"]) {
    for (const spelt of [word, Buffer.from(word).toString("base64url").slice(0, -2)]) assert.ok(!seen.includes(spelt), spelt);
  }
});

step("the server dies: chat, hands and files go on", 90_000, async () => {
  await server.kill();
  await ada.waitFor(() => /Reconnecting… your call goes on/.test(document.querySelector("main")?.innerText ?? ""), 30_000, "the sentence that the server is away");
  await say(ada, "Still here?");
  await ben.waitFor(() => /Still here\?/.test(document.querySelector(".talk")?.textContent ?? ""), 10_000, "Ada's words without a server");
  await ada.waitFor(() => /Delivered/.test(document.querySelector(".talk")?.textContent ?? ""), 10_000, "Ben's acknowledgement without a server");
  await ada.click("React");
  await ada.click("Raise hand");
  await expectTile(ben, /^Ada, .*Hand up, 1st/, "Ada's hand without a server");
  await choose(ada, "afterwards.zip");
  await ben.click("Accept afterwards.zip");
  await card(ada, "Ben has it", 30_000);
});

step("nobody's page asked anybody else for anything, and no policy was broken", 10_000, async () => {
  for (const page of [ada, ben]) {
    assert.deepEqual(page.hosts.filter((host) => host !== new URL(server.origin).host), [], page.name);
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).__violations), [], page.name);
  }
});
