/**
 * Four people with full cameras, four browsers, twelve encoders and as many decoders on one machine: everybody hears everybody. Then one of the pages
 * has no time: sound stays whole there, too, pictures give way (web/sdk/effort.js), and come back when it has time again.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import process from "node:process";
import { expectTiles, join, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */
/** @typedef {{ packets: number, concealed: number, samples: number, frames: number, lines: number[], rates: number[], links: string[] }} Look */

const CALM_S = 30;
const EVERY_S = 10;
/** What the network carries when it carries little: twelve times the sound of one for one other, and a little more. */
const SOUND_KBYTES = 100;
/** The busy page's person works in it for so much of each so many ms. */
const BUSY_MS = 350;
const OF_MS = 400;

const step = story();
const stage = new Stage();
/** @type {Page[]} */
let pages = [];

before(async () => {
  pages = await Promise.all(["Ada", "Ben", "Cy", "Dan"].map((name) => stage.chromium(name, { full: true })));
});

after(() => stage.clear());

step("four meet", 120_000, async () => {
  const server = await stage.serve();
  const [ada, ...others] = pages;
  if (!ada) throw new Error("nobody");
  const link = await startRoom(ada, server.origin);
  await join(ada, { name: "Ada" });
  for (const page of others) await openAndJoin(page, link, { name: page.name });
  for (const page of pages) await expectTiles(page, 3, 30_000);
});

step(`for ${CALM_S} s everybody is connected with everybody and hears everybody`, 200_000, async () => {
  for (let second = 0; second < CALM_S; second += EVERY_S) await expectSound();
});

step("Dan's page has no time: it shows fewer pictures and says so, and everybody goes on hearing everybody", 300_000, async () => {
  const dan = pages.at(-1);
  if (!dan) throw new Error("nobody");
  await dan.evaluate((busy, of) => {
    /** @type {any} */ (window).busy = setInterval(() => {
      const until = performance.now() + busy;
      while (performance.now() < until);
    }, of);
  }, BUSY_MS, OF_MS);
  await dan.waitFor(() => document.querySelector("[data-person][data-paused]"), 60_000, "a picture that pauses");
  await dan.waitFor(() => /this device is busy/i.test(document.querySelector(".tile[data-paused]")?.getAttribute("aria-label") ?? "") && /fewer pictures/.test(document.querySelector("#toasts")?.textContent ?? ""), 5000, "the words for it");
  await expectSound();
  await dan.evaluate(() => clearInterval(/** @type {any} */ (window).busy));
  await dan.waitFor(() => !document.querySelector("[data-person][data-paused]"), 120_000, "all pictures back");
  await expectSound();
  for (const page of pages) assert.deepEqual(page.errors, [], page.name);
});

step("the network carries little more than sound: pictures pause and say so, sound goes on, and with a better network they come back", 400_000, async () => {
  stage.namespace.narrow(SOUND_KBYTES);
  for (const page of pages) {
    await page.waitFor(() => /weak connection/i.test([...document.querySelectorAll("[data-person][data-paused]")].map((tile) => tile.getAttribute("aria-label")).join()), 90_000, "a picture that pauses");
  }
  await expectSound(0.3);
  stage.namespace.narrow(0);
  for (const page of pages) await page.waitFor(() => !document.querySelector("[data-person][data-paused]"), 180_000, "all pictures back");
  await expectSound();
});

/** Everybody hears everybody, whole, for a while. @param {number} [guessed] the part of the sound that may be guessed */
async function expectSound(guessed = 0.1) {
  const before = await Promise.all(pages.map((page) => page.evaluate(look)));
  const began = Date.now();
  await sleep(1000 * EVERY_S);
  const now = await Promise.all(pages.map((page) => page.evaluate(look)));
  const seconds = (Date.now() - began) / 1000;
  for (const [index, page] of pages.entries()) {
    const [then, there] = [before[index], now[index]];
    if (!then || !there) throw new Error("nobody");
    const concealed = (there.concealed - then.concealed) / Math.max(1, there.samples - then.samples);
    const packets = (there.packets - then.packets) / seconds / 3;
    process.stdout.write(`${page.name}: ${Math.round(packets)} packets of sound a second from each, ${(100 * concealed).toFixed(1)} % concealed, sends ${there.lines.join("/")} lines at ${there.rates.join("/")}, sees ${((there.frames - then.frames) / seconds / 3).toFixed(1)} pictures a second of each\n`);
    assert.deepEqual(there.links, ["connected", "connected", "connected"], `${page.name} is connected with everybody`);
    // Opus sends 50 packets a second; some are late when this looks.
    assert.ok(packets >= 35, `${page.name} gets ${packets} packets of sound a second from each`);
    assert.ok(concealed < guessed, `${page.name}: ${concealed} of the sound had to be guessed`);
  }
}

/** Runs in the page. @returns {Promise<Look>} */
async function look() {
  /** @type {Look} */
  const seen = {
    packets: 0, concealed: 0, samples: 0, frames: 0, lines: [], rates: [],
    links: [...document.querySelectorAll("[data-person]")].map((tile) => tile.getAttribute("data-link") ?? ""),
  };
  for (const pc of /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs)) {
    if (pc.connectionState !== "connected") continue;
    (await pc.getStats()).forEach((/** @type {any} */ stat) => {
      if (stat.type === "inbound-rtp" && stat.kind === "audio") {
        seen.packets += stat.packetsReceived;
        seen.concealed += stat.concealedSamples - stat.silentConcealedSamples;
        seen.samples += stat.totalSamplesReceived;
      } else if (stat.type === "inbound-rtp") seen.frames += stat.framesDecoded ?? 0;
      else if (stat.type === "outbound-rtp" && stat.kind === "video") {
        seen.lines.push(stat.frameHeight ?? 0);
        seen.rates.push(stat.framesPerSecond ?? 0);
      }
    });
  }
  return seen;
}
