/**
 * Three people meet: two in Chromium, one in Firefox, directly. Each sees and hears both others; each notices who
 * mutes, turns the camera off, leaves, or closes the tab; and with the last leave the room is gone.
 *
 * The tests follow one another and are one story.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { expectMedia, expectSilence, receptionsOf } from "../lib/media.mjs";
import { atScreen, expectTile, expectTiles, join, leave, openAndJoin, startRoom, tilesOf } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

const DIRECT = /^(host|srflx|prflx)\/(host|srflx|prflx)$/;

/** @typedef {import("../lib/page.mjs").Page} Page */

const step = story();
const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Awaited<ReturnType<Stage["chromium"]>>} */
let ada;
/** @type {Awaited<ReturnType<Stage["chromium"]>>} */
let ben;
/** @type {Page} */
let cy;
let link = "";

before(async () => {
  [server, ada, ben, cy] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.chromium("Ben"), stage.firefox("Cy", { screen: true })]);
});

after(() => stage.clear());

step("Ada starts a room: its link stands in the address bar and Join is offered", 30_000, async () => {
  link = await startRoom(ada, server.origin);
  assert.match(link, new RegExp(`^${server.origin}/#1[0-9a-z]{20,}$`, "i"));
  await ada.waitFor(() => document.querySelector("video")?.videoWidth, 10_000, "her own picture before joining");
  await join(ada, { name: "Ada" });
  await expectTiles(ada, 0);
  await ada.click("Copy the invitation");
  await ada.waitFor(() => /copied/i.test(document.querySelector("main")?.innerText ?? ""), 3000, "the word that the link was copied");
});

step("Ben opens the link, Cy pastes it: everyone sees and hears both others, directly", 60_000, async () => {
  await openAndJoin(ben, link, { name: "Ben" });
  await cy.open(`${server.origin}/`);
  await cy.fill("Have a link?", link);
  await cy.click("Open");
  await join(cy, { name: "Cy" });
  for (const page of [ada, ben, cy]) await expectTiles(page, 2);
  await Promise.all([ada, ben, cy].map((page) => expectMedia(page, { people: 2, road: DIRECT, timeout: 25_000 })));
  for (const page of [ada, ben, cy]) {
    await page.waitFor(
      () => [...document.querySelectorAll("[data-person] video")].filter((video) => !(/** @type {HTMLVideoElement} */ (video).paused)).length === 2,
      10_000,
      "both pictures play",
    );
    const labels = (await tilesOf(page)).map(({ label }) => label).sort();
    const others = ["Ada", "Ben", "Cy"].filter((name) => name !== page.name).map((name) => `${name}, Direct`);
    assert.deepEqual(labels, others, `${page.name} is told who is there and that the road is direct`);
  }
});

step("Ada mutes her microphone: both others are told and hear nothing of her, and hear her again", 60_000, async () => {
  await ada.click("Mute microphone");
  for (const page of [ben, cy]) await expectTile(page, /^Ada, muted/, "Ada's tile says that she is muted");
  await expectSilence(ben, "soundEnergy", { pc: await connectionOf(ben, ada) });
  await ada.click("Unmute microphone");
  for (const page of [ben, cy]) await expectTile(page, /^Ada, Direct/, "Ada's tile says no more that she is muted");
  await expectMedia(ben, { people: 2, road: DIRECT });
});

step("Ada turns the camera off: both others are told and no picture comes, until it is on again", 60_000, async () => {
  await ada.click("Turn camera off");
  for (const page of [ben, cy]) await expectTile(page, /^Ada, camera off/, "Ada's tile says that the camera is off");
  await expectSilence(ben, "frames", { pc: await connectionOf(ben, ada) });
  await expectDevicesOff(ada, "video");
  await ada.click("Turn camera on");
  for (const page of [ben, cy]) await expectTile(page, /^Ada, Direct/, "Ada's tile says no more that the camera is off");
  await expectMedia(ben, { people: 2, road: DIRECT });
});

step("Cy turns the camera off in Firefox: the same", 60_000, async () => {
  await cy.click("Turn camera off");
  for (const page of [ada, ben]) await expectTile(page, /^Cy, camera off/, "Cy's tile says that the camera is off");
  // Firefox by itself would go on sending the last picture once a second; the SDK switches the encoding off.
  await expectSilence(ada, "frames", { pc: await connectionOf(ada, cy), quiet: 2000 });
  await expectDevicesOff(cy, "video");
  await cy.click("Turn camera on");
  for (const page of [ada, ben]) await expectTile(page, /^Cy, Direct/, "Cy's tile says no more that the camera is off");
  await expectMedia(ada, { people: 2, road: DIRECT });
});

for (const name of ["Ada", "Cy"]) {
  step(`${name} shows a screen in the place of the camera: it is large and sharp at both others, and the camera comes back`, 60_000, async () => {
    const [shows, ...others] = name === "Ada" ? [ada, ben, cy] : [cy, ada, ben];
    await shows.click("Show your screen");
    for (const page of others) {
      await expectTile(page, new RegExp(`^${name}, showing a screen, Direct`), "the tile says that it is a screen");
      // Cameras have 320 columns here (preload.mjs), and no picture is large but the screen's.
      await page.waitFor(() => {
        const tile = document.querySelector("[data-person][data-screen]");
        const widths = [...document.querySelectorAll(".tile")].map((one) => one.clientWidth);
        return Number(tile?.querySelector("video")?.videoWidth) > 640 && tile?.clientWidth === Math.max(...widths);
      }, 15_000, "a large picture with all its lines");
    }
    await expectDevicesOff(shows, "video");
    await shows.click("Stop showing your screen");
    for (const page of others) await expectTile(page, new RegExp(`^${name}, Direct`), "the tile is that of a camera again");
    await shows.reach("Turn camera off");
    await expectMedia(ben, { people: 2, road: DIRECT });
  });
}

step("one of five packets is lost: the bars fall and say so, sound goes on, and with better weather they come back", 90_000, async () => {
  stage.namespace.weather(20);
  const before = await Promise.all([ada, cy].map(receptionsOf));
  for (const page of [ada, cy]) await expectBars(page, "^[12]$", /(weak|very weak): \d+\u00a0% lost/);
  for (const [index, page] of [ada, cy].entries()) {
    await page.waitFor(() => document.querySelectorAll("[data-person][data-link=connected]").length === 2, 10_000, "both others still connected");
    const now = await receptionsOf(page);
    for (const { pc, soundPackets, soundEnergy } of before[index] ?? []) {
      const then = now.find((one) => one.pc === pc);
      assert.ok(then && then.soundPackets - soundPackets > 50 && then.soundEnergy > soundEnergy, `${page.name} goes on hearing: ${soundPackets} packets, then ${then?.soundPackets}`);
    }
  }
  stage.namespace.weather(0);
  for (const page of [ada, cy]) await expectBars(page, "^[34]$", /good|fair/);
});

step("Ben pins Cy by the pointer, so that Ada sends less, and unpins by key, then looks at whoever speaks, then at all alike", 30_000, async () => {
  const expectLargest = (/** @type {string} */ names) => ben.waitFor((wanted) => {
    const tiles = [...document.querySelectorAll("[data-person]")].map((tile) => ({ name: tile.getAttribute("aria-label")?.split(",")[0], width: parseFloat(/** @type {HTMLElement} */ (tile).style.inlineSize) }));
    const widest = Math.max(...tiles.map(({ width }) => width));
    const largest = tiles.filter(({ width }) => width === widest).map(({ name }) => name).sort().join();
    if (new RegExp(wanted).test(largest)) return true;
    const pinned = document.querySelector("[data-pinned]")?.getAttribute("aria-label");
    throw new Error(`largest: ${largest}; ${pinned ?? "nobody pinned"}; focus on ${document.activeElement?.getAttribute("aria-label")}`);
  }, 5000, `largest: ${names}`, names);
  // What is on its way to another place cannot be pressed where it was.
  await ben.waitFor(() => [...document.querySelectorAll(".tile")].every((tile) => tile.getAnimations().length === 0), 5000, "tiles that stand still");
  await ben.click("Pin Cy");
  await expectLargest("^Cy$");
  // Ada is small now at Ben's, so she sends no more than that (240 lines else, here).
  const number = await connectionOf(ben, ada);
  await ben.waitFor(async (pc) => {
    let lines = 0;
    (await /** @type {any} */ (window).__pcs[pc].getStats()).forEach((/** @type {any} */ stat) => (lines = stat.type === "inbound-rtp" && stat.kind === "video" ? (stat.frameHeight ?? 0) : lines));
    return lines > 0 && lines <= 180;
  }, 10_000, "a small picture of Ada", number);
  await ben.key("2"); // second of the others; again is unpinning
  await expectLargest("^Ada,Cy$");
  await ben.click("Speaker view");
  await expectLargest("^(Ada|Cy)$");
  await ben.click("Grid view");
  await expectLargest("^Ada,Cy$");
});

step("Cy opens the small window in Firefox: a picture plays in it, and it mutes", 30_000, async () => {
  await cy.click("Small window");
  await cy.waitFor(() => {
    const video = /** @type {any} */ (window).documentPictureInPicture.window?.document.querySelector("video");
    return video?.muted && !video.paused && video.videoWidth > 0;
  }, 10_000, "somebody's picture in it, with the sound on the page alone");
  await cy.evaluate(() => /** @type {any} */ (window).documentPictureInPicture.window.document.querySelector("[aria-label='Mute microphone']").click());
  await expectTile(ada, /^Cy, muted/, "Cy's tile says that she is muted");
  await cy.click("Close the small window");
  await cy.waitFor(() => /** @type {any} */ (window).documentPictureInPicture.window === null, 5000, "no small window");
  await cy.click("Unmute microphone");
});

step("Cy leaves: both others notice within two seconds, and the connections are closed", 30_000, async () => {
  await leave(cy);
  for (const page of [ada, ben]) await expectTiles(page, 1, 2000);
  assert.equal((await receptionsOf(cy)).length, 0, "Cy's page keeps no connection");
  await expectDevicesOff(cy, "video");
  await expectDevicesOff(cy, "audio");
  assert.equal((await receptionsOf(ada)).length, 1, "Ada's page keeps the one to Ben");
});

step("Ben opens the small window: Ada is in it, and he mutes himself there, which his page and hers show", 30_000, async () => {
  await ben.click("Small window");
  await ben.reach("Close the small window");
  const small = await ben.opened("Ben, in the small window");
  await small.waitFor(() => {
    const video = document.querySelector("video");
    return document.querySelector(".tile")?.getAttribute("aria-label") === "Ada" && video?.muted && !video.paused && video.videoWidth > 0;
  }, 10_000, "Ada's picture, with her sound on the page alone");
  assert.deepEqual(await small.evaluate(() => [document.documentElement.lang, document.title, document.querySelectorAll("main").length]), ["en", "Parlour, small window", 1]);
  await small.click("Mute microphone");
  await ben.reach("Unmute microphone");
  await expectTile(ada, /^Ben, muted/, "Ben's tile says that he is muted");
  await ada.click("Mute microphone");
  await small.waitFor(() => document.querySelector(".tile")?.getAttribute("aria-label") === "Ada, muted", 10_000, "that Ada is muted");
  await ada.click("Unmute microphone");
  await small.key("m");
  await ben.reach("Mute microphone");
  await closing(small.key("w"));
  await ben.reach("Small window");
  assert.equal(await ben.evaluate(() => /** @type {any} */ (window).documentPictureInPicture.window), null);
  await expectTile(ada, /^Ben, Direct/, "Ben is still there, and heard");
});

step("Ben loads the page again and joins: Ada sees one Ben, and they see and hear each other", 60_000, async () => {
  await openAndJoin(ben, link);
  for (const page of [ada, ben]) await expectTiles(page, 1);
  await Promise.all([ada, ben].map((page) => expectMedia(page, { people: 1, road: DIRECT })));
  await expectTile(ada, /^Ben, Direct/, "his name was remembered");
});

step("Ben closes his tab: Ada notices within five seconds", 30_000, async () => {
  await ben.close();
  await expectTiles(ada, 0, 5000);
  assert.equal((await receptionsOf(ada)).length, 0);
});

step("Ada, alone, loads the page again: the room is still there", 40_000, async () => {
  await openAndJoin(ada, link);
  await expectTiles(ada, 0);
});

step("with the last leave the room is gone: its link opens nothing any more", 30_000, async () => {
  // From the small window, which goes with the call.
  await ada.key("w");
  const small = await ada.opened("Ada, in the small window");
  await small.waitFor(() => document.querySelector("main")?.innerText.includes("Nobody else is here."), 10_000, "that she is alone");
  await closing(small.click("Leave"));
  await atScreen(ada, "left");
  assert.equal(await ada.evaluate(() => /** @type {any} */ (window).documentPictureInPicture.window), null);
  await ada.waitFor(() => /you were the last one/i.test(document.querySelector("main")?.innerText ?? ""), 3000, "the sentence that the room is gone");
  await ada.open(link);
  await atScreen(ada, "preview|problem");
  await ada.waitFor(
    () => /no such room yet|meeting is over/i.test(document.querySelector("main")?.innerText ?? ""),
    5000,
    "the sentence that there is no such room",
  );
  await assert.rejects(ada.click("Join", { timeout: 500 }), /cannot press button "Join"/);
});

step("nobody's console complained", 10_000, () => {
  for (const page of [ada, ben, cy]) assert.deepEqual(page.errors, [], page.name);
});

/** A press that closes the window it was in may find nobody to answer. @param {Promise<void>} press */
function closing(press) {
  return press.catch((error) => assert.match(String(error), /^Error: Input\.[^:]*: .*(?:not found|closed)/u));
}

/**
 * Every track of this kind that the page ever opened has ended, so that the device's light is out.
 * @param {Page} page
 * @param {"audio" | "video"} kind
 */
async function expectDevicesOff(page, kind) {
  const states = await page.evaluate(
    (wanted) => /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (window).__captured).filter((track) => track.kind === wanted).map(({ readyState }) => readyState),
    kind,
  );
  assert.ok(states.length > 0 && states.every((state) => state === "ended"), `${page.name}'s ${kind} is off: ${states}`);
}

/**
 * Waits until the tiles of all others have bars that match, and say so in their words.
 * @param {Page} page @param {string} bars pattern @param {RegExp} words
 */
async function expectBars(page, bars, words) {
  await page.waitFor((wanted, said) => {
    const tiles = [...document.querySelectorAll("[data-person] .tile-route")];
    return tiles.length === 2 && tiles.every((tile) => new RegExp(wanted).test(tile.getAttribute("data-bars") ?? "") && new RegExp(said).test(tile.getAttribute("aria-label") ?? ""));
  }, 20_000, `bars ${bars}`, bars, words.source);
}

/**
 * The number of the connection on `page` that leads to `other`, found by the other's own certificate.
 * @param {Page} page
 * @param {Page} other
 * @returns {Promise<number>}
 */
async function connectionOf(page, other) {
  const fingerprint = await other.evaluate(() => {
    const pcs = /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs);
    return pcs.at(-1)?.localDescription?.sdp.match(/a=fingerprint:(.*)/)?.[1]?.trim();
  });
  const number = await page.evaluate(
    (wanted) => /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs).findLastIndex((pc) => pc.signalingState !== "closed" && pc.remoteDescription?.sdp.includes(`${wanted}`)),
    fingerprint,
  );
  assert.ok(number >= 0, `${page.name} has a connection to ${other.name}`);
  return number;
}
