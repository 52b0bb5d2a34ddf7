/**
 * The server goes away in the middle of a meeting, once with notice and once like in a power cut: the call goes on,
 * and when the server is back (remembering nothing) the room is too, so that somebody else can come in.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { expectMedia } from "../lib/media.mjs";
import { expectTiles, join, leave, openAndJoin, startRoom } from "../lib/meeting.mjs";
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

/**
 * Waits until the page says, or no longer says, that it looks for its server.
 * @param {Page} page
 * @param {boolean} away
 */
function notices(page, away) {
  return page.waitFor(
    (wanted) => /Reconnecting… your call goes on/.test(document.querySelector("main")?.innerText ?? "") === wanted,
    30_000,
    away ? "the sentence that the server is away and the call goes on" : "the end of that sentence",
    away,
  );
}

step("two people are in a call", 60_000, async () => {
  link = await startRoom(ada, server.origin);
  await join(ada, { name: "Ada" });
  await openAndJoin(ben, link, { name: "Ben" });
  for (const page of [ada, ben]) await expectMedia(page, { people: 1, road: /host|prflx/ });
});

step("the server dies as in a power cut: both are told, and go on seeing and hearing each other", 60_000, async () => {
  await server.kill();
  for (const page of [ada, ben]) await notices(page, true);
  for (const page of [ada, ben]) await expectMedia(page, { people: 1, road: /host|prflx/ });
});

step("a new server knows nothing; the pages give it the room back, and a third person can come in", 90_000, async () => {
  server = await stage.serve();
  for (const page of [ada, ben]) await notices(page, false);
  await openAndJoin(cy, link, { name: "Cy" });
  for (const page of [ada, ben, cy]) await expectTiles(page, 2, 15_000);
  for (const page of [ada, ben, cy]) await expectMedia(page, { people: 2, road: /host|prflx/ });
});

step("the server stops with notice and comes back: the same three go on, and one can leave and come again", 90_000, async () => {
  await server.stop();
  assert.equal(server.child.status, 0, `a clean stop: ${server.child.tail()}`);
  for (const page of [ada, ben]) await expectMedia(page, { people: 2, road: /host|prflx/ });
  server = await stage.serve();
  for (const page of [ada, ben, cy]) await notices(page, false);
  for (const page of [ada, ben, cy]) await expectTiles(page, 2, 15_000);
  await leave(cy);
  for (const page of [ada, ben]) await expectTiles(page, 1, 5000);
  await openAndJoin(cy, link, { name: "Cy" });
  for (const page of [ada, ben, cy]) await expectTiles(page, 2, 15_000);
});
