/**
 * From the press of Join to the first picture of somebody who is there, and where the time goes.
 *
 *     node e2e/bench/join.mjs             one to four minutes; needs what e2e/run.mjs needs
 *
 * Figures for docs/performance.md, no test: nothing fails because a machine is slow. Over loopback, so what is measured is the
 * page's own round trips, keys and timers; a network adds its delay times the round trips.
 */

import process from "node:process";
import { atScreen, join, startRoom } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const JOINS = Number(process.env["JOINS"] ?? 12);

const stage = new Stage();
try {
  const server = await stage.serve();
  const ada = await stage.chromium("Ada");
  const link = await startRoom(ada, server.origin);
  await join(ada, { name: "Ada" });
  for (const kind of /** @type {const} */ (["chromium", "firefox"])) {
    const page = await stage[kind](kind);
    for (const hide of [false, true]) {
      /** @type {Record<string, number>[]} */
      const all = [];
      for (let count = 0; count < JOINS; count++) all.push(await measure(page, link, hide));
      say(`${kind}, ${hide ? "by the relay" : "directly"}`, all);
    }
    await page.open("about:blank");
  }
} finally {
  await stage.clear();
}

/** @param {string} what @param {Record<string, number>[]} all ms after the press, by event */
function say(what, all) {
  const events = [...new Set(all.flatMap((one) => Object.keys(one)))];
  const rows = events.map((event) => {
    const sorted = all.map((one) => one[event] ?? Number.NaN).sort((a, b) => a - b);
    const at = (/** @type {number} */ part) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN);
    return { event, median: at(0.5), text: `${event} ${at(0.5)} (${at(0)} to ${at(1)})` };
  });
  rows.sort((a, b) => a.median - b.median);
  process.stdout.write(`${what}, ${all.length} joins, ms from the press, median (least to most): ${rows.map(({ text }) => text).join(", ")}\n`);
}

/**
 * @param {Page} page @param {string} link @param {boolean} hide
 * @returns {Promise<Record<string, number>>}
 */
async function measure(page, link, hide) {
  await page.open(link);
  await atScreen(page, "preview");
  await page.waitFor(() => document.querySelector("video")?.videoWidth, 10_000, "the own picture");
  const pressed = await page.evaluate(() => document.querySelector("[role=switch]")?.getAttribute("aria-checked") ?? String(/** @type {HTMLInputElement | null} */ (document.querySelector("[role=switch]"))?.checked));
  if ((pressed === "true") !== hide) await page.click("Hide my address", { role: "switch" });
  await page.evaluate(watch);
  await page.click("Join");
  await page.waitFor(() => "first picture" in /** @type {any} */ (window).times, 30_000, "a picture");
  const times = await page.evaluate("window.times");
  await page.click("Leave");
  await atScreen(page, "left", 10_000);
  return times;
}

/** Runs in the page: notes when what is true for the first time. */
function watch() {
  const w = /** @type {any} */ (window);
  w.times = {};
  let pressed = 0;
  const note = (/** @type {string} */ what) => (w.times[what] ??= performance.now() - pressed);
  const channel = new MessageChannel();
  addEventListener("submit", () => {
    pressed ||= performance.now();
    channel.port2.postMessage(0);
  }, true);
  // Not a timer: those are slowed down when they call themselves.
  channel.port1.onmessage = () => {
    const pc = /** @type {RTCPeerConnection | undefined} */ (w.__pcs.at(-1));
    if (document.querySelector("[data-screen=call]")) note("in the room");
    if (pc) note("peer known");
    if (pc?.localDescription) note("offered");
    if (pc?.remoteDescription) note("answered");
    if (pc && /connected|completed/.test(pc.iceConnectionState)) note("ICE");
    if (pc?.connectionState === "connected") note("DTLS");
    const video = /** @type {HTMLVideoElement | null} */ (document.querySelector("[data-person] video"));
    if (video) note("proven");
    if (pc?.getSenders().some(({ track }) => track)) note("own media attached");
    if (pc?.getReceivers().some(({ track }) => track.kind === "video" && !track.muted)) note("media comes");
    if (video && video.videoWidth > 0 && video.readyState >= 2) note("first picture");
    else setTimeout(() => channel.port2.postMessage(0), 2);
  };
}
