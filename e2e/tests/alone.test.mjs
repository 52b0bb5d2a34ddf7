/**
 * Without the server: a running call goes on in everything that people do in it. The host locks the door, opens it and
 * sets a password, somebody turns the camera off and on, all over the channels between the pages.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { openPanel, reads, setDoor, setPassword } from "../hostile/host.mjs";
import { watch } from "../hostile/witness.mjs";
import { expectMedia } from "../lib/media.mjs";
import { expectTile, join, startRoom } from "../lib/meeting.mjs";
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

step("nobody's console complained", 10_000, () => {
  for (const page of [ada, ben, cy]) assert.deepEqual(page.errors.filter((text) => !/WebSocket|ERR_CONNECTION|establish a connection|The connection to ws/.test(text)), [], page.name);
});
