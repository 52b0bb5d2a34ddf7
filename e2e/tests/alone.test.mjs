/**
 * Without the server: a running call goes on in everything that people do in it. The host locks the door, sets a password,
 * somebody turns the camera off and on, ICE is restarted, all over the channels between the pages. When the server is
 * back and the host is not, those inside give it the room, with the rules that were made meanwhile.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { openPanel, reads, setDoor, setPassword } from "../hostile/host.mjs";
import { watch } from "../hostile/witness.mjs";
import { expectMedia } from "../lib/media.mjs";
import { atScreen, expectTile, expectTiles, join, startRoom } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

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

step("three people are in a call when the server dies", 60_000, async () => {
  link = await startRoom(ada, server.origin);
  await watch(ada);
  await join(ada, { name: "Ada" });
  for (const page of [ben, cy]) {
    await page.open(link);
    await watch(page);
    await join(page, { name: page.name });
  }
  for (const page of [ada, ben, cy]) await expectMedia(page, { people: 2, road: /host|prflx/ });
  await server.kill();
  for (const page of [ada, ben, cy]) await reads(page, /Reconnecting… your call goes on/, 20_000);
});

step("the host locks the door and sets a password: the others live by it", 40_000, async () => {
  await setDoor(ada, "Locked");
  for (const page of [ben, cy]) {
    await openPanel(page);
    await reads(page, /Nobody new can come in\./);
  }
  await setDoor(ada, "Open");
  await setPassword(ada, "without you");
  for (const page of [ben, cy]) await reads(page, /Anyone with the link and the password can come in\./);
});

step("a camera goes off and on again", 40_000, async () => {
  await ben.click("Turn camera off");
  for (const page of [ada, cy]) await expectTile(page, /^Ben, camera off/, "Ben's camera is off");
  await ben.click("Turn camera on");
  await ada.waitFor(() => [...document.querySelectorAll("[data-person]")].some((tile) => /^Ben, (?!camera off)/.test(tile.getAttribute("aria-label") ?? "")), 10_000, "Ben's camera is on");
  for (const page of [ada, ben, cy]) await expectMedia(page, { people: 2, road: /host|prflx/ });
});

/** ice-ufrag of every live connection of a page. @param {Page} page @returns {Promise<string[]>} */
function ufrags(page) {
  return page.evaluate(() =>
    /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs)
      .filter((pc) => pc.signalingState !== "closed")
      .map((pc) => pc.localDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1] ?? ""),
  );
}

step("ICE is restarted on both of the host's paths, by offer and answer over channel 0", 40_000, async () => {
  const before = await ufrags(ada);
  assert.equal(before.length, 2);
  // What a page says whose path seems dead; the other side, or it, then makes the offer.
  await ada.evaluate(() => {
    const { pairs } = /** @type {any} */ (window);
    for (const hid of pairs.page.agreeing) for (let gen = 1; gen < 6; gen++) pairs.page.send(hid, { k: "restart", gen });
  });
  await ada.waitFor((were) => {
    const now = /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs)
      .filter((pc) => pc.signalingState === "stable")
      .map((pc) => pc.localDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1] ?? "");
    return now.length === 2 && now.every((ufrag) => !were.includes(ufrag));
  }, 15_000, "both connections have new ICE credentials", before);
  for (const page of [ada, ben, cy]) await expectMedia(page, { people: 2, road: /host|prflx/ });
});

step("the host goes, the server comes back: those inside give it the room, and somebody new comes in by the new rules", 90_000, async () => {
  await ada.kill();
  server = await stage.serve();
  for (const page of [ben, cy]) await page.waitFor(() => !/Reconnecting… your call goes on/.test(document.body.innerText), 30_000, "the server is back");
  const dan = await stage.chromium("Dan");
  await dan.open(link);
  await atScreen(dan, "preview");
  await dan.fill("Your name optional", "Dan");
  await dan.fill("Password", "without me");
  await dan.click("Join");
  await reads(dan, /Wrong password, or the server is guessing/);
  await dan.fill("Password", "without you");
  await dan.click("Join");
  await atScreen(dan, "call", 20_000);
  await expectTiles(dan, 2, 20_000);
  await expectMedia(dan, { people: 2, road: /host|prflx/ });
  for (const page of [ben, cy]) await expectTile(page, /^Dan/, "Dan's tile");
});

step("nobody's console complained", 10_000, () => {
  for (const page of [ben, cy]) assert.deepEqual(page.errors.filter((text) => !/WebSocket|ERR_CONNECTION|establish a connection|The connection to ws/.test(text)), [], page.name);
});
